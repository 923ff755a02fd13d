"""The command runner: whatever a command does, the board gets a typed result and a line to act on."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import ui.commands
from tests.waiting import wait_until_gone
from ui.commands import CommandResult, run_command

ECHO = """
import json, os, sys
print(json.dumps({"words": sys.argv[1:], "stdin": sys.stdin.read(), "store": os.environ.get("TRENDSIEVE_STORE__URL")}))
"""


def instead(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Let the runner start ``program`` instead of ``trendsieve``."""
    monkeypatch.setattr(ui.commands, "COMMAND", (sys.executable, "-c", program))


def test_words_text_store_and_settings_reach_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    instead(monkeypatch, ECHO)
    said = run_command(
        ["profile", "check", "-"], "perché è così 🥐", store_url="sqlite:///x.db", settings_path=Path("my.toml")
    )
    assert said.done
    assert json.loads(said.output) == {
        "words": ["profile", "--config", "my.toml", "check", "-"],
        "stdin": "perché è così 🥐",
        "store": "sqlite:///x.db",
    }, "the address of the store is in the environment, where only this user can read it"


def test_without_a_store_the_environment_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    instead(monkeypatch, ECHO)
    monkeypatch.setenv("TRENDSIEVE_STORE__URL", "sqlite:///outer.db")
    assert json.loads(run_command(["board"]).output)["store"] == "sqlite:///outer.db"
    assert json.loads(run_command(["board"]).output)["stdin"] == ""


@pytest.mark.parametrize(("code", "outcome"), [(0, "done"), (1, "failed"), (2, "refused"), (130, "failed")])
def test_the_exit_code_is_the_outcome(monkeypatch: pytest.MonkeyPatch, code: int, outcome: str) -> None:
    instead(monkeypatch, f"import sys; sys.stderr.write('noise\\ntrendsieve: what to do\\n\\n'); sys.exit({code})")
    assert run_command(["x"]) == CommandResult(outcome, "", "what to do")  # type: ignore[arg-type]  # a parameter is str


def test_a_real_mistake_comes_back_as_the_line_the_terminal_would_show() -> None:
    said = run_command(["assess", "posts.jsonl", "--brand", "none.toml", "--out", "x.jsonl"])
    assert said.outcome == "refused"
    assert "posts.jsonl" in said.message or "none.toml" in said.message


def test_a_slow_command_is_ended_with_everything_it_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    child = tmp_path / "child"
    instead(
        monkeypatch,
        "import signal, subprocess, sys, pathlib\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.alarm(60); signal.pause()'])\n"
        f"pathlib.Path({str(child)!r}).write_text(str(child.pid))\n"
        "signal.pause()\n",
    )
    said = run_command(["draft"], timeout_s=3.0)
    assert said.outcome == "late"
    assert "'draft' was stopped after 3 s" in said.message
    wait_until_gone(int(child.read_text()))


def test_a_full_house_waits_and_then_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    instead(monkeypatch, ECHO)
    for _ in range(ui.commands.AT_ONCE):
        assert ui.commands._running.acquire(blocking=False)
    try:
        assert run_command(["backtest"], timeout_s=0.05).outcome == "late"
    finally:
        for _ in range(ui.commands.AT_ONCE):
            ui.commands._running.release()
    assert run_command(["backtest"]).done
