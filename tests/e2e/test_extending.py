"""The code of ``docs/extending.md`` is taken from the page, put in place and run."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType, ModuleType

import pytest

from configs.errors import ConfigError, StateMismatch
from configs.settings import load_settings
from ingest import sources
from ingest.position import START, Position
from ingest.sources import build_source
from ingest.sources.jsonl.source import JsonlSource
from pipeline.signals import polarization
from pipeline.wiring import track as wiring
from pipeline.wiring.enrich import build_enricher
from pipeline.wiring.models import load_models
from tests.conftest import ROOT
from tests.e2e.processes import write_posts

PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
NOW = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
FILES = dict(re.findall(r"`([\w/]+\.py)`:\n\n```python\n(.*?)```", PAGE, re.DOTALL))
LINES = re.findall(r'after `([^`]+)`:\n\n```python\n("(\w+)": (.+),)\n```', PAGE)


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


def entry(key: str) -> object:
    """What the page's line puts into the table."""
    (line,) = [line for line in LINES if line[2] == key]
    names: dict[str, object] = {}
    exec(line[0], names)
    return eval(line[3], names)


def test_the_page_names_two_files_and_two_lines() -> None:
    assert list(FILES) == ["ingest/sources/plain_lines.py", "pipeline/signals/polarization/shouting.py"]
    assert [line[2] for line in LINES] == ["plain_lines", "shouting"]


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
