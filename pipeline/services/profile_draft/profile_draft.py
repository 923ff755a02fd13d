"""A first profile from pasted guidelines or an about page: everything in it is a guess, and says where it comes from.

Nothing is asked of a network, and no language model of spaCy is needed: with one, facets are named by noun phrases,
without one by runs of telling words. What guidelines do not say is left out, never made up.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import msgspec

from configs.errors import InputError
from pipeline.brand.profile.profile import BrandProfile, Competitor, Expert, Facet, checked
from pipeline.brand.profile.toml import profile_toml
from pipeline.services.profile_draft.facet_draft import DraftedFacet, GuidelineSentence, Place, draft_facets
from pipeline.services.profile_draft.guideline_cues import expert_of, names_of, role_of, themes_of, tones_of
from pipeline.services.profile_draft.guideline_text import GuidelineText, Passage, joined, read_guidelines
from pipeline.services.profile_draft.guideline_words import Role, guideline_words

MIN_SENTENCES = 2
MIN_WORDS, MIN_ITEM_WORDS = 4, 2
"""A shorter sentence, or item of a list, says nothing about a brand."""
MAX_ESSENCE_CHARS = 240
MAX_ITEMS = 12
"""Tone words, no-go themes, handles, rivals, experts: more than that is a text misread."""

_HANDLE = re.compile(r"(?<![\w@./])@[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,60}[A-Za-z0-9_])?(?![\w@])")
_ACCOUNT = re.compile(
    r"(?:instagram|facebook|twitter|x|tiktok|threads|youtube|bsky)\.(?:com|net|app)/(?:profile/)?@?([A-Za-z0-9_.-]{2,60})"
)
_TITLE_PARTS = re.compile(r"\s+[|–—·-]\s+|\s*[|:–—]\s*|,\s+")
_CAPITALISED = re.compile(r"\b[A-ZÀ-Þ][\w'’&-]*(?:\s+(?:&\s+)?[A-ZÀ-Þ][\w'’&-]*){0,3}")


@dataclass(frozen=True)
class Drafter:
    """What a draft is made with; built in ``wiring``.

    ``place`` embeds texts where topics and facets are compared; ``language_of`` gives a language code a text;
    ``chunks_of`` noun phrases a text, empty where no model is installed; ``stop_words`` by language.
    """

    place: Place
    language_of: Callable[[Sequence[str]], list[str | None]]
    chunks_of: Callable[[Sequence[str], str | None], list[tuple[str, ...]]]
    stop_words: Callable[[str | None], frozenset[str]]


class ProfileDraft(msgspec.Struct, frozen=True):
    """A profile and, by key, what was guessed in it and what is missing."""

    profile: BrandProfile
    notes: tuple[tuple[str, str], ...]

    def toml(self) -> str:
        """A brand file whose comments say what is guessed."""
        return profile_toml(self.profile, dict(self.notes))


def draft_profile(
    texts: Sequence[str], drafter: Drafter, brand_id: str | None = None, name: str | None = None
) -> ProfileDraft:
    """Draft a profile.

    Parameters
    ----------
    texts
        Guidelines, an about page or both: plain text, Markdown or HTML, Italian or English.
    drafter
        What reads and embeds it.
    brand_id, name
        Where they are known; else the name is guessed and the id made from it.

    Raises
    ------
    InputError
        The text says too little about the brand, or not who it is.
    """
    read = joined([read_guidelines(text) for text in texts])
    by_role = _by_role(read.passages)
    content = [
        passage.text
        for passage in by_role["content"]
        if len(passage.text.split()) >= (MIN_ITEM_WORDS if passage.is_item else MIN_WORDS)
    ]
    if len(content) < MIN_SENTENCES:
        raise InputError(
            f"the guidelines have {len(content)} sentences about what the brand does, at least {MIN_SENTENCES} are "
            "needed; paste the about page or the brand book as text"
        )
    found_name = name or _name(read, content, drafter.stop_words)
    if not found_name:
        raise InputError("the guidelines do not say the brand's name; give it with --name")
    essence = _essence(read, content, found_name)
    drafted = draft_facets(_sentences(content, drafter), drafter.place, drafter.stop_words)
    rivals = _competitors(by_role["rivals"])
    rivals_of = {handle for rival in rivals for handle in rival.handles}
    profile = BrandProfile(
        id=brand_id or _id(found_name),
        name=found_name,
        facets=tuple(_facet(facet) for facet in drafted),
        essence=essence,
        tone=_some(tone for passage in by_role["tone"] for tone in tones_of(passage.text)),
        no_go=_some(theme for passage in by_role["avoided"] for theme in themes_of(passage.text)),
        handles=tuple(handle for handle in _handles("\n".join(texts), read) if handle not in rivals_of),
        competitors=rivals,
        experts=_experts(by_role["experts"]),
    )
    return ProfileDraft(checked(profile, "draft"), _notes(profile, drafted, name, brand_id))


def _by_role(passages: Iterable[Passage]) -> dict[Role, list[Passage]]:
    found: dict[Role, list[Passage]] = {
        "content": [],
        "tone": [],
        "avoided": [],
        "rivals": [],
        "experts": [],
        "boilerplate": [],
    }
    for passage in passages:
        if not passage.is_heading:
            found[role_of(passage)].append(passage)
    return found


def _sentences(texts: Sequence[str], drafter: Drafter) -> list[GuidelineSentence]:
    languages = drafter.language_of(texts)
    # one line may be misread: in a text of one language nothing is in another
    usual, n_usual = Counter(languages).most_common(1)[0]
    if n_usual >= 0.7 * len(texts):
        languages = [usual] * len(texts)
    chunks: dict[str, tuple[str, ...]] = {}
    for language in dict.fromkeys(languages):
        spoken = [text for text, own in zip(texts, languages, strict=True) if own == language]
        chunks.update(zip(spoken, drafter.chunks_of(spoken, language), strict=False))
    return [
        GuidelineSentence(text, language, chunks.get(text, ())) for text, language in zip(texts, languages, strict=True)
    ]


def _facet(drafted: DraftedFacet) -> Facet:
    texts = {language: ", ".join(phrases) for language, phrases in drafted.phrases}
    known = {language: text for language, text in texts.items() if language}
    return Facet(name=drafted.name, text=known or next(iter(texts.values())), examples=drafted.examples)


def _name(read: GuidelineText, content: Sequence[str], stop_words: Callable[[str | None], frozenset[str]]) -> str:
    """The brand's name: of the page, of its title, or what the text names most often."""
    if read.site:
        return read.site
    body = " ".join(passage.text for passage in read.passages if not passage.is_heading)
    headings = [passage.text for passage in read.passages if passage.is_heading][:2]
    first = [passage.text for passage in read.passages[:1]]
    parts = [part.strip() for title in (read.title, *headings, *first) for part in _TITLE_PARTS.split(title)]
    words = guideline_words()
    parts = [words.generic_title.sub("", part).strip() if words.generic_title.search(part) else part for part in parts]
    titled = [part for part in parts if part and len(part.split()) <= 4 and part[0].isupper() and part in body]
    if titled:
        return max(titled, key=lambda part: (body.count(part), len(part)))
    shouted = [part.title() for part in parts if part.isupper() and part.title() in body]
    if shouted:
        return shouted[0]
    presented = (words.presented.match(passage.text) for passage in read.passages)
    said = next((match.group("name") for match in presented if match), None)
    if said is not None:
        return said
    plain = stop_words("it") | stop_words("en")
    named = Counter(
        match.group()
        for sentence in content
        for match in _CAPITALISED.finditer(sentence)
        # at the beginning of a sentence everything has a capital: there only what does something is a name
        if match.group().lower() not in plain
        and (match.start() or words.is_verb.match(sentence[match.end() :].strip()))
    )
    alone = next((part for part in parts if part and len(part.split()) <= 4 and part[0].isupper()), "")
    return named.most_common(1)[0][0] if named else alone if headings or read.title else ""


def _essence(read: GuidelineText, content: Sequence[str], name: str) -> str:
    """The sentence that says what the brand is."""
    saying = [sentence for sentence in content if name in sentence and guideline_words().is_verb.search(sentence)]
    saying += [sentence for sentence in content if re.match(r"(?:we|siamo|facciamo)\b", sentence, re.IGNORECASE)]
    best = next((sentence for sentence in saying if len(sentence) <= MAX_ESSENCE_CHARS), "")
    return best or read.summary[:MAX_ESSENCE_CHARS] or content[0][:MAX_ESSENCE_CHARS]


def _id(name: str) -> str:
    """
    Examples
    --------
    >>> _id("Caffè & Pane")
    'caffe-pane'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "brand"


def _handles(text: str, read: GuidelineText) -> tuple[str, ...]:
    linked = (match.group(1) for link in read.links for match in _ACCOUNT.finditer(link))
    written = (match.group(1) for match in _ACCOUNT.finditer(text))
    accounts = [
        f"@{account.strip('.')}"
        for account in (*linked, *written)
        if account.lower() not in guideline_words().no_accounts
    ]
    return _some([*_HANDLE.findall(text), *accounts])


def _competitors(passages: Sequence[Passage]) -> tuple[Competitor, ...]:
    found = [
        Competitor(name=_HANDLE.sub("", name).strip(" (),"), handles=tuple(_HANDLE.findall(name)))
        for passage in passages
        for name in names_of(passage.text)
    ]
    return tuple({rival.name: rival for rival in found if rival.name}.values())[:MAX_ITEMS]


def _experts(passages: Sequence[Passage]) -> tuple[Expert, ...]:
    known = [expert_of(passage.text) for passage in passages]
    return tuple(Expert(name=who[0], role=who[1], fields=who[2]) for who in known if who is not None)[:MAX_ITEMS]


def _some(items: Iterable[str]) -> tuple[str, ...]:
    """Distinct items in their order, not endlessly many."""
    found: dict[str, str] = {}
    for item in items:
        found.setdefault(item.lower(), item)
    return tuple(found.values())[:MAX_ITEMS]


def _notes(
    profile: BrandProfile, drafted: Sequence[DraftedFacet], name: str | None, brand_id: str | None
) -> tuple[tuple[str, str], ...]:
    """What a strategist has to look at, by key."""
    missing = [
        what
        for what, found in (
            ("tone", profile.tone),
            ("no_go", profile.no_go),
            ("handles", profile.handles),
            ("audience", profile.audience),
            ("competitors", profile.competitors),
            ("experts", profile.experts),
        )
        if not found
    ]
    head = "A draft made from guidelines: every value is a guess until somebody has looked at it.\n"
    head += f"Not found, and left out: {', '.join(missing)}." if missing else "Every kind of value was found."
    notes = {"": head, "essence": "guessed: the sentence that seems to say what the brand is"}
    if brand_id is None:
        notes["id"] = "made from the name; it cannot be changed once topics have been judged for it"
    if name is None:
        notes["name"] = "guessed"
    notes["tone"] = "from sentences about tone or voice"
    notes["no_go"] = 'from sentences about what is avoided; write them as themes, e.g. "party politics"'
    notes["handles"] = "every account the text names; keep the brand's own"
    for i, (facet, own) in enumerate(zip(drafted, profile.facets, strict=True)):
        languages = sorted(own.text) if isinstance(own.text, dict) else []
        notes[f"facets[{i}]"] = f"guessed from {facet.n_sentences} sentence{'s' if facet.n_sentences > 1 else ''}"
        if i:
            continue  # the same words over every facet would not be read
        notes[f"facets[{i}].text"] = "phrases of the text; say it in your own words" + (
            f", and in other languages than {', '.join(languages)} too" if languages else ""
        )
        notes[f"facets[{i}].examples"] = "sentences of the text; posts in the brand's own words are better"
    return tuple(notes.items())
