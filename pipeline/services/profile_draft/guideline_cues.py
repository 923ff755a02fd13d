"""What a passage of guidelines is about: content, tone, what is avoided, rivals, experts, or boilerplate.

Told by words that guidelines are made of, in Italian and English: of the heading first, then of the sentence itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.services.profile_draft.guideline_text import Passage
from pipeline.services.profile_draft.guideline_words import Role, guideline_words

MAX_THEME_WORDS = 12
MAX_TONE_WORDS = 6
MAX_FOUNDED_WORDS = 8
"""A longer sentence says more than since when."""

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
    words = guideline_words()
    since_when = words.founded.search(passage.text) and len(passage.text.split()) <= MAX_FOUNDED_WORDS
    if since_when or words.boilerplate.search(passage.text):
        return "boilerplate"
    heading = heading_role(passage.heading)
    if heading != "content":
        return heading
    if words.avoided.search(passage.text):
        return "avoided"
    return "tone" if words.tone.search(passage.text) else "content"


def heading_role(heading: str) -> Role:
    """What stands under a heading; ``content`` where its words say nothing else."""
    for role, words in guideline_words().headings:
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
    words = guideline_words()
    bare = words.lead.sub("", _without_label(text).strip().rstrip(".!"), count=1)
    joking = words.jokes.match(bare)
    if joking is not None:  # of everything in the list, not of its first item alone
        about = "jokes about" if joking.lastgroup == "en" else "scherzi su"
        return [f"{about} {words.articles.sub('', part)}" for part in _parts(bare[joking.end() :])]
    found = []
    for part in _parts(bare):
        theme = words.articles.sub("", words.lead.sub("", part, count=1)).strip(' "“”«».')
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
    match = guideline_words().tone.search(text)
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
    words = guideline_words()
    pieces: Sequence[str] = [piece for piece in words.separators.split(text) if piece.strip()]
    found: list[str] = []
    for i, piece in enumerate(pieces):
        halves = [half.strip() for half in words.last_one.split(piece) if half.strip()]
        short = all(len(half.split()) <= 3 for half in halves) and not words.between.search(piece)
        last_of_list = i == len(pieces) - 1 > 0 and len(halves) == 2
        found += halves if always or short or last_of_list else [piece.strip()]
    return found
