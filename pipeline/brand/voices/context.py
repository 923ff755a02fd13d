"""Everything a brand should know about the voices of a topic, put together: audience, expert, rivals; and its market.

None of it decides a verdict. Topics of fewer than :data:`MIN_POSTS` posts are not read at all: a raw stream has
thousands of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from configs.settings import VoicesSettings
from pipeline.brand.fit.fit import BrandFitter
from pipeline.brand.fit.shared_space import SharedSpace
from pipeline.brand.profile.profile import BrandProfile
from pipeline.brand.voices.account_book import AccountBook
from pipeline.brand.voices.audience import Audience, audience_share, distinct_voices, load_audience
from pipeline.brand.voices.experts import Everyday, ExpertIndex
from pipeline.brand.voices.market import read_market
from pipeline.brand.voices.market_series import DAY_S, Period
from pipeline.brand.voices.presence import Joined, presences
from pipeline.enrich.encoders.encoder import Encoder
from pipeline.topics.memory.account_watch import AccountWatch
from pipeline.types import FloatArray, TopicReport
from pipeline.types.traces import PostTrace, TopicPosts
from pipeline.types.voices import BrandContext, MarketReading

MIN_POSTS = 5
TRADE_Z = 2.0
"""A post whose best facet stands this far above background topics speaks of the brand's trade."""

NOTHING = BrandContext()


@dataclass(frozen=True)
class StreamVoices:
    """What a topic's voices are held against: the watched accounts, and all remembered authors, when asked for."""

    accounts: AccountWatch
    everyone: Callable[[], NDArray[np.int64]]


@dataclass(frozen=True)
class TopicVoices:
    """One topic that was looked at now: its posts with copies (``traces``) and without (``posts``), its centre
    ``(d,)``, and its clusters."""

    report: TopicReport
    traces: Sequence[PostTrace]
    posts: TopicPosts
    centre: FloatArray
    clusters: Sequence[int] | NDArray[np.int64]


class ContextReader:
    """Reads the voices of topics for all brands.

    Parameters
    ----------
    brand_ids, audiences
        In the order of the profiles; ``None`` where a profile names no audience.
    book
        Who is who by handle and name.
    experts
        The experts of all brands.
    fitter
        Says whether a post speaks of a brand's trade.
    columns
        For each brand, which columns of the fitter's z-scores are its facets.
    period
        What the market reading compares.
    """

    def __init__(
        self,
        brand_ids: Sequence[str],
        audiences: Sequence[Audience | None],
        book: AccountBook,
        experts: ExpertIndex,
        fitter: BrandFitter,
        columns: Sequence[NDArray[np.int64]],
        period: Period,
    ) -> None:
        self.book = book
        self._brand_ids = tuple(brand_ids)
        self._audiences = tuple(audiences)
        self._experts = experts
        self._fitter = fitter
        self._columns = tuple(columns)
        self._period = period

    def read(self, topics: Sequence[TopicVoices], stream: StreamVoices) -> list[tuple[BrandContext | None, ...]]:
        """For each topic and brand, in their order; ``None`` where nothing is known."""
        everyone: NDArray[np.int64] | None = None
        joined: Joined | None = None
        found: list[tuple[BrandContext | None, ...]] = []
        for topic in topics:
            if len(topic.traces) < MIN_POSTS or not len(topic.posts):
                found.append((None,) * len(self._brand_ids))
                continue
            if everyone is None:
                asked = any(audience is not None for audience in self._audiences)
                everyone = stream.everyone() if asked else np.zeros(0, np.int64)
                joined = Joined.of(stream.accounts)
            assert joined is not None
            found.append(self._topic(topic, stream, everyone, joined))
        return found

    def markets(self, accounts: AccountWatch, now_s: float) -> tuple[MarketReading, ...]:
        """Each brand's market on the day of ``now_s``; empty while nothing changed since the last time."""
        today = int(now_s // DAY_S)
        if not accounts.changed(today):
            return ()
        return tuple(
            read_market(brand_id, parties, accounts, today, self._period)
            for brand_id, parties in zip(self._brand_ids, self.book.parties, strict=True)
            if any(party.accounts for party in parties)
        )

    def _topic(
        self, topic: TopicVoices, stream: StreamVoices, everyone: NDArray[np.int64], joined: Joined
    ) -> tuple[BrandContext | None, ...]:
        voices = distinct_voices(trace.handle for trace in topic.traces)
        within = joined.within(topic.clusters)
        experts = self._experts.match(topic.centre, *self._questions(topic))
        rows = {trace.post_id: row for row, trace in enumerate(topic.posts.traces)}
        contexts: list[BrandContext | None] = []
        for brand, audience in enumerate(self._audiences):

            def in_trade(asked: Sequence[int], brand: int = brand) -> NDArray[np.bool_]:
                return self._in_trade(brand, [rows.get(topic.traces[row].post_id) for row in asked], topic.posts)

            context = BrandContext(
                audience=None if audience is None else audience_share(audience, voices, everyone),
                expert=experts[brand],
                rivals=presences(self.book.parties[brand], topic.traces, within, stream.accounts, in_trade),
            )
            contexts.append(None if context == NOTHING else context)
        return tuple(contexts)

    def _questions(self, topic: TopicVoices) -> tuple[FloatArray, tuple[str, ...]]:
        """Posts that ask what people ask, the most asked first, as far as they are remembered."""
        dialogue = topic.report.dialogue
        if dialogue is None or not self._experts or not dialogue.questions:
            return topic.posts.embeddings[:0], ()
        rows = {trace.post_id: row for row, trace in enumerate(topic.posts.traces)}
        ids = tuple(question.post_id for question in dialogue.questions if question.post_id in rows)
        return topic.posts.embeddings[[rows[post_id] for post_id in ids]], ids

    def _in_trade(self, brand: int, rows: Sequence[int | None], posts: TopicPosts) -> NDArray[np.bool_]:
        """Copies, which carry no vector here, are judged as not of the trade: their original is counted."""
        known = [row for row in rows if row is not None]
        meant = np.zeros(len(rows), np.bool_)
        if known:
            z = self._fitter.z(posts.embeddings[known])[:, self._columns[brand]].max(axis=1)
            meant[[place for place, row in enumerate(rows) if row is not None]] = z >= TRADE_Z
        return meant


def assemble_context(
    settings: VoicesSettings,
    profiles: Sequence[BrandProfile],
    encoder: Encoder,
    space: SharedSpace,
    everyday: Everyday,
    fitter: BrandFitter,
) -> ContextReader:
    """What tells of the voices of a topic.

    Raises
    ------
    ConfigError
        The audience file of a brand cannot be used.
    """
    salt = "" if settings.audience_salt is None else settings.audience_salt.reveal()
    starts = np.cumsum([0, *(len(profile.facets) for profile in profiles)]).tolist()
    return ContextReader(
        [profile.id for profile in profiles],
        [load_audience(profile, salt) for profile in profiles],
        AccountBook(profiles, salt),
        ExpertIndex(profiles, encoder, space, everyday),
        fitter,
        [np.arange(start, stop) for start, stop in pairwise(starts)],
        Period(settings.recent_days, settings.baseline_days),
    )
