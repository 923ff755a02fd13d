"""A profile saved while a worker runs: judged by from the next tick on, on record, and the same after a crash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from configs.settings import Settings
from ingest.streams.contract import OutRecord
from pipeline.brand.profile.profile import BrandProfile
from pipeline.brand.profile.versions import save_version, take_up
from pipeline.store.contract import Store
from pipeline.store.database import DatabaseStore
from pipeline.track.worker import Tools, Worker
from pipeline.types import Verdict
from pipeline.wiring.track import build_live_judge
from tests.conftest import FixedClock
from tests.demo_shard import (
    NOW,
    content,
    demo_records,
    differing,
    fill,
    loaded,
    opened,
    shard_settings,
    tools_of,
    working,
)
from tests.store_dump import Dump

pytestmark = pytest.mark.slow

BAKERY = "forno-aurora"


def sharper() -> BrandProfile:
    """The bakery with other facets: nothing of what it was about is left."""
    (bakery,) = (profile for profile in loaded().profiles if profile.id == BAKERY)
    skin = next(profile for profile in loaded().profiles if profile.id == "lumen-skin")
    return msgspec.structs.replace(bakery, facets=skin.facets)


def live_tools(settings: Settings, store: Store) -> Tools:
    """Tools whose judge follows the store; every step asks for newer profiles."""
    models = loaded().models
    tools = replace(tools_of(settings, store), judges=build_live_judge(settings, models, loaded().profiles, store))
    tools.judges._watch._clock = EveryLook()  # type: ignore[attr-defined]  # the composition root's clock is the wall
    return tools


class EveryLook(FixedClock):
    """A clock so fast that no look is too soon."""

    def __init__(self) -> None:
        self._now = NOW

    def __call__(self):  # type: ignore[no-untyped-def]  # the clock of the base class
        self._now += timedelta(minutes=1)
        return self._now


def half_then(settings: Settings, store: Store, change: Callable[[], None], die_after: int | None = None) -> None:
    """Work through half of the stream, change a profile, work through the rest; dying in between, if asked."""
    n_steps = 0
    changed = False
    while True:
        with working(settings, live_tools(settings, store)) as worker:
            while True:
                result = worker.step(timeout_s=0.0)
                n_steps += 1
                if result.ended:
                    return
                if n_steps >= 5 and not changed:
                    change()
                    changed = True
                if die_after is not None and n_steps == die_after:
                    break  # a new process goes on from what is stored


def verdicts_of(store: DatabaseStore) -> dict[tuple[str, str], Verdict]:
    return {
        (verdict.brand_id, report.topic_id): verdict
        for report in store.reports()
        for verdict in store.verdicts(report.topic_id)
    }


def run(folder: Path, records: tuple[OutRecord, ...], name: str, die_after: int | None = None) -> tuple[Dump, dict]:  # type: ignore[type-arg]  # by brand and topic
    settings = shard_settings(folder, name)
    fill(settings, records)
    with opened(settings) as store:
        take_up(store, loaded().profiles, NOW)
        half_then(settings, store, lambda: save(store), die_after)
        return content(store), verdicts_of(store)


def save(store: Store) -> None:
    save_version(store, sharper(), "ada", "skin, not bread", NOW)


def test_a_saved_profile_is_judged_by_at_once_and_a_crash_changes_nothing(tmp_path: Path) -> None:
    records = demo_records()
    straight, verdicts = run(tmp_path, records, "straight")
    versions = {(brand, verdict.profile_version) for (brand, _), verdict in verdicts.items()}
    assert versions == {(BAKERY, 2), ("lumen-skin", 1), ("velo-brio", 1)}, "every verdict says by which version"
    names = {facet.name for facet in sharper().facets}
    told = [verdict.fit for (brand, _), verdict in verdicts.items() if brand == BAKERY and verdict.fit is not None]
    assert any(fit.facets for fit in told)
    assert {facet.name for fit in told for facet in fit.facets} <= names, "no verdict rests on the old facets"

    for die_after in (5, 6):  # before the change is seen, and right after the step that saw it
        again, _ = run(tmp_path, records, f"dies-{die_after}", die_after)
        assert not differing(straight, again), die_after


def test_without_a_change_nothing_is_read_again(tmp_path: Path) -> None:
    settings = shard_settings(tmp_path, "calm")
    fill(settings, demo_records())
    with opened(settings) as store:
        take_up(store, loaded().profiles, NOW)
        with working(settings, live_tools(settings, store)) as worker:
            _steps(worker, 6)
            assert worker._stage is not None
            before = worker._stage
            _steps(worker, 1)
            assert worker._stage is before
            save(store)
            _steps(worker, 1)
            assert worker._stage is not before


def _steps(worker: Worker, n: int) -> None:
    for _ in range(n):
        worker.step(timeout_s=0.0)
