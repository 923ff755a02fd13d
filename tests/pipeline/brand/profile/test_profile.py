"""Brand files: the smallest and the fullest are read, every mistake names file, key and fix."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from configs.errors import ConfigError
from configs.settings import CONFIGS_DIR
from pipeline.brand.profile.profile import BrandProfile, Facet, load_profile, load_profiles
from pipeline.brand.profile.versions import stored_brand

MINIMAL = 'id = "b"\nname = "B"\n[[facets]]\ntext = "bread"\n'
FULL = """
id = "forno-aurora"
name = "Forno Aurora"
essence = "Family bakery from Emilia."
tone = ["warm", "playful"]
no_go = ["diet shaming"]
handles = ["@fornoaurora"]
audience = ["@one", "@two"]
[[facets]]
name = "breakfast"
weight = 0.5
text = { it = "la colazione lenta", en = "slow breakfasts" }
examples = ["Domenica mattina, caffè."]
[[facets]]
text = "gentle humour"
[[competitors]]
name = "Rivali"
handles = ["@rivali"]
[[experts]]
name = "Chiara B."
role = "baker"
fields = ["sourdough"]
[thresholds]
ride_percentile = 98.5
watch_percentile = 90
"""


@pytest.fixture
def brand_file(tmp_path: Path) -> Path:
    return tmp_path / "brand.toml"


def test_the_smallest_file(brand_file: Path) -> None:
    brand_file.write_text(MINIMAL)
    profile = load_profile(brand_file)
    assert profile == BrandProfile(id="b", name="B", facets=(Facet(text="bread"),))
    assert profile.facets[0].label() == "bread"
    assert profile.thresholds.ride_percentile is None


def test_the_fullest_file(brand_file: Path) -> None:
    brand_file.write_text(FULL, "utf-8")
    profile = load_profile(brand_file)
    assert profile.facets[0].texts() == ("slow breakfasts", "la colazione lenta"), "one per language, always in order"
    assert [facet.label() for facet in profile.facets] == ["breakfast", "gentle humour"]
    assert profile.thresholds.ride_percentile == 98.5
    assert profile.competitors[0].handles == ("@rivali",)
    assert profile.experts[0].fields == ("sourdough",)
    assert profile.audience == ("@one", "@two")


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        ("", "(top level)", "missing required field `id`"),
        ('id = "b"\nname = "B"', "(top level)", "missing required field `facets`"),
        (MINIMAL.replace('name = "B"\n', ""), "(top level)", "missing required field `name`"),
        (MINIMAL.replace('"bread"', '" "'), "facets[0].text", "is empty"),
        (MINIMAL.replace('text = "bread"', 'name = "x"'), "facets[0].text", "is empty"),
        (MINIMAL.replace('"bread"', '{ it = "", en = " " }'), "facets[0].text", "is empty"),
        ('id = "b"\nname = "B"\nfacets = []', "facets", "length >= 1"),
        (MINIMAL.replace('"b"', '"Not An Id!"'), "id", "regex"),
        (MINIMAL.replace('name = "B"', 'name = ""'), "name", "length >= 1"),
        (MINIMAL.replace('"bread"', "7"), "facets[0].text", "got `int`"),
        (MINIMAL + "weight = 0\n", "facets[0].weight", "> 0"),
        (MINIMAL + "weight = -1.0\n", "facets[0].weight", "> 0"),
        (MINIMAL + 'colour = "red"\n', "facets[0]", "unknown field `colour`"),
        ('colour = "red"\n' + MINIMAL, "(top level)", "unknown field `colour`"),
        ('tone = "warm"\n' + MINIMAL, "tone", "got `str`"),
        (MINIMAL + "[thresholds]\nride_percentile = 101\n", "thresholds.ride_percentile", "<= 100"),
        (MINIMAL + "[thresholds]\nwatch_percentile = 20\n", "thresholds.watch_percentile", ">= 50"),
        (MINIMAL + "[[competitors]]\nhandles = []\n", "competitors[0]", "missing required field `name`"),
        (MINIMAL + '[[experts]]\nname = ""\n', "experts[0].name", "length >= 1"),
        (MINIMAL + '[[facets]]\ntext = "bread"\n', "facets.name", "'bread' is used twice"),
        ("id = ", "file", "is not valid TOML"),
        ('id = "a"\nid = "b"\n', "file", "is not valid TOML"),
    ],
)
def test_a_mistake_names_file_key_and_fix(brand_file: Path, text: str, key: str, says: str) -> None:
    brand_file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_profile(brand_file)
    error = caught.value
    assert (error.file, error.key) == (str(brand_file), key)
    assert says in error.problem
    assert error.fix
    assert str(error).startswith(f"{brand_file}: {key} ")
    assert "\n" not in str(error).replace(text, "")


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_profile(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_profile(tmp_path)
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b'name = "\xff"')
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_profile(binary)


def test_patterns_that_match_nothing_and_ids_used_twice(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="matches no file"):
        load_profiles(("*.toml",), tmp_path)
    (tmp_path / "one.toml").write_text(MINIMAL)
    (tmp_path / "two.toml").write_text(MINIMAL)
    with pytest.raises(ConfigError, match="used by another brand file"):
        load_profiles(("*.toml",), tmp_path)
    assert load_profiles((), tmp_path) == ()


def test_files_come_in_the_order_of_their_names() -> None:
    ids = [profile.id for profile in load_profiles(("brands/*.toml",), CONFIGS_DIR)]
    assert ids == sorted(ids)
    assert len(ids) == 3


@pytest.mark.parametrize("text", [MINIMAL, FULL])
def test_a_profile_survives_the_road_through_toml(brand_file: Path, text: str, tmp_path: Path) -> None:
    """As the store keeps it and the profile studio will export it."""
    brand_file.write_text(text, "utf-8")
    profile = load_profile(brand_file)
    kept = stored_brand(profile)
    again = tmp_path / "again.toml"
    again.write_text(kept.toml, "utf-8")
    assert load_profile(again) == profile
    assert msgspec.convert(msgspec.to_builtins(profile), BrandProfile) == profile
