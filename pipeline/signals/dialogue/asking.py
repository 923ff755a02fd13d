"""Whether a post asks something, in Italian and English.

A question mark is neither needed ("anyone know a good plumber") nor enough: tags ("…, right?"),
outrage ("seriously??") and known rhetorical turns are left out. Rhetorical questions in plain words
are not told from real ones; nor could they be without knowing the author.
"""

from __future__ import annotations

import re

ASKS_ANYWAY, RHETORICAL = 1 << 16, 1 << 17
"""Bits of phrases that ask without a question mark, and of those that only look like asking."""

ASKING_PHRASES = (
    "anyone know",
    "anybody know",
    "anyone knows",
    "does anyone",
    "does anybody",
    "did anyone",
    "can anyone",
    "can anybody",
    "can someone",
    "could someone",
    "could anyone",
    "has anyone",
    "has anybody",
    "is anyone else",
    "anyone else having",
    "anyone else getting",
    "anyone tried",
    "anyone got any",
    "anyone have any",
    "anyone got recommendations",
    "any tips",
    "any advice",
    "any recommendations",
    "any suggestions",
    "any ideas where",
    "any ideas how",
    "any idea where",
    "any idea how",
    "any idea when",
    "any idea why",
    "any idea if",
    "looking for recommendations",
    "looking for advice",
    "looking for suggestions",
    "please recommend",
    "need recommendations",
    "need advice",
    "wondering if anyone",
    "wondering how to",
    "wondering where to",
    "please help me",
    "help me find",
    "someone explain",
    "someone tell me how",
    "someone tell me where",
    "tell me how to",
    "qualcuno sa",
    "qualcuno conosce",
    "qualcuno ha mai",
    "qualcuno ha provato",
    "qualcuno ha già",
    "qualcuno di voi",
    "qualcuno può",
    "qualcuno potrebbe",
    "qualcuno riesce",
    "qualcuno che sappia",
    "qualcuno che mi",
    "qualcuno mi sa",
    "qualcuno mi può",
    "qualcuno mi spiega",
    "qualcuno ha consigli",
    "qualcuno ha un consiglio",
    "nessuno sa",
    "sapete se",
    "sapete dirmi",
    "sapete dove",
    "sapete come",
    "sapete quando",
    "sapreste dirmi",
    "sapreste consigliarmi",
    "sai dirmi",
    "mi sapete",
    "mi sapreste",
    "mi consigliate",
    "mi suggerite",
    "cosa mi consigliate",
    "cerco consigli",
    "cerco consiglio",
    "accetto consigli",
    "avete consigli",
    "avete suggerimenti",
    "avete idea",
    "consigli su",
    "qualche consiglio",
    "vorrei sapere se",
    "vorrei sapere come",
    "vorrei capire come",
    "mi chiedevo se",
    "chi mi spiega",
    "chi mi aiuta",
    "chi sa dirmi",
    "chi sa dove",
    "chi sa come",
)

RHETORICAL_PHRASES = (
    "who cares",
    "who gives",
    "who needs",
    "who knew",
    "who doesn't love",
    "who else loves",
    "what else is new",
    "what could go wrong",
    "what could possibly go",
    "how dare",
    "how is this even",
    "how is this legal",
    "how is that even",
    "how hard can it be",
    "how many times",
    "how much longer",
    "how can anyone",
    "how can people",
    "how could anyone",
    "why would anyone",
    "why do people",
    "why do i even",
    "why am i like this",
    "why are people so",
    "what is wrong with",
    "what's wrong with people",
    "what is this nonsense",
    "what the hell",
    "what the heck",
    "what the fuck",
    "wtf",
    "are you kidding",
    "are you serious",
    "are you joking",
    "are we really",
    "is this a joke",
    "is that too much to ask",
    "isn't it",
    "isn't he",
    "isn't she",
    "aren't they",
    "don't you think",
    "am i right",
    "you know what",
    "guess what",
    "can you believe",
    "can you imagine",
    "can we talk about",
    "can we just",
    "could you be more",
    "do you even",
    "have you no shame",
    "where do i sign",
    "see what i did there",
    "remember when",
    "chi se ne",
    "a chi importa",
    "a chi interessa",
    "chi l'avrebbe mai",
    "chi l'avrebbe detto",
    "chi non ama",
    "ma chi ve lo fa fare",
    "ma che davvero",
    "ma davvero",
    "ma veramente",
    "ma stiamo scherzando",
    "stiamo scherzando",
    "state scherzando",
    "ma scherziamo",
    "ma siamo seri",
    "siamo seri",
    "siamo impazziti",
    "ma vi pare",
    "ti pare",
    "vi sembra normale",
    "è normale che nel",
    "è mai possibile",
    "possibile che",
    "ma come si fa",
    "come si fa a non",
    "come si fa ad",
    "come si può",
    "come fate",
    "come è possibile",
    "com'è possibile",
    "ma quanto",
    "ma perché nessuno",
    "ma che problemi",
    "che ve lo dico",
    "che te lo dico",
    "cosa potrebbe andare storto",
    "cosa può andare storto",
    "quante volte",
    "quando mai",
    "da quando in qua",
    "fino a quando dobbiamo",
    "vi rendete conto",
    "ci rendiamo conto",
    "non trovate",
    "non è vero",
    "ve lo immaginate",
    "sapete cosa",
    "indovinate",
    "dove andremo a finire",
    "ma cosa",
    "che dire",
    "che male",
)

_STOP = re.compile(r"[.!?…\n]")
_WORDS = re.compile(r"[^\W\d_]+")
_ALONE = frozenset(
    [
        "dove",
        "quando",
        "quanto",
        "quale",
        "perché",
        "come",
        "cosa",
        "chi",
        "where",
        "when",
        "how",
        "why",
        "what",
        "which",
        "who",
    ]
)
"""Question words that ask also when they stand alone."""
_TAGS = frozenset(
    [
        "vero",
        "no",
        "giusto",
        "capito",
        "ok",
        "eh",
        "right",
        "really",
        "yeah",
        "huh",
        "correct",
        "seriously",
        "davvero",
        "sul",
        "serio",
        "hello",
    ]
)
_TOO_SHORT = 1
_MAX_QUESTIONS = 8
_MAX_QUESTION_CHARS = 200


def asks(text: str, phrases: int) -> bool:
    """Whether a post asks something.

    Parameters
    ----------
    text
        Clean text: no links in it, whose question marks ask nothing.
    phrases
        Bits of the asking and rhetorical phrases found in it.

    Examples
    --------
    >>> asks("Dove si compra il pane buono?", 0), asks("Bello, vero?", 0), asks("Che scandalo?!", 0)
    (True, False, False)
    """
    if phrases & ASKS_ANYWAY:
        return True
    if phrases & RHETORICAL or "?" not in text:
        return False
    pieces = text.split("?", _MAX_QUESTIONS)
    last = len(pieces) - 1
    for i, before in enumerate(pieces[:-1]):
        after = pieces[i + 1]
        # "??" and "?!" shout: nothing, but another mark, follows the first
        shouts = after.startswith("!") or (not after and i + 1 < last)
        if before and not shouts and _wants_answer(_STOP.split(before[-_MAX_QUESTION_CHARS:])[-1]):
            return True
    return False


def _wants_answer(question: str) -> bool:
    if "," not in question and question.count(" ") > _TOO_SHORT + 1:
        return True  # most: long enough to be a question of its own
    spoken = _WORDS.findall(question.rsplit(",", 1)[-1].lower())
    if len(spoken) <= _TOO_SHORT + 1 and (not spoken or spoken[-1] in _TAGS):
        return False
    return len(_WORDS.findall(question)) > _TOO_SHORT or (bool(spoken) and spoken[0] in _ALONE)


def asking_groups() -> dict[int, tuple[str, ...]]:
    """Bits -> phrases, for :class:`pipeline.text.phrases.PhraseTable`."""
    return {ASKS_ANYWAY: ASKING_PHRASES, RHETORICAL: RHETORICAL_PHRASES}
