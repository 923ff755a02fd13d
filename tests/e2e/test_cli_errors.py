"""Whatever is wrong with the words, a file or a setting: exit 2 and one line that says what to do."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ingest.sources import SOURCES
from pipeline.cli import COMMANDS
from tests.e2e.processes import BAKERY, Finished, Launcher, cold, write_posts

GOOD_BRAND = 'id = "b"\nname = "B"\n[[facets]]\ntext = "pane"\n'
ASSESS = "assess posts.jsonl --brand good.toml --out out.jsonl"


@dataclass(frozen=True)
class Wrong:
    """Words, files beside them, environment, and what the one line must name."""

    words: str
    names: tuple[str, ...]
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)


def brand(text: str | bytes, *names: str) -> Wrong:
    words = "assess posts.jsonl --brand bad.toml --out out.jsonl"
    return Wrong(words, ("bad.toml", *names), {"bad.toml": text})


def config(text: str, *names: str) -> Wrong:
    return Wrong(f"{ASSESS} --config bad.toml", ("bad.toml", *names), {"bad.toml": text})


def store(url: str, *names: str, command: str = "run --file posts.jsonl --brand good.toml --until-end") -> Wrong:
    return Wrong(command, ("store.url", *names), environ={"TRENDSIEVE_STORE__URL": url})


WRONG = {
    "no command": Wrong("", ("COMMAND", "--help")),
    "unknown command": Wrong("asess posts.jsonl", ("asess", "assess", "--help")),
    "unknown flag": Wrong(f"{ASSESS} --colour red", ("--colour", "--help")),
    "abbreviated flag": Wrong(f"{ASSESS} --gran fine", ("--gran", "--help")),
    "no brand": Wrong("assess posts.jsonl --out out.jsonl", ("--brand",)),
    "no out": Wrong("assess posts.jsonl --brand good.toml", ("--out",)),
    "granularity": Wrong(f"{ASSESS} --granularity huge", ("--granularity", "huge", "coarse", "normal", "fine")),
    "posts missing": Wrong("assess nope.jsonl --brand good.toml --out out.jsonl", ("nope.jsonl", "No such file")),
    "posts a folder": Wrong("assess folder --brand good.toml --out out.jsonl", ("folder", "not a regular file")),
    "brand missing": Wrong("assess posts.jsonl --brand nope.toml --out out.jsonl", ("nope.toml", "cannot be read")),
    "brand a folder": Wrong("assess posts.jsonl --brand folder --out out.jsonl", ("folder", "cannot be read")),
    "brand not TOML": brand("id = ", "valid TOML"),
    "brand not UTF-8": brand(b'id = "caf\xe9"', "UTF-8"),
    "brand unknown key": brand(GOOD_BRAND.replace("name", "nome"), "nome"),
    "brand unknown facet key": brand(GOOD_BRAND + "wieght = 2\n", "facets", "wieght"),
    "brand without facets": brand('id = "b"\nname = "B"\n', "facets"),
    "brand with no facet": brand('id = "b"\nname = "B"\nfacets = []\n', "facets"),
    "brand with an empty facet": brand(GOOD_BRAND.replace("pane", " "), "facets[0].text"),
    "brand with a wrong type": brand(GOOD_BRAND.replace('"B"', "3"), "name", "str"),
    "brand with a bad id": brand(GOOD_BRAND.replace('"b"', '"B b"'), "id"),
    "brand id twice": Wrong(f"{ASSESS} --brand twin.toml", ("id", "'b'", "own id"), {"twin.toml": GOOD_BRAND}),
    "config missing": Wrong(f"{ASSESS} --config nope.toml", ("nope.toml", "cannot be read")),
    "config unknown key": config("[topics]\nhalf_live_s = 3\n", "topics", "half_live_s"),
    "config unknown section": config("[topic]\n", "topic"),
    "config wrong type": config('[topics]\nmax_live = "many"\n', "topics.max_live"),
    "config not TOML": config("[topics\n", "TOML"),
    "environment wrong type": Wrong(
        ASSESS, ("TRENDSIEVE_TOPICS__MAX_LIVE",), environ={"TRENDSIEVE_TOPICS__MAX_LIVE": "many"}
    ),
    "out in no folder": Wrong("assess posts.jsonl --brand good.toml --out nope/out.jsonl", ("nope/out.jsonl",)),
    "out a folder": Wrong("assess posts.jsonl --brand good.toml --out folder", ("folder", "cannot be written")),
    "out is the input": Wrong("assess posts.jsonl --brand good.toml --out posts.jsonl", ("posts.jsonl", "--out")),
    "assignments are out": Wrong(f"{ASSESS} --assignments out.jsonl", ("out.jsonl", "--assignments")),
    "assignments a folder": Wrong(f"{ASSESS} --assignments folder", ("folder", "cannot be written")),
    "assignments are the brand": Wrong(f"{ASSESS} --assignments good.toml", ("good.toml", "--assignments")),
    "source unknown": Wrong("collect --source pigeon", ("source.kind", "pigeon", ", ".join(sorted(SOURCES)))),
    "source unknown in run": Wrong("run --source pigeon --brand good.toml", ("source.kind", "pigeon")),
    "source without a file": Wrong("run --brand good.toml", ("source.path",)),
    "run without its file": Wrong("run --file nope.jsonl --brand good.toml", ("nope.jsonl",)),
    "collect without its file": Wrong("collect --file nope.jsonl", ("nope.jsonl",)),
    "stream not a stream": Wrong(
        "collect --file posts.jsonl", ("var/stream.sqlite", "stream.path"), {"var/stream.sqlite": "x" * 9000}
    ),
    "stream a folder": Wrong(
        "collect --file posts.jsonl", ("folder", "stream.path"), environ={"TRENDSIEVE_STREAM__PATH": "folder"}
    ),
    "store no URL": store("nonsense"),
    "store unknown database": store("mysql://hush:hush@localhost/x", "mysql"),
    "store bad port": store("postgresql://localhost:port/x"),
    "store no database": store("sqlite:///posts.jsonl"),
    "store in a file": store("sqlite:///posts.jsonl/store.db"),
    "store of the board": store("nonsense", command="board --port 0"),
    "store of alerts": Wrong(
        "alert --until-empty",
        ("store.url",),
        environ={"TRENDSIEVE_STORE__URL": "nonsense", "TRENDSIEVE_ALERTS__SLACK_WEBHOOK_URL": "http://127.0.0.1:9/x"},
    ),
    "alert without a webhook": Wrong("alert", ("TRENDSIEVE_ALERTS__SLACK_WEBHOOK_URL",)),
    "board port": Wrong("board --port 70000", ("--port", "70000")),
    "demo port": Wrong("demo --port 70000 --folder demo", ("--port", "70000")),
    "demo speed": Wrong("demo --speed 0 --folder demo", ("--speed",)),
    "demo folder a file": Wrong("demo --once --folder posts.jsonl", ("posts.jsonl",)),
    "replay missing": Wrong("replay nope.jsonl", ("nope.jsonl",)),
    "replay speed": Wrong("replay posts.jsonl --speed 0", ("--speed",)),
    "replay speed no number": Wrong("replay posts.jsonl --speed fast", ("--speed", "fast")),
    "eval missing": Wrong("eval topics nope.jsonl", ("nope.jsonl",)),
    "eval nothing": Wrong("eval", ("WHAT",)),
    "bench none": Wrong("bench --posts 0", ("--posts",)),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    (tmp_path / "good.toml").write_text(GOOD_BRAND)
    write_posts(tmp_path / "posts.jsonl", [{"text": "pane"}])
    return tmp_path


def assert_one_line(done: Finished, *names: str) -> None:
    assert done.code == 2, done
    assert done.out == ""
    assert done.err.startswith("trendsieve: "), done.err
    assert done.err.count("\n") == 1, done.err
    assert done.err.endswith("\n")
    for name in names:
        assert name in done.err
    assert "hush" not in done.err, "a password is shown"


@pytest.mark.slow
@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_wrong_words_files_and_settings_are_one_line(launcher: Launcher, folder: Path, case: Wrong) -> None:
    for name, content in case.files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    before = (folder / "posts.jsonl").read_bytes()
    assert_one_line(launcher.run(*case.words.split(), folder=folder, environ=case.environ, timeout_s=60), *case.names)
    assert (folder / "posts.jsonl").read_bytes() == before
    assert (folder / "good.toml").read_text() == GOOD_BRAND


@pytest.mark.slow
@pytest.mark.parametrize("model", ["no-such/model", "nowhere", "../nowhere", "two words/and/slashes", "folder"])
def test_an_encoder_that_is_not_here_is_one_line_and_no_download(folder: Path, model: str) -> None:
    environ = {
        "TRENDSIEVE_ENCODER__ID": model,
        "HF_HOME": str(folder / "hub"),
        "https_proxy": "http://127.0.0.1:9",  # whoever tries the network is refused, and would retry
        "http_proxy": "http://127.0.0.1:9",
    }
    started = time.monotonic()
    done = cold(*ASSESS.split(), folder=folder, environ=environ)
    assert_one_line(done, "encoder.id", model, "use-multilingual")
    assert time.monotonic() - started < 90, "it waited for somebody"


@pytest.mark.slow
def test_a_failed_start_leaves_the_old_results_alone(launcher: Launcher, folder: Path) -> None:
    (folder / "out.jsonl").write_text("precious\n")
    assert_one_line(launcher.run(*ASSESS.split(), "--config", "nope.toml", folder=folder))
    assert_one_line(launcher.run(*ASSESS.replace("posts.jsonl", "nope.jsonl").split(), folder=folder))
    assert (folder / "out.jsonl").read_text() == "precious\n"


@pytest.mark.slow
def test_a_newer_database_is_refused(launcher: Launcher, folder: Path) -> None:
    with closing(sqlite3.connect(folder / "newer.db")) as connection:
        connection.execute("CREATE TABLE schema_version (version INTEGER PRIMARY KEY)")
        connection.execute("INSERT INTO schema_version VALUES (999)")
        connection.commit()
    url = "sqlite:///newer.db"
    words = ["run", "--file", "posts.jsonl", "--brand", "good.toml", "--until-end"]
    assert_one_line(launcher.run(*words, folder=folder, environ={"TRENDSIEVE_STORE__URL": url}), "999", "upgrade")


@pytest.mark.slow
def test_the_installed_command_is_this_one(folder: Path) -> None:
    assert_one_line(cold("assess", "nope.jsonl", "--brand", BAKERY, "--out", "o", folder=folder), "nope.jsonl")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["", *COMMANDS, "eval topics"])
def test_help_says_what_a_command_does_and_what_every_flag_means(
    launcher: Launcher, folder: Path, command: str
) -> None:
    done = launcher.run(*command.split(), "--help", folder=folder, environ={"COLUMNS": "100"})
    assert (done.code, done.err) == (0, "")
    usage, description, *sections = done.out.split("\n\n")
    assert usage.startswith(f"usage: trendsieve {command}".rstrip())
    assert len(description.split()) >= 3, f"{command} does not say what it does"
    assert description.strip().endswith(".")
    entries = re.findall(r"^  (?! )(.+(?:\n {4,}.*)*)", "\n".join(sections), re.MULTILINE)
    assert entries
    for entry in entries:
        if entry.strip() in ("COMMAND", "WHAT"):
            continue
        name, _, text = re.sub(r"\n +", "  ", entry).partition("  ")
        assert len(text.split()) >= 2, f"{command}: {name} has no help"
