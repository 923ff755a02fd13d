"""Everything that is read from the posts of a topic but its name: each signal by its own measure, together here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from pipeline.enrich.hazards.seeds import Tier
from pipeline.signals.accounts.creators import creators
from pipeline.signals.accounts.saturation import saturation
from pipeline.signals.dialogue.dialogue import dialogue
from pipeline.signals.exposure.exposure import exposure
from pipeline.signals.exposure.unreliable_domains import DomainList
from pipeline.signals.hazards.mourning import with_mourning
from pipeline.signals.hazards.near_hazards import near_hazards
from pipeline.signals.hazards.solemn_days import SolemnCalendar, on_the_day, with_solemn_days
from pipeline.signals.hazards.topic_hazards import topic_hazards
from pipeline.signals.polarization.contract import Measure
from pipeline.signals.polarization.heat import hottest
from pipeline.signals.polarization.mood import mood
from pipeline.signals.polarization.poles import poles
from pipeline.signals.polarization.random_walk import random_walk
from pipeline.topics.memory.interactions import Interaction, interactions
from pipeline.types import (
    Controversy,
    Creator,
    Dialogue,
    Exposure,
    FloatArray,
    Hazard,
    Poles,
    Saturation,
    Score,
    SolemnDay,
)
from pipeline.types.traces import PostTrace, TopicPosts

N_HOT = 4
MIN_POSTS = 5
"""Nothing but hazards has evidence in a smaller topic, and a raw stream has thousands of those."""


@dataclass(frozen=True)
class HazardTable:
    """Names and tiers of the hazards, and from which share of posts one counts for a topic."""

    names: tuple[str, ...]
    tiers: tuple[Tier, ...]
    min_share: float


@dataclass(frozen=True)
class TopicSignals:
    """What the posts of one topic tell; the fields are those of :class:`pipeline.types.TopicReport`."""

    heat: Score | None = None
    division: Score | None = None
    poles: Poles | None = None
    controversy: Controversy | None = None
    measures: tuple[tuple[str, Score], ...] = ()
    mood: tuple[tuple[str, Score], ...] = ()
    hazards: tuple[Hazard, ...] = ()
    near_hazards: tuple[Hazard, ...] = ()
    exposure: Exposure | None = None
    saturation: Saturation | None = None
    dialogue: Dialogue | None = None
    creators: tuple[Creator, ...] = ()
    hot_posts: tuple[str, ...] = ()


class SignalReader:
    """Reads the signals of topics; remembers nothing.

    Parameters
    ----------
    measures
        The polarization measures, by name.
    hazards
        Which hazards there are.
    domains
        What is known of the web domains that posts link to.
    calendar, markets
        Solemn days, and whose.
    """

    def __init__(
        self,
        measures: Mapping[str, Callable[[], Measure]],
        hazards: HazardTable,
        domains: DomainList,
        calendar: SolemnCalendar,
        markets: Sequence[str],
    ) -> None:
        self._measures = measures
        self._hazards = hazards
        self._domains = domains
        self._calendar = calendar
        self._markets = tuple(markets)

    def read(
        self, posts: TopicPosts, distinct: TopicPosts, by_author: Callable[[int], Sequence[PostTrace]]
    ) -> TopicSignals:
        """All signals of one topic.

        Parameters
        ----------
        posts, distinct
            Its posts in arrival order, with and without copies.
        by_author
            The remembered posts of an author, of all topics, in arrival order.
        """
        if len(posts) < MIN_POSTS:
            return TopicSignals(hazards=self.hazards(distinct.traces))
        scores = self._scores(posts)
        strengths = self._strengths(distinct.traces)
        hazards = self._counted(strengths, distinct.traces)
        parents = interactions(posts.traces)
        return TopicSignals(
            heat=scores.get("heat"),
            division=scores.get("division"),
            poles=poles(posts) if "division" in scores else None,
            controversy=_controversy(posts.traces, parents),
            measures=tuple(scores.items()),
            mood=mood(posts),
            hazards=hazards,
            near_hazards=self._near(strengths, distinct.traces, hazards),
            exposure=exposure(posts, parents, self._domains),
            saturation=saturation(posts, parents),
            dialogue=dialogue(posts),
            creators=creators(posts.traces, by_author, self._domains),
            hot_posts=hottest(distinct.traces, N_HOT),
        )

    def hazards(self, traces: Sequence[PostTrace]) -> tuple[Hazard, ...]:
        """Hazards spoken of in these posts, gravest first; naming a solemn day on that day is a commemoration."""
        return self._counted(self._strengths(traces), traces)

    def _strengths(self, traces: Sequence[PostTrace]) -> FloatArray:
        """``(n, hazards) float32``: how clearly each post speaks of each hazard, with what is known of the day."""
        table = self._hazards
        strengths = np.zeros((len(traces), len(table.names)), np.float32)
        column = {name: j for j, name in enumerate(table.names)}
        for i, trace in enumerate(traces):
            for name, strength in trace.hazards:
                if name in column:
                    strengths[i, column[name]] = strength
        strengths = self._on_solemn_days(strengths, traces)
        strengths = with_mourning(table.names, strengths, [trace.text for trace in traces], table.min_share)
        return strengths

    def _counted(self, strengths: FloatArray, traces: Sequence[PostTrace]) -> tuple[Hazard, ...]:
        if not strengths.any():
            return ()
        table = self._hazards
        ids = [trace.post_id for trace in traces]
        authors = [None if trace.author is None else str(trace.author) for trace in traces]
        return topic_hazards(table.names, table.tiers, strengths, ids, authors, min_share=table.min_share)

    def _near(
        self, strengths: FloatArray, traces: Sequence[PostTrace], counted: Sequence[Hazard]
    ) -> tuple[Hazard, ...]:
        table, ids = self._hazards, [trace.post_id for trace in traces]
        names = [hazard.name for hazard in counted]
        return near_hazards(table.names, table.tiers, strengths, ids, names, table.min_share)

    def solemn_days(self, at: datetime) -> tuple[SolemnDay, ...]:
        """What the markets remember on the day of ``at``, each day once."""
        found: dict[str, SolemnDay] = {}
        for market in self._markets:
            for observance in on_the_day(self._calendar.near(at, market)):
                day = observance.day
                found.setdefault(day.name, SolemnDay(day.name, day.kind, (("en", day.en), ("it", day.it))))
        return tuple(found.values())

    def _on_solemn_days(self, strengths: FloatArray, traces: Sequence[PostTrace]) -> FloatArray:
        texts = [trace.text for trace in traces]
        times = [datetime.fromtimestamp(trace.at_s, UTC) for trace in traces]
        return with_solemn_days(self._hazards.names, strengths, texts, times, self._calendar, self._markets)

    def _scores(self, posts: TopicPosts) -> dict[str, Score]:
        scores = {}
        for name, start in self._measures.items():
            measure = start()
            measure.update(posts)
            score = measure.get()
            if score is not None:
                scores[name] = score
        return scores


def _controversy(traces: Sequence[PostTrace], parents: Sequence[Interaction]) -> Controversy | None:
    """Of the people who answer, quote or repost each other."""
    pairs = [(traces[found.row].author, found.parent_author) for found in parents]
    known = [(one, other) for one, other in pairs if one is not None and other is not None and one != other]
    if not known:
        return None
    walk = random_walk(np.array(known, np.int64))
    return None if walk is None else Controversy(walk.excess, walk.observed, walk.null)
