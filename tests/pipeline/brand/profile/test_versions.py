"""Which version of a profile is in force: files and saved versions never undo each other by accident."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import ConfigError, InputError
from pipeline.brand.profile.profile import BrandProfile, Facet
from pipeline.brand.profile.toml import profile_toml
from pipeline.brand.profile.versions import (
    FILE_AUTHOR,
    LOOK_EVERY,
    NumberedProfile,
    ProfileWatch,
    brings_news,
    find_version,
    in_force,
    roll_back,
    save_version,
    take_up,
)
from pipeline.store.database import DatabaseStore, open_store
from pipeline.store.records import ProfileVersion
from pipeline.track.brand_judge import BrandJudge
from pipeline.track.profile_reload import LiveJudge
from tests.conftest import FixedClock

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def bakery(essence: str) -> BrandProfile:
    return BrandProfile(id="b", name="B", facets=(Facet(text="bread"),), essence=essence)


def version(number: int, essence: str, author: str = "ada") -> ProfileVersion:
    return ProfileVersion("b", number, NOW, author, "", profile_toml(bakery(essence)))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DatabaseStore]:
    store = open_store(f"sqlite:///{tmp_path}/store.db", FixedClock())
    yield store
    store.close()


def history(store: DatabaseStore) -> list[tuple[int, str, str]]:
    """Number, author and note, oldest first."""
    return [(v.version, v.author, v.note) for v in reversed(store.profile_versions("b"))]


@pytest.mark.parametrize(
    ("file", "versions", "news"),
    [
        ("one", [], True),
        ("one", [version(1, "one", FILE_AUTHOR)], False),
        ("two", [version(1, "one", FILE_AUTHOR)], True),
        ("one", [version(2, "studio"), version(1, "one", FILE_AUTHOR)], False),
        ("two", [version(2, "studio"), version(1, "one", FILE_AUTHOR)], True),
        # the export of version 2 was put in the file's place, and rolled back in the studio afterwards
        ("studio", [version(3, "one"), version(2, "studio"), version(1, "one", FILE_AUTHOR)], False),
        # the file went back to what it once was: that is new since it was read last
        ("one", [version(2, "two", FILE_AUTHOR), version(1, "one", FILE_AUTHOR)], True),
    ],
)
def test_when_a_brand_file_brings_news(file: str, versions: Sequence[ProfileVersion], news: bool) -> None:
    assert brings_news(bakery(file), versions) is news


@given(st.lists(st.tuples(st.sampled_from(["file", "studio"]), st.sampled_from("abc")), max_size=8))
def test_starting_again_with_the_same_file_changes_nothing(steps: list[tuple[str, str]]) -> None:
    """Whatever was loaded and saved before: a second start with the same file leaves everything as the first did."""
    versions: list[ProfileVersion] = []

    def record(author: str, essence: str) -> None:
        if not versions or versions[0].toml != profile_toml(bakery(essence)):
            versions.insert(0, version(len(versions) + 1, essence, author))

    for where, essence in steps:
        if where == "studio":
            record("ada", essence)
        elif brings_news(bakery(essence), versions):
            record(FILE_AUTHOR, essence)
        if where == "file":
            assert not brings_news(bakery(essence), versions)


def test_a_file_becomes_a_version_once_and_what_was_saved_since_stays_in_force(store: DatabaseStore) -> None:
    (first,) = take_up(store, [bakery("one")], NOW)
    assert first == NumberedProfile(bakery("one"), 1)
    assert take_up(store, [bakery("one")], NOW) == (first,)
    assert history(store) == [(1, FILE_AUTHOR, "")]

    assert save_version(store, bakery("studio"), " ada ", " sharper ", NOW) == 2
    assert take_up(store, [bakery("one")], NOW) == (NumberedProfile(bakery("studio"), 2),)
    assert history(store)[-1] == (2, "ada", "sharper")

    assert take_up(store, [bakery("new file")], NOW) == (NumberedProfile(bakery("new file"), 3),)
    assert [brand.toml for brand in store.brands()] == [profile_toml(bakery("new file"))]


def test_the_board_knows_a_saved_profile_at_once(store: DatabaseStore) -> None:
    save_version(store, msgspec.structs.replace(bakery("one"), name="Bread & Co"), "ada", "", NOW)
    assert [brand.name for brand in store.brands()] == ["Bread & Co"]


def test_saving_the_same_again_adds_no_version(store: DatabaseStore) -> None:
    assert [save_version(store, bakery("one"), who, "", NOW) for who in ("ada", "tom")] == [1, 1]


def test_an_old_version_comes_back_as_a_new_one(store: DatabaseStore) -> None:
    for essence in ("one", "two"):
        save_version(store, bakery(essence), "ada", "", NOW)
    assert roll_back(store, "b", 1, "tom", "too broad", NOW) == 3
    assert in_force(store, [bakery("file")]) == (NumberedProfile(bakery("one"), 3),)
    assert history(store)[-1] == (3, "tom", "back to version 1. too broad")
    assert len(history(store)) == 3, "nothing is ever taken out of a history"


def test_versions_that_are_not_there_are_named(store: DatabaseStore) -> None:
    with pytest.raises(InputError, match="has no version of it; save one"):
        find_version(store, "b")
    save_version(store, bakery("one"), "ada", "", NOW)
    with pytest.raises(InputError, match="has no version 7; its versions are 1 to 1"):
        roll_back(store, "b", 7, "ada", "", NOW)
    assert find_version(store, "b").version == 1


def test_a_version_of_a_newer_release_is_passed_over(store: DatabaseStore) -> None:
    save_version(store, bakery("one"), "ada", "", NOW)
    with store.transaction() as tx:
        tx.save_profile_version("b", profile_toml(bakery("two")) + "[mood]\ncolour = 1\n", "ada", "", NOW)
    assert in_force(store, [bakery("file")]) == (NumberedProfile(bakery("one"), 1),)
    with pytest.raises(InputError, match="version 2 cannot be read by this release"):
        roll_back(store, "b", 2, "ada", "", NOW)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def test_a_running_process_notices_a_new_version_but_asks_seldom(store: DatabaseStore) -> None:
    clock = Clock()
    watch = ProfileWatch([bakery("file")], store, clock)
    assert not watch.outdated(), "nothing is known yet, so nothing is out of date"
    assert watch.current() == (NumberedProfile(bakery("file")),)
    save_version(store, bakery("saved"), "ada", "", NOW)
    assert not watch.outdated(), "asked too soon"
    clock.now += LOOK_EVERY
    assert watch.outdated()
    assert watch.current() == (NumberedProfile(bakery("saved"), 1),)
    clock.now += timedelta(hours=1)
    assert not watch.outdated()


def test_a_profile_that_cannot_be_used_leaves_the_judge_who_was(store: DatabaseStore) -> None:
    clock = Clock()
    made: list[Sequence[NumberedProfile]] = []

    def build(profiles: Sequence[NumberedProfile]) -> BrandJudge:
        if profiles[0].profile.essence == "broken":
            raise ConfigError("store", "audience", "cannot be read", "correct the path")
        made.append(profiles)
        return cast(BrandJudge, object())

    judges = LiveJudge(ProfileWatch([bakery("file")], store, clock), build)
    first = judges.current()
    assert judges.current() is first, "the same profiles need no new judge"
    save_version(store, bakery("broken"), "ada", "", NOW)
    clock.now += LOOK_EVERY
    assert judges.outdated()
    assert judges.current() is first
    save_version(store, bakery("mended"), "ada", "", NOW)
    clock.now += LOOK_EVERY
    assert judges.outdated()
    assert judges.current() is not first
    assert [profiles[0].version for profiles in made] == [None, 2]

    broken = ProfileWatch([bakery("broken")], store, clock)
    save_version(store, bakery("broken"), "ada", "", NOW)
    with pytest.raises(ConfigError):
        LiveJudge(broken, build).current()
