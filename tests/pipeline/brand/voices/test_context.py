"""Audience, expert and rivals of a topic together, and what they cost where nothing is to be said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

import msgspec
import numpy as np
from numpy.typing import NDArray

from configs.settings import VoicesSettings
from ingest.post import Author, Post
from pipeline.brand.profile.profile import BrandProfile, Competitor
from pipeline.brand.voices.context import MIN_POSTS, ContextReader, StreamVoices, TopicVoices, assemble_context
from pipeline.brand.voices.experts import Everyday
from pipeline.text.words import clean
from pipeline.topics.memory.account_watch import AccountPost, AccountWatch
from pipeline.topics.memory.recent_posts import RecentPosts
from pipeline.types import DialogueQuestion
from pipeline.types.pseudonyms import handle_hash
from pipeline.types.signals import Dialogue
from pipeline.types.traces import PostTrace, TopicPosts
from pipeline.types.voices import BrandContext, MarketKind
from pipeline.wiring.track import build_fitter
from tests.demo_shard import loaded, make_trace
from tests.samples import make_report

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
BREAD = (
    "il pane fatto in casa con il lievito madre",
    "quanto costa il pane da voi? qui è aumentato ancora",
    "sourdough loaf and a slow breakfast with the family",
    "la farina costa il doppio e il prezzo del pane sale",
    "baking bread at home because the bakery got dearer",
    "pagnotta calda, burro e marmellata",
)
STARS = ("northern lights over the fjord", "le luci del nord nel cielo di Tromsø") * 3


def own_profile() -> BrandProfile:
    first = loaded().profiles[0]
    assert first.id == "forno-aurora"
    rivals = (Competitor("Aurora", ("@aurora",)), Competitor("Biscotti Rivali", ("@rivali",)))
    return msgspec.structs.replace(first, audience=("p0", "p1", "p2", "z1"), competitors=rivals)


@cache
def reader() -> ContextReader:
    return reader_of((own_profile(), loaded().profiles[1]), VoicesSettings())


def reader_of(profiles: Sequence[BrandProfile], settings: VoicesSettings) -> ContextReader:
    models = loaded().models
    everyday = Everyday(models.concept_embeddings, models.concept_lines)
    fitter = build_fitter(models, profiles)
    return assemble_context(settings, profiles, models.encoder, models.space, everyday, fitter)


def topic(texts: Sequence[str], questions: Sequence[str] = (), **changes: object) -> TopicVoices:
    """A topic of these posts by people ``p0 …``, who are read as they come."""
    traces: list[PostTrace] = []
    for i, text in enumerate(texts):
        post = Post(post_id=f"p{i}", text=text, event_time=NOON, author=Author(f"p{i}"))
        read = reader().book.read(post, clean(text))
        fields: dict[str, object] = {"text": text, "handle": read.handle, "named": read.named}
        traces.append(make_trace(i, **(fields | changes)))
    embeddings = loaded().models.encoder.encode([clean(text) for text in texts])
    posts = TopicPosts(traces, embeddings)
    asked = tuple(DialogueQuestion(post_id, 1, 1, (post_id,)) for post_id in questions)
    report = msgspec.structs.replace(make_report(), dialogue=Dialogue(n=len(texts), questions=asked))
    return TopicVoices(report, traces, posts, embeddings.mean(axis=0), (1,))


def stream(*others: str, watch: AccountWatch | None = None) -> StreamVoices:
    everyone = np.array(sorted({handle_hash(f"p{i}") for i in range(6)} | {handle_hash(name) for name in others}))
    return StreamVoices(watch or AccountWatch(), lambda: everyone)


def context_of(voices: TopicVoices, around: StreamVoices) -> BrandContext:
    found = reader().read([voices], around)[0][0]
    assert found is not None
    return found


def test_a_topic_has_its_audience_its_expert_and_the_question_he_can_answer() -> None:
    found = context_of(topic(BREAD, questions=("p1", "gone")), stream(*(f"z{i}" for i in range(94))))

    assert found.audience is not None
    assert (found.audience.n_members, found.audience.share.value) == (3, 0.5)
    assert found.audience.lift is not None
    assert found.audience.lift.value == 0.5 / 0.04
    assert found.expert is not None
    assert (found.expert.name, found.expert.question) == ("Chiara Bassani", "p1")
    assert found.rivals == ()


def test_one_reader_serves_many_topics_in_their_order() -> None:
    topics = [topic(BREAD), topic(STARS), topic(BREAD)]
    around = stream()
    together = reader().read(topics, around)

    assert together == [reader().read([one], around)[0] for one in topics]


def test_nobody_is_asked_about_small_topics() -> None:
    def never() -> NDArray[np.int64]:
        raise AssertionError("the stream was asked")

    small = topic(BREAD[: MIN_POSTS - 1])

    assert reader().read([small] * 3, StreamVoices(AccountWatch(), never)) == [(None, None)] * 3


def test_a_brand_without_anything_to_say_has_no_context() -> None:
    skin = reader().read([topic(STARS)], stream())[0][1]

    assert skin is None


def test_a_name_that_is_also_a_word_is_told_by_what_the_post_speaks_of() -> None:
    bakery = [f"{text}, altro che Aurora" for text in BREAD]
    sky = [f"{text}: aurora!" for text in STARS]
    named = {one.name: one for one in context_of(topic(bakery), stream()).rivals}
    other = {one.name: one for one in context_of(topic(sky), stream()).rivals}

    assert named["Aurora"].n_named >= 4
    assert (other["Aurora"].n_named, other["Aurora"].doubtful) == (0, 6)


def test_who_joined_is_known_from_the_clusters_also_when_the_post_is_no_longer_remembered() -> None:
    watch = AccountWatch()
    watch.add(handle_hash("rivali"), AccountPost("r1", 60.0, 1, None, 4.0))
    watch.add(handle_hash("rivali"), AccountPost("r2", 90.0, 7, None, 4.0))
    found = context_of(topic(BREAD), stream(watch=watch))

    assert [(one.name, one.n_posts, one.post_ids) for one in found.rivals] == [("Biscotti Rivali", 1, ("r1",))]
    assert found.rivals[0].first_at == datetime.fromtimestamp(60.0, UTC)


def test_the_market_is_read_again_only_when_it_may_have_changed() -> None:
    fresh = reader_of((own_profile(),), VoicesSettings(recent_days=3, baseline_days=7))
    watch = AccountWatch()
    first = fresh.markets(watch, 10.0)

    assert [one.kind for one in first] == [MarketKind.NOT_KNOWN]
    assert (first[0].recent_days, first[0].baseline_days) == (3, 7)
    assert fresh.markets(watch, 86_399.0) == ()
    assert fresh.markets(watch, 86_401.0) != ()
    watch.add(handle_hash("rivali"), AccountPost("r1", 60.0, 1, None, 4.0))
    assert fresh.markets(watch, 86_402.0)[0].accounts[0].name == "Biscotti Rivali"


def test_the_voices_of_a_stream_are_its_remembered_authors_each_once() -> None:
    recent = RecentPosts(2)
    handles = {1: 30, 2: 10, 3: None}
    for arrival, author in enumerate((1, 2, 1, 3, None)):
        handle = None if author is None else handles[author]
        recent.append(make_trace(arrival, author=author, handle=handle), np.ones(2, np.float32))
    assert recent.voices().tolist() == [10, 30]

    recent.forget_author(1, 0.0)
    assert recent.voices().tolist() == [10]
