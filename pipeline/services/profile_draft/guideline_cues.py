"""What a passage of guidelines is about: content, tone, what is avoided, rivals, experts, or boilerplate.

Told by words that guidelines are made of, in Italian and English: of the heading first, then of the sentence itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from pipeline.services.profile_draft.guideline_text import Passage

Role = Literal["content", "tone", "avoided", "rivals", "experts", "boilerplate"]

MAX_THEME_WORDS = 12
MAX_TONE_WORDS = 6


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_NOT = r"(?:do not|don['’]t|will not|won['’]t|would never|never|refuse to)"
_SAY = (
    r"(?:(?:talk|post|write|comment|joke|gossip|argue|speak|laugh)(?: (?:about|on|at|over))?|discuss|share|mock|"
    r"publish|make (?:fun|jokes|light)(?: (?:of|about))?|take (?:sides|part|a stand)(?: (?:in|on))?|show|promise|"
    r"give away|exploit|touch|cover|join|celebrate|attack)"
)
_DIRE = (
    r"(?:parliamo(?: (?:di|del|della|dei|delle|dello|degli|d['’]))?|scherziamo|ironizziamo|commentiamo|pubblichiamo|"
    r"discutiamo|prendiamo (?:in giro|parte|posizione)|diciamo|mostriamo|promettiamo|tocchiamo|sfruttiamo|entriamo|"
    r"ridiamo|attacchiamo|trattiamo|condividiamo|citiamo|celebriamo|"
    r"facciamo (?:mai )?(?:ironia|battute|scherzi|satira|pettegolezz\w+|politica|polemic\w+|paragoni|propaganda))"
)
_AVOID_EN = r"(?:avoid|stay (?:away|out|clear)(?: (?:from|of))?|steer clear(?: of)?|keep (?:away|out)(?: (?:from|of))?)"
_AVOID_IT = (
    r"(?:evitiamo|stiamo (?:alla larga|lontan[ie])(?: da(?:ll[aeo]|gli|i|l)?)?|ci teniamo lontan[ie](?: da\w*)?)"
)

_HEADINGS: tuple[tuple[Role, re.Pattern[str]], ...] = (
    (
        "avoided",
        _any(
            r"\b(?:never|avoid|no[- ]?go|off[- ]limits|taboo|forbidden|banned|stay away|"
            r"not (?:to )?(?:do|talk|say|post))\b",
            r"^(?:don['’]ts?|do not|what we (?:don['’]t|do not|will not|won['’]t))\b",
            r"\b(?:mai|evit\w+|vietat\w+|proibit\w+|tab[uù]|da non (?:fare|dire)|lontan\w+ da)\b",
            r"\bnon (?:parliamo|facciamo|diciamo|pubblichiamo|trattiamo|si (?:fa|dice|parla))\b",
        ),
    ),
    (
        "tone",
        _any(
            r"\b(?:tone|voice|how we (?:speak|talk|sound|write)|personality|style)\b",
            r"\b(?:tono|stile|voce|come (?:parliamo|scriviamo|ci esprimiamo)|modo di (?:parlare|scrivere)|"
            r"personalità)\b",
        ),
    ),
    ("rivals", _any(r"\b(?:competitors?|rivals?|concorrent[ei]|competizione|concorrenza|rivali)\b")),
    (
        "experts",
        _any(r"\b(?:experts?|our people|our team|the team|espert[ie]|le nostre persone|il (?:nostro )?team)\b"),
    ),
    (
        "boilerplate",
        _any(
            r"\b(?:contacts?|contatti|cookies?|privacy|legal|note legali|terms|termini|newsletter|orari|opening hours|"
            r"where we are|dove siamo|follow us|seguici|press|stampa|lavora con noi|careers|faq)\b"
        ),
    ),
)

_BOILERPLATE = _any(
    r"\b(?:cookies?|privacy|newsletter|all rights reserved|tutti i diritti|copyright|p\.? ?iva|partita iva|"
    r"vat (?:no|number)?|codice fiscale|terms (?:and|apply)|termini e condizioni|sede legale|rea\b)",
    r"©|https?://|www\.|\b[\w.+-]+@[\w-]+\.\w{2,}",
    r"\b(?:opening hours|open (?:from|at|daily|mon\w*)|orari|aperti? d\w+|lun(?:edì)?\s?[-–]|mon(?:day)?\s?(?:[-–]|to)|"
    r"opens? at|aperta dalle)\b",
    r"\b(?:free )?(?:shipping|delivery in|returns|warranty|refunds?|spedizion\w+|consegna in|"
    r"resi gratuit\w+|garanzia)\b",
    r"\b(?:customer (?:service|reviews?|care)|assistenza (?:clienti|via)|support by|numero verde|call us|"
    r"chiamaci|(?:tele)?phone:|tel\.)",
    r"\b(?:subscribe|iscriviti|abbon\w+|gift cards?|loyalty card|follow us|seguici|"
    r"download the app|scarica l['’]app)\b",
    r"\b(?:headquarter\w*|registered (?:office|in)|company registered|la nostra sede|press office|ufficio stampa)\b",
    r"\b(?:wheelchair access|accessibile in carrozzina|aria condizionata|parking|parcheggio)\b",
)
_FOUNDED = _any(
    r"\b(?:founded|established|since (?:19|20)\d\d|fondat[ao]|nat[ao] nel (?:19|20)\d\d|(?:^|\s)dal (?:19|20)\d\d)\b"
)
_MAX_FOUNDED_WORDS = 8
"""A longer sentence says more than since when."""
_GOES_ON = r"(?!(?:use|add|stop|forget|skip|miss|freeze|cut|compromise|leave|sell|give up|get|tire)\b)"
"""What is never done in a workshop is no theme."""
_AVOIDED = _any(
    rf"\b(?:we|you)(?: will|['’]ll| would)? never (?:ever )?{_GOES_ON}\w+",
    rf"\b(?:we|you)\b[^.,;]{{0,20}}\b{_NOT}\s+(?:\w+ )?{_SAY}\b",
    rf"^{_NOT}\s+(?:\w+ )?{_SAY}\b",
    rf"^(?:we (?:always |also )?)?{_AVOID_EN}\b",
    rf"\bnon (?:ci )?{_DIRE}(?: mai)?\b",
    rf"^(?:noi )?{_AVOID_IT}\b",
    r"^(?:no|niente|nessun[ao]?|mai)\s+(?:\w+ ){0,2}(?:about|on|over|su\w*|tra|di|of|between)\b",
    r"^(?:no|niente|mai)\s+(?:politics|religion|gossip|sarcasm|clickbait|politica|religione|pettegolezz\w+|sarcasmo|"
    r"polemiche|immagini|foto|images|pictures)\b",
)
_LEAD = _any(
    rf"^(?:(?:we|you)\b[^.,;]{{0,20}}\b)?{_NOT}\s+(?:even )?"
    r"(?:(?:talk|post|write|comment|speak|discuss|share|publish|show)\b(?: (?:about|on))?\s+)?",
    rf"^(?:we (?:always |also )?)?{_AVOID_EN}\s+",
    r"^(?:noi )?non (?:ci )?"
    r"(?:(?:parliamo|scherziamo|discutiamo|facciamo|commentiamo|pubblichiamo|trattiamo|mostriamo)\b"
    r"(?: mai)?\s*)?(?:mai )?",
    rf"^(?:noi )?{_AVOID_IT}\s+",
    r"^(?:no|niente|nessun[ao]?|mai)\s+",
    r"^(?:(?:talk|post|write|speak|comment)(?:ing)? (?:about|on)|parlare di|commentare)\s+",
)
_JOKES = _any(
    r"^(?P<en>(?:jok(?:e|es|ing)|laugh(?:ing)?|mak(?:e|ing) fun|gossip(?:ing)?) (?:about|at|of) )",
    r"^(?P<it>(?:scherz(?:i|are|iamo)|ironia|ironizz(?:are|iamo)|battute|pettegolezzi|rid(?:ere|iamo)) (?:su|di))"
    r"(?:l(?:l[aeo'’])?|gli|i)?\s*",
)
_BETWEEN = re.compile(r"\b(?:between|tra|fra)\b", re.IGNORECASE)
_ARTICLES = re.compile(
    r"^(?:(?:about|of|on|the|any|di|del|dell[aeo']|dello|dei|degli|delle|d['’]|su|sul|sull[aeo']|il|lo|la|i|gli|le|un|"
    r"una|nessun[ao]?)\s+|(?:l|dell|sull|d)['’])+",
    re.IGNORECASE,
)
_TONE = _any(
    r"\b(?:our|the) (?:tone(?: of voice)?|voice|style|personality) (?:is|should be)\s+(?P<en>.+)",
    r"\bwe (?:sound|want to sound|should sound)\s+(?P<sound>.+)",
    r"\b(?:il|la) (?:nostr[oa] )?(?:tono(?: di voce)?|stile|voce|modo di (?:parlare|scrivere)) "
    r"(?:è|deve essere)\s+(?P<it>.+)",
    r"\bparliamo (?P<come>con .+)",
)
_SEPARATORS = re.compile(r"\s*[,;•·/]\s*(?:(?:and|or|nor|e|ed|o|né)\s+)?|\s+(?:but|ma)\s+")
_LAST_ONE = re.compile(r"\s+(?:and|or|nor|e|ed|o|oppure|né)\s+", re.IGNORECASE)
_LABEL = re.compile(r"^(?P<label>[^:]{3,40}):\s+(?P<rest>\S.*)$")
_EXPERT = re.compile(
    r"^(?P<name>[A-ZÀ-Þ][\w'’.-]+(?: (?:[a-z]{1,3} )?[A-ZÀ-Þ][\w'’.-]*){1,3})\s*(?:[,–—(]|-\s|:)\s*(?P<rest>.+?)\)?\.?$"
)


def role_of(passage: Passage) -> Role:
    """What a passage is about.

    Examples
    --------
    >>> role_of(Passage("We never joke about illness.")), role_of(Passage("Politics", "What we avoid"))
    ('avoided', 'avoided')
    >>> role_of(Passage("Our starter never sleeps.")), role_of(Passage("© Forno 2024"))
    ('content', 'boilerplate')
    """
    labelled = _LABEL.match(passage.text)
    heading = heading_role(labelled.group("label")) if labelled else "content"
    if heading != "content":
        return heading
    since_when = _FOUNDED.search(passage.text) and len(passage.text.split()) <= _MAX_FOUNDED_WORDS
    if since_when or _BOILERPLATE.search(passage.text):
        return "boilerplate"
    heading = heading_role(passage.heading)
    if heading != "content":
        return heading
    if _AVOIDED.search(passage.text):
        return "avoided"
    return "tone" if _TONE.search(passage.text) else "content"


def heading_role(heading: str) -> Role:
    """What stands under a heading; ``content`` where its words say nothing else."""
    for role, words in _HEADINGS:
        if words.search(heading):
            return role
    return "content"


def themes_of(text: str) -> list[str]:
    """The themes a sentence says are avoided.

    Examples
    --------
    >>> themes_of("We never post about luxury resorts or private jets.")
    ['luxury resorts', 'private jets']
    >>> themes_of("Evitiamo scommesse, casse premio e molestie in chat.")
    ['scommesse', 'casse premio', 'molestie in chat']
    >>> themes_of("We never joke about accidents, illness or grief.")
    ['jokes about accidents', 'jokes about illness', 'jokes about grief']
    """
    bare = _LEAD.sub("", _without_label(text).strip().rstrip(".!"), count=1)
    joking = _JOKES.match(bare)
    if joking is not None:  # of everything in the list, not of its first item alone
        about = "jokes about" if joking.lastgroup == "en" else "scherzi su"
        return [f"{about} {_ARTICLES.sub('', part)}" for part in _parts(bare[joking.end() :])]
    found = []
    for part in _parts(bare):
        theme = _ARTICLES.sub("", _LEAD.sub("", part, count=1)).strip(' "“”«».')
        if theme and len(theme.split()) <= MAX_THEME_WORDS:
            found.append(theme[0].lower() + theme[1:] if theme[1:2].islower() else theme)
    return found


def tones_of(text: str) -> list[str]:
    """The words for how a brand speaks.

    Examples
    --------
    >>> tones_of("Tone of voice: warm, playful and never sarcastic.")
    ['warm', 'playful', 'never sarcastic']
    >>> tones_of("Il nostro tono è caldo e diretto.")
    ['caldo', 'diretto']
    """
    match = _TONE.search(text)
    bare = next(group for group in match.groups() if group) if match else _without_label(text)
    parts = [part.strip().rstrip(".!") for part in _parts(bare.strip().rstrip(".!"), always=True)]
    return [part[0].lower() + part[1:] for part in parts if part and len(part.split()) <= MAX_TONE_WORDS]


def names_of(text: str) -> list[str]:
    """Names in a line of rivals.

    Examples
    --------
    >>> names_of("Competitors: Biscotti Rivali, Mulino Contrada and Dolce Sud.")
    ['Biscotti Rivali', 'Mulino Contrada', 'Dolce Sud']
    """
    parts = [part.strip(" .") for part in _parts(_without_label(text), always=True)]
    return [part for part in parts if part[:1].isupper() and len(part.split()) <= MAX_TONE_WORDS]


def expert_of(text: str) -> tuple[str, str, tuple[str, ...]] | None:
    """Name, role and fields of an expert; ``None`` where a line names nobody.

    Examples
    --------
    >>> expert_of("Chiara Bassani, master baker: sourdough, traditional flours")
    ('Chiara Bassani', 'master baker', ('sourdough', 'traditional flours'))
    """
    match = _EXPERT.match(text)
    if match is None:
        return None
    role, _, fields = match.group("rest").partition(":")
    if not fields:
        role, _, fields = match.group("rest").partition(" – ")
    return match.group("name"), role.strip(" ,"), tuple(_parts(fields.strip().rstrip("."), always=True))


def _without_label(text: str) -> str:
    labelled = _LABEL.match(text)
    return labelled.group("rest") if labelled else text


def _parts(text: str, always: bool = False) -> list[str]:
    """Items of a list in words; "and" parts two items where commas say it is a list, or where both are short."""
    pieces: Sequence[str] = [piece for piece in _SEPARATORS.split(text) if piece.strip()]
    found: list[str] = []
    for i, piece in enumerate(pieces):
        halves = [half.strip() for half in _LAST_ONE.split(piece) if half.strip()]
        short = all(len(half.split()) <= 3 for half in halves) and not _BETWEEN.search(piece)
        last_of_list = i == len(pieces) - 1 > 0 and len(halves) == 2
        found += halves if always or short or last_of_list else [piece.strip()]
    return found
