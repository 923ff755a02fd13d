"""The form of the studio loses nothing: what nobody touched comes back as it was, what somebody wrote is read."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import ConfigError
from pipeline.brand.profile.diff import profile_changes
from pipeline.brand.profile.profile import BrandProfile, Competitor, Expert, Facet
from pipeline.brand.profile.toml import profile_toml
from pipeline.i18n.numbers import make_locale
from pipeline.store.records import ProfileVersion
from tests.brand_profiles import profiles
from ui.studio.form import FacetForm, form_of, profile_from
from ui.studio.view_model import change_text, change_texts, history_rows

EN, IT = make_locale("en"), make_locale("it")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BREAD = BrandProfile(
    id="b",
    name="B",
    facets=(
        Facet(name="bread", text={"it": "pane", "fr": "pain"}, examples=("Caldo.",)),
        Facet(name="cake", text="cake"),
    ),
    competitors=(Competitor(name="Rivali", handles=("@rivali", "@due")),),
    experts=(Expert(name="Ada", role="baker", fields=("rye", "flour")),),
)


@given(profiles)
def test_an_untouched_form_gives_the_profile_back(profile: BrandProfile) -> None:
    assert profile_from(form_of(profile), profile) == profile


@given(profiles, st.text(max_size=20))
def test_a_touched_field_changes_no_other(profile: BrandProfile, essence: str) -> None:
    form = msgspec.structs.replace(form_of(profile), essence=essence)
    read = profile_from(form, profile)
    assert {change.field for change in profile_changes(profile, read)} <= {"essence"}
    assert read.essence in (essence.strip(), profile.essence)


def test_lists_are_read_line_by_line() -> None:
    form = msgspec.structs.replace(
        form_of(BREAD),
        tone="warm\n\n  slow \n",
        audience="@ada\n@tom",
        competitors="Rivali | @rivali\nNuovi",
        experts="Ada | head baker | rye\nTom | miller",
    )
    read = profile_from(form, BREAD)
    assert read.tone == ("warm", "slow")
    assert read.audience == ("@ada", "@tom")
    assert read.competitors == (Competitor("Rivali", ("@rivali",)), Competitor("Nuovi"))
    assert read.experts == (Expert("Ada", "head baker", ("rye",)), Expert("Tom", "miller"))
    assert profile_from(msgspec.structs.replace(form, audience=" people.csv "), BREAD).audience == "people.csv"


def test_texts_of_a_facet_by_language() -> None:
    bread, cake = form_of(BREAD).facets
    assert [language for language, _ in bread.texts] == ["it", "en", "fr"]
    assert [language for language, _ in cake.texts] == ["it", "en", ""]

    def read(*facets: FacetForm) -> tuple[Facet, ...]:
        return profile_from(msgspec.structs.replace(form_of(BREAD), facets=facets), BREAD).facets

    more = msgspec.structs.replace(bread, texts=(("it", "pane"), ("en", " bread "), ("fr", "")))
    assert read(more, cake) == (
        msgspec.structs.replace(BREAD.facets[0], text={"it": "pane", "en": "bread"}),
        BREAD.facets[1],
    )
    assert read(cake, bread) == BREAD.facets[::-1], "facets are told by what they say, not by their place"
    with pytest.raises(ConfigError, match="has a text without a language beside others"):
        read(msgspec.structs.replace(cake, texts=(("it", "torta"), ("en", ""), ("", "cake"))))


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"name": " "}, "name"),
        ({"facets": ()}, "facets"),
        ({"competitors": "| @nobody"}, "competitors[0].name"),
        ({"ride_percentile": 200.0}, "thresholds.ride_percentile"),
    ],
)
def test_what_a_brand_file_may_not_say_the_form_may_not_say(change: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        profile_from(msgspec.structs.replace(form_of(BREAD), **change), BREAD)
    assert caught.value.key == key


@given(profiles, profiles)
def test_every_difference_has_words_in_both_languages(one: BrandProfile, other: BrandProfile) -> None:
    changes = profile_changes(one, other)
    for locale in (EN, IT):
        for change in changes:
            assert change_text(change, locale)
        assert len(change_texts(one, other, locale)) == len(changes)


def test_a_history_says_what_each_version_changed() -> None:
    texts = [profile_toml(BREAD), profile_toml(msgspec.structs.replace(BREAD, essence="Slow.")), "id = 'newer'"]
    versions = [
        ProfileVersion("b", n, NOW, "brand file" if n == 1 else "ada", "", toml) for n, toml in enumerate(texts, 1)
    ]
    rows = history_rows(versions[::-1], EN)
    assert [row.version for row in rows] == [3, 2, 1]
    assert [row.newest for row in rows] == [True, False, False]
    assert rows[0].changes == ("Written by a newer release; this one cannot read it.",)
    assert rows[1].changes == ("Essence: not set → Slow.",)
    assert (rows[2].author, rows[2].changes) == ("brand file", ())
    assert history_rows(versions[:1], IT)[0].author == "file del brand"
