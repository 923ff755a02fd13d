"""Profiles survive the road through TOML, and every difference between two of them is found and can be said."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from configs.errors import ConfigError
from configs.settings import CONFIGS_DIR
from pipeline.brand.profile.diff import DEFAULT, profile_changes, str_change
from pipeline.brand.profile.profile import BrandProfile, Competitor, Expert, Facet, Thresholds, load_profile
from pipeline.brand.profile.toml import parse_profile, profile_toml
from tests.brand_profiles import profiles, texts

SHIPPED = sorted((CONFIGS_DIR / "brands").glob("*.toml")) + sorted((CONFIGS_DIR / "examples").glob("*.toml"))


@given(profiles)
def test_a_profile_reads_back_as_it_was_written(profile: BrandProfile) -> None:
    assert parse_profile(profile_toml(profile), "kept") == profile


@given(profiles, st.dictionaries(st.sampled_from(["", "name", "facets[0]", "facets[0].text", "thresholds"]), texts))
def test_comments_change_nothing(profile: BrandProfile, notes: dict[str, str]) -> None:
    assert parse_profile(profile_toml(profile, notes), "kept") == profile


@given(profiles)
def test_the_same_profile_is_always_the_same_text(profile: BrandProfile) -> None:
    assert profile_toml(parse_profile(profile_toml(profile), "kept")) == profile_toml(profile)


def test_no_field_of_a_profile_is_made_up_by_no_strategy_above() -> None:
    """A field that somebody adds later has to travel, too."""
    for kind in (BrandProfile, Facet, Competitor, Expert, Thresholds):
        example = _filled(kind)
        for field in msgspec.structs.fields(kind):
            if field.default is not msgspec.NODEFAULT:
                assert getattr(example, field.name) != field.default, f"{kind.__name__}.{field.name}"
    full = _filled(BrandProfile)
    assert parse_profile(profile_toml(full), "kept") == full


def _filled(kind: type[Any]) -> Any:
    """One of ``kind`` in which nothing has its default."""
    plain = {"id": "b", "name": "B", "text": "bread", "weight": 0.5, "ride_percentile": 98.0, "watch_percentile": 90.0}
    nested = {"facets": Facet, "competitors": Competitor, "experts": Expert, "thresholds": Thresholds}
    values: dict[str, Any] = {}
    for name, hint in get_type_hints(kind).items():
        if name in nested:
            inner = _filled(nested[name])
            values[name] = inner if name == "thresholds" else (inner,)
        elif name in plain:
            values[name] = plain[name]
        else:
            values[name] = ("one", "two") if "tuple" in str(hint) else "words"
    return kind(**values)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_brands_keep_their_meaning(path: Path) -> None:
    profile = load_profile(path)
    text = profile_toml(profile)
    assert parse_profile(text, "kept") == profile
    assert max(len(line) for line in text.splitlines()) < 260, "a person has to read it"


def test_a_mistake_in_pasted_text_names_its_source_and_key() -> None:
    with pytest.raises(ConfigError, match="pasted text: facets") as caught:
        parse_profile('id = "b"\nname = "B"\n[[facets]]\ntext = " "\n', "pasted text")
    assert caught.value.key == "facets[0].text"
    with pytest.raises(ConfigError, match="is not valid TOML"):
        parse_profile("id = ", "pasted text")


# --- differences -------------------------------------------------------------------


@given(profiles, profiles)
def test_there_are_differences_exactly_where_profiles_differ(one: BrandProfile, other: BrandProfile) -> None:
    changes = profile_changes(one, other)
    assert bool(changes) == (one != other)
    assert profile_changes(one, one) == ()
    for change in changes:
        assert str_change(change)
        assert change.field in BrandProfile.__struct_fields__


@given(profiles, profiles)
def test_undoing_a_change_is_its_opposite(one: BrandProfile, other: BrandProfile) -> None:
    opposite = {"added": "removed", "removed": "added", "changed": "changed", "moved": "moved"}
    there = {(c.field, c.owner, c.part, opposite[c.action], c.after, c.before) for c in profile_changes(one, other)}
    back = {(c.field, c.owner, c.part, c.action, c.before, c.after) for c in profile_changes(other, one)}
    counted = {row for row in there | back if row[0] == "audience"}
    assert there - counted == back - counted


@given(profiles, st.sampled_from(BrandProfile.__struct_fields__), profiles)
def test_a_change_of_one_field_is_said_of_that_field_alone(
    profile: BrandProfile, field: str, other: BrandProfile
) -> None:
    changed = msgspec.structs.replace(profile, **{field: getattr(other, field)})
    assume(changed != profile)
    assert {change.field for change in profile_changes(profile, changed)} == {field}


BREAD = BrandProfile(
    id="b",
    name="B",
    facets=(Facet(name="bread", text={"it": "pane"}, examples=("Caldo.",)), Facet(name="cake", text="cake")),
    no_go=("diet shaming", "politics"),
    audience=("@one", "@two"),
    competitors=(Competitor(name="Rivali", handles=("@rivali",)),),
)


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"essence": "Slow."}, ["essence: (not set) → Slow."]),
        ({"no_go": ("politics", "war")}, ["no_go: added “war”", "no_go: removed “diet shaming”"]),
        ({"no_go": ("politics", "diet shaming")}, ["no_go: another order"]),
        ({"facets": BREAD.facets[::-1]}, ["facets: another order"]),
        ({"facets": BREAD.facets[:1]}, ["facets “cake”: removed"]),
        ({"thresholds": Thresholds(ride_percentile=97)}, ["thresholds, ride_percentile: (not set) → 97"]),
        ({"competitors": ()}, ["competitors “Rivali”: removed"]),
        (
            {"competitors": (Competitor(name="Rivali", handles=("@rivali", "@due")),)},
            ["competitors “Rivali”, handles: added “@due”"],
        ),
        (
            {"facets": (Facet(name="bread", text={"it": "pane", "en": "bread"}), BREAD.facets[1])},
            ["facets “bread”, text: it: pane → en: bread · it: pane", "facets “bread”, examples: removed “Caldo.”"],
        ),
    ],
)
def test_differences_in_words(changes: dict[str, Any], lines: list[str]) -> None:
    found = profile_changes(BREAD, msgspec.structs.replace(BREAD, **changes))
    assert [str_change(change) for change in found] == lines


def test_people_are_counted_not_named() -> None:
    more = profile_changes(BREAD, msgspec.structs.replace(BREAD, audience=("@one", "@two", "@three")))
    others = profile_changes(BREAD, msgspec.structs.replace(BREAD, audience=("@one", "@three")))
    assert [str_change(change) for change in more + others] == ["audience: 2 → 3", "audience: 2 (−1) → 2 (+1)"]
    assert "@three" not in repr(more + others)
    assert profile_changes(BREAD, msgspec.structs.replace(BREAD, audience="people.csv"))[0].after == "people.csv"
    assert DEFAULT == ""
