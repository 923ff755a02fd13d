"""Starts ``trendsieve`` processes whose model is in memory already: ``python -m tests.e2e.warm``.

Loading and embedding the bundled texts costs most of a start, and a kill test starts dozens of
processes. This one does it once; every order on standard input forks it into a process that
runs the ordinary command line. Only the encoder remembers its answers of the warm-up, text for
text and call for call: it is a pure function, so nothing but the time changes.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from pipeline.enrich.encoders.encoder import Encoder, open_encoder
from pipeline.types import FloatArray


class Remembering:
    """An encoder that answers the calls of the warm-up from memory."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[tuple[str, ...], FloatArray] = {}
        self.learning = True

    @property
    def id(self) -> str:
        return self._encoder.id

    @property
    def dimension(self) -> int:
        return self._encoder.dimension

    def encode(self, texts: Sequence[str]) -> FloatArray:
        known = self._known.get(tuple(texts))
        if known is None:
            known = self._encoder.encode(texts)
            if self.learning:
                self._known[tuple(texts)] = known
        return known.copy()


def warm_up() -> None:
    """Load everything that a process which tracks topics loads, and make ``wiring`` use it."""
    from configs.loading import load_settings
    from configs.settings import CONFIGS_DIR
    from pipeline import cli
    from pipeline.brand.profile.profile import load_profiles
    from pipeline.wiring import enrich, track
    from pipeline.wiring import models as loading

    settings = load_settings(None, os.environ)
    encoder = Remembering(open_encoder(settings.encoder))
    vars(loading)["open_encoder"] = lambda _settings: encoder
    models = loading.load_models(settings)
    enrich.build_enricher(settings, models).enrich([])
    profiles = load_profiles(("brands/*.toml",), CONFIGS_DIR)
    for brands in (profiles, profiles[:1], profiles[1:2]):
        track.build_topic_stage(settings, models, brands)
    encoder.learning = False
    cli.build_parser()


def become(order: dict[str, Any]) -> None:
    """Run one command line in this fork; never returns."""
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, path in enumerate(order["streams"]):
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            os.dup2(handle, number)
            os.close(handle)
        os.environ.update(order["environ"])
        os.chdir(order["folder"])
        from pipeline.cli import main

        code = main(order["words"])
    except SystemExit as leave:
        code = leave.code if isinstance(leave.code, int) else 1
    except BaseException:  # noqa: BLE001 - the outermost loop of this process: what Python itself would print
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def poll(order: dict[str, Any]) -> int | None:
    """Exit code of a child, minus the signal that killed it; ``None`` while it runs."""
    pid, status = os.waitpid(order["pid"], os.WNOHANG)
    return None if pid == 0 else os.waitstatus_to_exitcode(status)


def start(order: dict[str, Any]) -> int:
    """Fork a command; its process id."""
    pid = os.fork()
    if pid == 0:
        become(order)
    return pid


ORDERS: dict[str, Callable[[dict[str, Any]], int | None]] = {"start": start, "poll": poll}


def main() -> None:
    """Take orders, one JSON object a line, until standard input ends."""
    warm_up()
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    answers.write("ready\n")
    while line := sys.stdin.readline():
        order = json.loads(line)
        answers.write(json.dumps(ORDERS[order["do"]](order)) + "\n")


if __name__ == "__main__":
    main()
