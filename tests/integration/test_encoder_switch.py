"""A stream read by two encoders in turn: recorded once, the same after any crash and in any cut; the flood itself."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event

import msgspec
import pytest

from configs.errors import ConfigError, StateMismatch
from configs.settings import EncoderSettings, IngestSettings, Settings
from ingest.streams import DEAD_LETTERS, ENRICHED, POSTS, open_stream
from ingest.streams.contract import Record
from ingest.wire import encode_post
from pipeline.brand.fit.concept_background import concept_background
from pipeline.enrich.encoders.student.paired_student import open_student
from pipeline.enrich.encoders.student.student_folder import read_manifest, write_manifest
from pipeline.enrich.firehose.switch import RESUMED, START, FirehoseSwitch
from pipeline.enrich.firehose.switching_intake import Reader, SwitchingIntake
from pipeline.enrich.intake import EnrichedIntake, Intake, RawIntake, RecordIntake
from pipeline.enrich.wire import decode_enriched, is_enriched
from pipeline.enrich.worker import EnrichWorker
from pipeline.evaluation.clustering.topics import evaluate_topics
from pipeline.store.contract import Store
from pipeline.store.database import DatabaseStore
from pipeline.topics.clustering import cluster_graph, tracker
from pipeline.track.worker import Tools
from pipeline.training.remembering_encoder import RememberingEncoder
from pipeline.wiring.enrich import build_student_enricher
from pipeline.wiring.models import Models, Student, load_live_models
from pipeline.wiring.track import build_topic_stage, build_worker, fresh_memory
from tests.conftest import FixedClock
from tests.demo_shard import (
    content,
    demo_posts,
    demo_records,
    differing,
    fill,
    loaded,
    opened,
    shard_settings,
    tools_of,
    working,
)
from tests.integration.tripwire import Boom, Tripwire, watched
from tests.store_dump import Dump, unlike
from tests.students import standby_student

pytestmark = pytest.mark.slow

BY_STUDENT = (3, 4, 5, 8)
"""Batches of the enrich worker that the student reads."""


@pytest.fixture(scope="module", autouse=True)
def _fine_grid() -> object:
    """Topics expire and merge within these few posts, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracker, "LINK_POSTS", tracker.BLOCK_POSTS)
        patch.setattr(cluster_graph, "NEIGHBOUR_Z", 5.0)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return standby_student(tmp_path_factory.mktemp("students") / "one")


@pytest.fixture(scope="module")
def models(folder: Path) -> Models:
    have = loaded().models
    student = open_student(EncoderSettings(static=str(folder)), have.encoder)
    assert student is not None
    return replace(have, student=Student(RememberingEncoder(student), concept_background(student)))


class ByTurns:
    """Batches by number to one of two readers: a switch without a flood."""

    def __init__(self, default: RecordIntake, student: RecordIntake) -> None:
        self._both = (default, student)
        self._number = 0

    def read(self, records: Sequence[Record]) -> Intake:
        self._number += 1
        return self._both[self._number - 1 in BY_STUDENT].read(records)


def student_intake(folder: Path, models: Models) -> RawIntake:
    enricher = build_student_enricher(Settings(encoder=EncoderSettings(static=str(folder), threads=1)), models)
    assert enricher is not None
    return RawIntake(enricher, POSTS)


@pytest.fixture(scope="module")
def enriched(folder: Path, models: Models, tmp_path_factory: pytest.TempPathFactory) -> tuple[Record, ...]:
    """What an enrich worker wrote that changed encoders twice there and back."""
    settings = shard_settings(tmp_path_factory.mktemp("enriched"))
    fill(settings, demo_records())
    worker = EnrichWorker(
        open_stream(settings, POSTS).reader("enrich"),
        open_stream(settings, ENRICHED).writer(),
        open_stream(settings, DEAD_LETTERS).writer(),
        ByTurns(RawIntake(loaded().enricher, POSTS), student_intake(folder, models)),
        settings.shard,
        settings.ingest.batch_posts,
        FixedClock(),
    )
    with closing(worker):
        while worker.step(timeout_s=0.0):
            pass
    with closing(open_stream(settings, ENRICHED).reader("look")) as reader:
        return reader.poll(10_000, timeout_s=0.0).records


def tracking(settings: Settings, models: Models, store: Store) -> Tools:
    """The tools of a ``track`` that knows the student."""
    assert models.student is not None
    encoder = models.encoder
    intake = EnrichedIntake(encoder.id, encoder.dimension, ENRICHED, models.student.encoder.id)
    tools = tools_of(settings, store, intake=intake, stream=ENRICHED)
    return replace(tools, fresh_memory=fresh_memory(settings, models))


def filled(folder: Path, enriched: Sequence[Record], batch_posts: int = 64) -> Settings:
    settings = msgspec.structs.replace(shard_settings(folder), ingest=IngestSettings(batch_posts=batch_posts))
    writer = open_stream(settings, ENRICHED).writer()
    with closing(writer):
        writer.append(enriched)  # type: ignore[arg-type] # a record has all an outgoing one has
    return settings


def to_end(settings: Settings, models: Models, store: DatabaseStore) -> list[Dump]:
    """The content before each batch and after the last."""
    contents = []
    with working(settings, tracking(settings, models, store)) as worker:
        ended = False
        while not ended:
            contents.append(content(store))
            ended = worker.step(timeout_s=0.0).ended
    return [*contents, content(store)]


@pytest.fixture(scope="module")
def untroubled(
    enriched: tuple[Record, ...], models: Models, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Dump, ...]:
    settings = filled(tmp_path_factory.mktemp("untroubled"), enriched)
    with opened(settings) as store:
        return tuple(to_end(settings, models, store))


def first_of_each_turn(enriched: Sequence[Record], models: Models) -> list[tuple[str, str]]:
    """(post id, encoder) of the posts with which the encoder changes, as the stream has them."""
    assert models.student is not None
    known = (models.encoder.id, models.student.encoder.id)
    turns: list[tuple[str, str]] = [("", models.encoder.id)]
    for record in enriched:
        if is_enriched(record):
            post, _, encoder_id = decode_enriched(record, known, models.encoder.dimension)
            if encoder_id != turns[-1][1]:
                turns.append((post.post.post_id, encoder_id))
    return turns[1:]


# --- the owner of the shard ---------------------------------------------------------


def test_every_change_is_recorded_where_it_happened(
    untroubled: tuple[Dump, ...], enriched: tuple[Record, ...], models: Models
) -> None:
    turns = first_of_each_turn(enriched, models)
    rows = sorted(untroubled[-1]["encoder_switches"])
    assert len(rows) == len(turns) == 4
    assert [row[4] for row in rows] == [encoder_id for _, encoder_id in turns]
    assert [row[3] for row in rows] == [models.encoder.id, *[row[4] for row in rows[:-1]]]
    assert {row[5:] for row in rows} == {("seen", "seen in the stream")}
    assert len({row[2] for row in rows}) == 4


def test_some_polls_hold_posts_of_both_encoders(enriched: tuple[Record, ...], models: Models) -> None:
    """Without this the tests here would prove less."""
    assert models.student is not None
    intake = EnrichedIntake(models.encoder.id, models.encoder.dimension, ENRICHED, models.student.encoder.id)
    inside = [mark for i in range(0, 640, 64) for mark in intake.read(enriched[i : i + 64]).marks if mark.after > 0]
    assert any(getattr(mark.what, "encoder_id", None) for mark in inside)


@pytest.mark.parametrize("batch_posts", [17, 200])
def test_the_cut_into_polls_is_of_no_consequence(
    batch_posts: int, untroubled: tuple[Dump, ...], enriched: tuple[Record, ...], models: Models, tmp_path: Path
) -> None:
    settings = filled(tmp_path, enriched, batch_posts)
    with opened(settings) as store:
        other = to_end(settings, models, store)[-1]
    assert unlike(other, untroubled[-1]) == []


def test_a_new_worker_for_every_batch_ends_where_one_does(
    untroubled: tuple[Dump, ...], enriched: tuple[Record, ...], models: Models, tmp_path: Path
) -> None:
    settings = filled(tmp_path, enriched)
    with opened(settings) as store:
        for expected in untroubled[1:]:
            with working(settings, tracking(settings, models, store)) as worker:
                worker.step(timeout_s=0.0)
            assert differing(content(store), expected) == []


def test_a_worker_that_dies_in_every_batch_records_each_change_once(
    untroubled: tuple[Dump, ...], enriched: tuple[Record, ...], models: Models, tmp_path: Path
) -> None:
    settings = filled(tmp_path, enriched)
    steps = ("follow", "tx.save_state", "tx.save_switches", "tx.enqueue", "commit")
    with opened(settings) as store:
        for batch, expected in enumerate(untroubled[1:]):
            wire = Tripwire(steps[batch % len(steps)])
            with (
                watched(wire, settings, store, tools=tracking(settings, models, store)) as tools,
                working(settings, tools) as worker,
            ):
                with pytest.raises(Boom):
                    worker.step(timeout_s=0.0)
                if wire.done[-1] != "commit":
                    worker.step(timeout_s=0.0)
            assert differing(content(store), expected) == [], (batch, wire.done[-1])


def test_an_owner_without_the_student_refuses_its_vectors(enriched: tuple[Record, ...], tmp_path: Path) -> None:
    settings = filled(tmp_path, enriched, 200)
    encoder = loaded().models.encoder
    intake = EnrichedIntake(encoder.id, encoder.dimension, ENRICHED)
    with (
        opened(settings) as store,
        working(settings, tools_of(settings, store, intake=intake, stream=ENRICHED)) as worker,
    ):
        with pytest.raises(StateMismatch, match=r"encoder\.static"):
            worker.run(Event())
        assert store.switches(settings.shard) == []


# --- the flood ----------------------------------------------------------------------


class Stepping:
    """A clock that moves on whenever it is read."""

    def __init__(self) -> None:
        self.step_s = 10.0
        self._clock = FixedClock()

    def __call__(self) -> object:
        self._clock.advance(self.step_s)
        return self._clock()


def test_a_flood_is_taken_over_and_handed_back(folder: Path, models: Models, tmp_path: Path) -> None:
    settings = shard_settings(tmp_path)
    posts = demo_posts()
    fill(settings, [encode_post(post) for post in posts[:520]])
    clock = Stepping()
    assert models.student is not None
    student = models.student.encoder
    with opened(settings) as store:
        tools = tools_of(settings, store)
        intake = SwitchingIntake(
            Reader(tools.intake, models.encoder.id),
            Reader(student_intake(folder, models), student.id),
            FirehoseSwitch(EncoderSettings()),
            tools.reader.lag,
            clock,  # type: ignore[arg-type] # gives datetimes
            START,
        )
        tools = replace(tools, intake=intake, fresh_memory=fresh_memory(settings, models))
        with working(settings, tools) as worker:
            while worker.step(timeout_s=0.0).n_records:  # 64 posts in 10 s, hundreds wait
                pass
            (entered,) = store.switches(settings.shard)
            assert (entered.from_encoder, entered.to_encoder) == (models.encoder.id, student.id)
            assert entered.code == "backlog"
            assert "posts wait" in entered.reason
            # the worker that comes next goes on with the student, whatever it finds
            stored = msgspec.structs.replace(settings, encoder=EncoderSettings(static=str(folder), threads=1))
            successor = build_worker(stored, models, (), store, enriched=False, enricher=loaded().enricher)
            with closing(successor):
                assert isinstance(successor._tools.intake, SwitchingIntake)
                assert successor._tools.intake._latest == RESUMED
            clock.step_s = 60.0
            for start in range(520, 600, 10):  # a few now and then
                fill(settings, [encode_post(post) for post in posts[start : start + 10]])
                while worker.step(timeout_s=0.0).n_records:
                    pass
        back, again = store.switches(settings.shard)
        assert again == entered
        assert (back.from_encoder, back.to_encoder, back.code) == (student.id, models.encoder.id, "calm")
        assert store.counts(settings.shard)["accepted"] == len({post.post_id for post in posts})


# --- what stands by -------------------------------------------------------------------


def test_nothing_changes_without_a_student_or_for_a_file(folder: Path) -> None:
    have = loaded().models
    assert open_student(EncoderSettings(), have.encoder) is None
    assert open_student(EncoderSettings(id="static", static=str(folder)), have.encoder) is None
    assert build_topic_stage(Settings(), have, ()).memory.tracker.views[1:] == []


def test_live_models_hold_the_student(folder: Path) -> None:
    models = load_live_models(Settings(encoder=EncoderSettings(static=str(folder), threads=1)))
    assert models.student is not None
    assert models.student.encoder.id == models.student.background.encoder_id == read_manifest(folder).encoder_id


@pytest.mark.parametrize("change", ["teacher", "files"])
def test_what_is_no_student_of_this_encoder_is_refused(change: str, folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    manifest = read_manifest(folder)
    wrong = {"teacher": {"teacher_id": "another"}, "files": {"encoder_id": "static:another"}}[change]
    write_manifest(tmp_path, msgspec.structs.replace(manifest, **wrong))
    with pytest.raises(ConfigError, match=r"encoder\.static .*trendsieve distill"):
        open_student(EncoderSettings(static=str(tmp_path)), loaded().models.encoder)


def test_turns_without_a_student_are_a_configuration_mistake(tmp_path: Path) -> None:
    file = tmp_path / "posts.jsonl"
    file.write_text('{"id": "1", "text": "pane", "label": "bread"}\n')
    with pytest.raises(ConfigError, match=r"encoder\.static is needed for --change-every"):
        evaluate_topics(file, Settings(encoder=EncoderSettings(threads=1)), None, 100)
