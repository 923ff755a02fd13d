"""The code of ``docs/extending.md`` is taken from the page, put in place and run."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import httpx
import msgspec
import pytest

import configs.settings
from configs.errors import ConfigError, SinkRefused, SinkUnavailable, StateMismatch
from configs.loading import load_settings
from configs.settings import EncoderSettings, Secret
from ingest import sources
from ingest.position import START, Position
from ingest.sources import build_source
from ingest.sources.jsonl.source import JsonlSource
from pipeline.alerts import sinks
from pipeline.alerts.sinks.contract import Sink
from pipeline.enrich.encoders.encoder import open_encoder
from pipeline.enrich.hazards.heads import POST_THRESHOLD, open_hazards
from pipeline.enrich.hazards.seeds import load_seeds
from pipeline.i18n.numbers import Locale
from pipeline.i18n.texts import Texts, load_texts
from pipeline.signals import polarization
from pipeline.store.records import BoardRow, StoredBrand
from pipeline.wiring import track as wiring
from pipeline.wiring.enrich import build_enricher
from pipeline.wiring.models import load_models
from tests.conftest import ROOT
from tests.e2e.processes import write_posts
from tests.samples import NOW, make_alert, make_report, make_verdict
from ui.board import markup as board_markup
from ui.board.view_model import BoardData, board_view
from ui.query import BoardQuery

PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"`([\w/]+\.py)`:\n\n```python\n(.*?)```", PAGE, re.DOTALL))
LINES = re.findall(r'after `([^`]+)`:\n\n```python\n("(\w+)": (.+),)\n```', PAGE)
HAZARD = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
CELLS = re.findall(r"above the table of columns:\n\n```python\n(.*?)```", PAGE, re.DOTALL)
COLUMN = re.findall(r'The line in `COLUMNS` \([^)]*\):\n\n```python\n"(\w+)": (\w+),\n```', PAGE)
SETTING = re.findall(r"```python\n(json_hook_url: .*)\n```", PAGE)


@pytest.fixture
def modules(tmp_path: Path) -> Iterator[dict[str, ModuleType]]:
    """The page's files as modules of the packages they belong to; gone after the test."""
    loaded: dict[str, ModuleType] = {}
    for path, code in FILES.items():
        name = path.removesuffix(".py").replace("/", ".")
        file = tmp_path / Path(path).name
        file.write_text(code, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        setattr(sys.modules[name.rpartition(".")[0]], name.rpartition(".")[2], module)
        spec.loader.exec_module(module)
        loaded[name] = module
    yield loaded
    for name in loaded:
        del sys.modules[name]
        delattr(sys.modules[name.rpartition(".")[0]], name.rpartition(".")[2])


def entry(key: str, known: Mapping[str, object] = MappingProxyType({})) -> Any:
    """What the page's line puts into the table; ``known``: names the table's module has."""
    (line,) = [line for line in LINES if line[2] == key]
    names: dict[str, object] = dict(known)
    exec(line[0], names)
    return eval(line[3], names)


def test_the_page_names_its_files_and_lines() -> None:
    assert list(FILES) == [
        "ingest/sources/plain_lines.py",
        "pipeline/alerts/sinks/json_hook.py",
        "pipeline/signals/polarization/shouting.py",
    ]
    assert [line[2] for line in LINES] == ["plain_lines", "json_hook", "shouting"]
    assert [len(found) for found in (HAZARD, CELLS, COLUMN, SETTING)] == [1, 1, 1, 1]


def test_the_source_of_the_page_keeps_the_contract(
    modules: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert modules
    monkeypatch.setitem(sources.SOURCES, "plain_lines", entry("plain_lines"))
    path = tmp_path / "posts.txt"
    path.write_bytes(b"".join(b"line %d\n" % n if n != 7 else b"caf\xe9\n" for n in range(23)))
    environ = {
        "TRENDSIEVE_SOURCE__KIND": "plain_lines",
        "TRENDSIEVE_SOURCE__PATH": str(path),
        "TRENDSIEVE_INGEST__BATCH_POSTS": "4",
    }
    source = build_source(load_settings(environ=environ), lambda: NOW)
    batches = list(source.fetch(START))
    texts = [post.text for batch in batches for post in batch.posts]
    assert texts == [f"line {n}" for n in range(23) if n != 7]
    assert [letter.locator for batch in batches for letter in batch.dead_letters] == ["posts.txt:8"]
    assert [batch.end for batch in batches] == [False] * (len(batches) - 1) + [True]
    for index, batch in enumerate(batches[:-1]):
        assert list(source.fetch(batch.position)) == batches[index + 1 :]
    assert [batch.posts for batch in source.fetch(batches[-1].position)] == [()]
    with pytest.raises(ConfigError):
        build_source(load_settings(environ={**environ, "TRENDSIEVE_SOURCE__KIND": "other"}), lambda: NOW)
    with pytest.raises(StateMismatch):
        next(source.fetch(Position("made by something else")))


def test_the_sink_of_the_page_keeps_the_contract(
    modules: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert modules
    kind: sinks.SinkKind = entry("json_hook", {"SinkKind": sinks.SinkKind})
    monkeypatch.setattr(sinks, "SINKS", MappingProxyType({**sinks.SINKS, "json_hook": kind}))
    fields = {**vars(configs.settings), "annotations": None}
    exec("class Extended(AlertSettings, frozen=True):\n    " + SETTING[0], fields)
    answers = {"/taken": 200, "/busy": 503, "/gone": 410}
    taken: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        taken.append(request.content)
        return httpx.Response(answers[request.url.path])

    def sink_at(path: str) -> Sink:
        alerts = fields["Extended"](json_hook_url=Secret("https://team.example" + path))
        assert sinks.chosen_sink(alerts) == "json_hook"
        settings = msgspec.structs.replace(load_settings(environ={}), alerts=alerts)
        return kind.build(settings, {}, httpx.Client(transport=httpx.MockTransport(answer)))

    sink_at("/taken").send(make_alert())
    assert b"warm bread" in taken[0]
    with pytest.raises(SinkUnavailable):
        sink_at("/busy").send(make_alert())
    with pytest.raises(SinkRefused) as raised:
        sink_at("/gone").send(make_alert())
    assert "team.example" not in str(raised.value)


@pytest.mark.slow
def test_the_hazard_of_the_page_is_heard_and_leaves_everyday_posts_alone(tmp_path: Path) -> None:
    shipped = (configs.settings.CONFIGS_DIR / "hazards.toml").read_text(encoding="utf-8")
    head, traps, rest = shipped.partition("\n[traps]")
    (tmp_path / "hazards.toml").write_text(head + "\n" + HAZARD[0] + traps + rest, encoding="utf-8")
    seeds = load_seeds(tmp_path / "hazards.toml")
    encoder = open_encoder(EncoderSettings(threads=1))
    model = open_hazards(seeds, encoder)
    texts = ["Counterfeit trainers again, what a scam", "Scarpe contraffatte al mercato", "Breakfast in the garden"]
    column = model.score(encoder.encode(texts), texts)[:, model.names.index("counterfeit")]
    assert (column[:2] >= POST_THRESHOLD).all()
    assert column[2] < POST_THRESHOLD / 2


def test_the_column_of_the_page_stands_on_the_board(monkeypatch: pytest.MonkeyPatch) -> None:
    ((name, function),) = COLUMN
    names = dict(vars(board_markup))
    exec(CELLS[0], names)
    monkeypatch.setattr(board_markup, "COLUMNS", MappingProxyType({**board_markup.COLUMNS, name: names[function]}))
    texts = Texts("en", {**load_texts("en")._table, f"column.{name}": "Languages"})
    row = BoardRow(make_report("t1", languages=(("it", 3), ("en", 1))), make_verdict(topic_id="t1"), 1, None)
    brands = (StoredBrand("forno-aurora", "Forno Aurora", ""),)
    data = BoardData(brands=brands, brand_id="forno-aurora", rows=(row,), as_of=NOW, written_at=NOW)
    page = str(board_markup.table_markup(board_view(data, BoardQuery(), Locale(texts), NOW), texts))
    assert "Languages</th>" in page
    assert re.search(r'<td class="ts-col-languages"><span>IT · EN</span></td>', page)


@pytest.mark.slow
def test_the_measure_of_the_page_shows_up_in_reports(
    modules: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert modules
    table = MappingProxyType({**polarization.MEASURES, "shouting": entry("shouting")})
    monkeypatch.setattr(wiring, "MEASURES", table)
    from pipeline.track.assess import Assessor

    words = ["bread", "butter", "oven", "flour", "crust", "loaf", "dough", "salt"]
    posts = [
        {
            "id": f"p{n}",
            "author": f"a{n}",
            "text": f"FRESH BREAD NOW {words[n % 8].upper()} {n}!!"
            if n % 2
            else f"fresh bread with {words[n % 8]} {n}",
        }
        for n in range(40)
    ]
    source = JsonlSource(write_posts(tmp_path / "posts.jsonl", posts), lambda: NOW)
    settings = load_settings(environ={"TRENDSIEVE_ENCODER__THREADS": "1", "TRENDSIEVE_REPORT__MIN_POSTS": "1"})
    models = load_models(settings)
    assessor = Assessor(build_enricher(settings, models), wiring.build_topic_stage(settings, models, ()))
    result = assessor.run(source, lambda _n, _letters: None)
    big = [report for report in result.reports if report.n_posts - report.n_copies >= 12]
    assert big, "forty posts about bread make a topic"
    for report in big:
        score = dict(report.measures)["shouting"]
        assert score.method == "shouting-share/1"
        assert 0 <= score.low <= score.value <= score.high <= 1
    small = [report for report in result.reports if report.n_posts < 10]
    assert all("shouting" not in dict(report.measures) for report in small)
