"""Reads a draft with the models that read posts, and puts its topic and day into the words of the check."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ingest.post import Post
from ingest.sources.plain_text import find_hashtags
from pipeline.brand.fit.fit import BrandFitter
from pipeline.brand.profile.profile import BrandProfile
from pipeline.enrich.enricher import Enricher
from pipeline.enrich.hazards.seeds import HazardSeeds
from pipeline.services.draft_check.draft_check import DraftDay, DraftReading, DraftTopic, SpokenHazard
from pipeline.services.draft_check.draft_risks import DraftRisks
from pipeline.services.draft_check.draft_words import DraftWords, shouts
from pipeline.signals.hazards.solemn_days import SolemnCalendar, on_the_day
from pipeline.signals.post_reader import read_post
from pipeline.text.phrases import PhraseTable, a_bit_each, numbers
from pipeline.text.words import folded_words
from pipeline.types import BrandFit, EnrichedBatch, TopicReport
from pipeline.types.post_marks import PostMark

HINT = 0.3
"""Weaker hazards of a draft are not even a hint."""
ORDER = ("floor", "high", "medium", "low")
GRIEVING = ("mourning", "remembrance")


class DraftReader:
    """Reads drafts for one brand.

    Parameters
    ----------
    profile
        The brand.
    enricher
        What reads posts.
    fitter
        Of this brand alone, with its background.
    risks
        Heads for what a copy can do wrong (``configs/draft_risks.toml``).
    seeds
        The hazards the enricher names, for their tiers.
    words
        Jokes, slang and causes.
    """

    def __init__(
        self,
        profile: BrandProfile,
        enricher: Enricher,
        fitter: BrandFitter,
        risks: DraftRisks,
        seeds: HazardSeeds,
        words: DraftWords,
    ) -> None:
        self._profile = profile
        self._enricher = enricher
        self._fitter = fitter
        self._risks = risks
        self._tiers = {hazard.name: hazard.tier for hazard in seeds.hazards}
        floor = [hazard for hazard in seeds.hazards if hazard.tier == "floor"]
        self._floor = [hazard.name for hazard in floor]
        self._cues = PhraseTable(a_bit_each((*hazard.cues, *hazard.strong) for hazard in floor), folded_words)
        self._figures = PhraseTable({1: seeds.traps.phrases}, folded_words)
        self._words = words
        self._voice = own_voice(profile)
        rivals = (handle for rival in profile.competitors for handle in rival.handles)
        self._handles = frozenset((*profile.handles, *rivals))

    def read(self, text: str, at: datetime) -> DraftReading:
        """What a draft says; ``at`` is when it would appear."""
        post = Post(post_id="draft", text=text, event_time=at, hashtags=find_hashtags(text))
        batch = self._enricher.enrich([post])
        enriched = batch.posts[0]
        strengths = self._risks.score(batch.embeddings, [enriched.clean_text])[0]
        strength_of, named = dict(enriched.hazards), self._named(text)
        for name in named:
            strength_of[name] = max(strength_of.get(name, 0.0), HINT)
        spoken = [
            SpokenHazard(name, self._tiers[name], strength, name in named)
            for name, strength in strength_of.items()
            if strength >= HINT and name in self._tiers
        ]
        return DraftReading(
            text=text,
            language=enriched.language,
            joy=enriched.signals.joy,
            negative=enriched.signals.negative,
            offensive=enriched.signals.offensive,
            is_promotion=bool(read_post(enriched).marks & int(PostMark.PROMOTIONAL)),
            is_joking=self._words.jokes(text),
            is_shouting=shouts(text),
            hazards=tuple(sorted(spoken, key=lambda hazard: (ORDER.index(hazard.tier), -hazard.strength))),
            risks=tuple(zip(self._risks.names, map(float, strengths), strict=True)),
            slang=self._words.slang(text, self._voice),
            causes=self._words.causes(text),
            personal=self._words.personal_data(text, self._handles),
            fit=self._fit(batch),
        )

    def _named(self, text: str) -> list[str]:
        """Floor hazards with a cue word in the text, beside no figure of speech: more often meant than not, in a post
        that is about to be published in a brand's name."""
        words = folded_words(text)
        if self._figures.find(words):
            return []
        return [self._floor[group] for group in numbers(self._cues.find(words))]

    def _fit(self, batch: EnrichedBatch) -> BrandFit:
        standing = self._fitter.stand(batch.embeddings)
        return self._fitter.fit(0, standing, 0, self._fitter.z(batch.embeddings), ("draft",))


def own_voice(profile: BrandProfile) -> str:
    """Everything a profile says in the brand's own words."""
    facets = (text for facet in profile.facets for text in (*facet.texts(), *facet.examples))
    return "\n".join((profile.essence, *facets))


def hashtag_topic(text: str, reports: Iterable[TopicReport]) -> tuple[TopicReport, str] | None:
    """The topic that a hashtag of the draft belongs to, and that hashtag: a keyword or a part of a label, written as
    one word. Of several the one that is most hazardous, then the first: many failures began with a hashtag whose
    subject nobody had looked at.

    Parameters
    ----------
    reports
        Of the store, largest first.
    """
    tags = {"".join(folded_words(tag)) for tag in find_hashtags(text)} - {""}
    found: list[tuple[int, int, TopicReport, str]] = []
    for report in reports if tags else ():
        names = (*report.keywords, *report.label.split(" · "))
        tag = next((tag for name in names if (tag := "".join(folded_words(name))) in tags), None)
        if tag is not None:
            tiers = [hazard.tier for hazard in report.hazards]
            found.append((min((ORDER.index(tier) for tier in tiers), default=len(ORDER)), len(found), report, tag))
    if not found:
        return None
    _, _, report, tag = min(found, key=lambda match: match[:2])
    return report, tag


def topic_of(report: TopicReport, hot: float, divided: float, hashtag: str = "") -> DraftTopic:
    """What the check needs of a report; ``hot`` and ``divided`` are the thresholds of the verdict, ``hashtag`` what it
    was found by."""
    heated = report.heat is not None and report.heat.value >= hot
    split = report.division is not None and report.division.low >= divided
    return DraftTopic(report.label, report.hazards, report.mood, heated or split, hashtag)


def days_of(calendar: SolemnCalendar, at: datetime, markets: Sequence[str]) -> tuple[DraftDay, ...]:
    """The solemn days of these markets on the date of ``at``, each once."""
    days = {seen.day.name: seen.day for market in markets for seen in on_the_day(calendar.near(at, market))}
    return tuple(DraftDay(day.en, day.it, day.kind in GRIEVING) for day in days.values())
