"""The audience of a brand in a topic: who counts as one, and whether it is more than chance."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import ConfigError
from pipeline.brand.profile.profile import BrandProfile, Facet, load_profile
from pipeline.brand.voices.audience import (
    MIN_STREAM_VOICES,
    MIN_VOICES,
    Audience,
    audience_share,
    distinct_voices,
    load_audience,
)
from pipeline.types.pseudonyms import handle_hash, normal_handle, read_digest

SALT = "pepper"
WRITTEN = ("anna.rossi", "@Anna.Rossi", " anna.rossi ", "＠ANNA.rossi")


def profile_of(audience: tuple[str, ...] | str) -> BrandProfile:
    return BrandProfile("b", "B", (Facet("bread"),), audience=audience)


def digest_of(handle: str, salt: str = "") -> str:
    return hashlib.sha256((salt + handle).encode()).hexdigest()


def hashes_of(audience: Audience | None) -> list[int]:
    assert audience is not None
    return [int(number) for number in audience.hashes]


@pytest.mark.parametrize("salt", ["", SALT])
def test_every_way_to_write_an_account_is_the_same_account(salt: str) -> None:
    listed = (*WRITTEN, digest_of("anna.rossi", salt), digest_of("anna.rossi", salt).upper())

    assert hashes_of(load_audience(profile_of(listed), salt)) == [handle_hash("anna.rossi", salt)]


def test_a_digest_of_another_salt_is_another_account() -> None:
    audience = load_audience(profile_of((digest_of("anna", "other"),)), SALT)

    assert not Audience(np.array(hashes_of(audience))).has(np.array([handle_hash("anna", SALT)])).any()


@given(st.text(max_size=40) | st.text("@ \t＠¯İßAa\u0304", max_size=8))
def test_any_text_is_a_handle_or_a_digest_and_never_fails(text: str) -> None:
    normal = normal_handle(text)

    assert normal_handle(normal) == normal
    assert 0 <= handle_hash(text) < 1 << 63
    assert read_digest(text) is None or len(text.strip()) == 64


@pytest.mark.parametrize(
    "text",
    [
        "anna\nbea\n",
        "\ufeffhandle\n@Anna\n@bea\n",
        "id;username;city\n1;anna;Modena\n2;bea;Parma\n",
        "name,sha256\nAnna,{anna}\nBea,{bea}\n",
        "anna,\n\n ,\nbea\nanna\n",
    ],
)
def test_a_file_lists_one_account_a_line_whatever_else_is_in_it(tmp_path: Path, text: str) -> None:
    file = tmp_path / "audience.csv"
    file.write_text(text.format(anna=digest_of("anna"), bea=digest_of("bea")), encoding="utf-8")

    assert hashes_of(load_audience(profile_of(str(file)))) == sorted([handle_hash("anna"), handle_hash("bea")])


def test_the_path_of_a_file_is_relative_to_the_brand_file(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("anna\n", encoding="utf-8")
    brand = tmp_path / "brand.toml"
    brand.write_text('id = "b"\nname = "B"\naudience = "people.csv"\n[[facets]]\ntext = "bread"\n', encoding="utf-8")

    assert len(hashes_of(load_audience(load_profile(brand)))) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read"),
        (b"", "names no account"),
        (b"handle\n", "names no account"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_file_that_names_nobody_is_refused_with_what_to_do(tmp_path: Path, content: bytes | None, told: str) -> None:
    file = tmp_path / "audience.csv"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(ConfigError, match=told) as error:
        load_audience(profile_of(str(file)))
    assert "brand b" in str(error.value)
    assert "audience" in str(error.value)


@pytest.mark.parametrize("audience", [(), "", ("", " @ ")])
def test_a_profile_that_names_nobody_has_no_audience(audience: tuple[str, ...] | str) -> None:
    assert load_audience(profile_of(audience)) is None


def test_only_hashes_are_kept() -> None:
    assert "anna" not in repr(load_audience(profile_of(("@anna",))))


def test_too_few_voices_say_nothing_and_a_short_stream_nothing_about_chance() -> None:
    audience = Audience(np.arange(3))

    assert audience_share(audience, np.arange(MIN_VOICES - 1), np.arange(1000)) is None
    found = audience_share(audience, np.arange(MIN_VOICES), np.arange(MIN_STREAM_VOICES - 1))
    assert found is not None
    assert (found.n_members, found.chance, found.lift) == (3, None, None)


def test_a_stream_that_shows_nobody_of_the_audience_has_no_lift() -> None:
    found = audience_share(Audience(np.array([10**9])), np.arange(20), np.arange(200))

    assert found is not None
    assert found.chance is not None
    assert (found.share.value, found.chance.value, found.lift) == (0.0, 0.0, None)


@given(
    st.integers(MIN_VOICES, 60), st.integers(0, 60), st.integers(MIN_STREAM_VOICES, 400), st.integers(0, 60), st.data()
)
def test_shares_and_lift_stay_within_their_intervals_and_bounds(
    n: int, members: int, others: int, outside: int, data: st.DataObject
) -> None:
    members, outside = min(members, n), min(outside, others)
    listed = np.concatenate([np.arange(members), np.arange(n, n + outside)])
    found = audience_share(Audience(listed), np.arange(n), np.arange(n + others))

    assert found is not None
    assert found.n_members == members
    for score in (found.share, found.chance, found.lift):
        if score is not None:
            assert 0 <= score.low <= score.value <= score.high
            assert np.isfinite(score.high)
    assert (found.lift is None) == (members + outside == 0)


def test_one_more_member_among_the_voices_raises_share_and_lift() -> None:
    voices, stream = np.arange(20), np.arange(500)
    lifts = []
    for members in range(1, 10):
        found = audience_share(Audience(np.concatenate([np.arange(members), np.arange(100, 150)])), voices, stream)
        assert found is not None
        assert found.lift is not None
        lifts.append((found.share.value, found.lift.value, found.lift.low, found.lift.high))

    assert lifts == sorted(lifts)


def test_a_topic_that_is_the_whole_stream_has_the_lift_one() -> None:
    found = audience_share(Audience(np.arange(30)), np.arange(100), np.arange(100))

    assert found is not None
    assert found.lift is not None
    assert found.lift.value == 1.0


@pytest.mark.parametrize(
    ("in_topic", "elsewhere", "n"), [(0.3, 0.1, 30), (0.1, 0.1, 60), (0.02, 0.1, 80), (0.5, 0.05, 12)]
)
def test_the_interval_of_the_lift_holds_the_truth_as_often_as_it_says(
    in_topic: float, elsewhere: float, n: int
) -> None:
    rng = np.random.default_rng(5)
    n_other, trials = 800, 600
    truth = in_topic / ((n * in_topic + n_other * elsewhere) / (n + n_other))
    held = known = 0
    for _ in range(trials):
        members, outside = int(rng.binomial(n, in_topic)), int(rng.binomial(n_other, elsewhere))
        listed = np.concatenate([np.arange(members), np.arange(n, n + outside)])
        found = audience_share(Audience(listed), np.arange(n), np.arange(n + n_other))
        assert found is not None
        if found.lift is not None:
            known += 1
            held += found.lift.low <= truth <= found.lift.high

    assert known == trials
    assert 0.87 <= held / trials <= 0.985


def test_unknown_authors_are_no_voices_and_each_author_is_one() -> None:
    assert distinct_voices([None, 4, 4, 2, None]).tolist() == [2, 4]
