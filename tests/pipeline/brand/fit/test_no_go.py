"""A topic that meets a no-go theme of a brand is told apart from one that merely speaks of the brand's subject."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import numpy as np
import pytest

from pipeline.brand.fit.fit import BrandFitter
from pipeline.brand.profile.profile import BrandProfile
from pipeline.types import BrandFit
from pipeline.wiring.track import build_fitter
from tests.demo_shard import loaded

HOLDOUT = Path(__file__).with_name("no_go_holdout.toml")


class Written(msgspec.Struct, frozen=True):
    """One topic of the frozen set; ``theme`` is empty where it meets none."""

    brand: str
    theme: str
    posts: tuple[str, ...]


def written() -> list[Written]:
    return msgspec.convert(tomllib.loads(HOLDOUT.read_text(encoding="utf-8"))["topics"], list[Written])


@pytest.fixture(scope="module")
def fitter() -> BrandFitter:
    here = loaded()
    return build_fitter(here.models, here.profiles)


def fit_of(fitter: BrandFitter, profiles: tuple[BrandProfile, ...], topic: Written) -> BrandFit:
    posts = loaded().models.encoder.encode(topic.posts)
    brand = [profile.id for profile in profiles].index(topic.brand)
    standing = fitter.stand(posts.mean(axis=0, keepdims=True))
    return fitter.fit(brand, standing, 0, fitter.z(posts), topic.posts)


def test_the_frozen_set_has_as_many_harmless_topics_as_others() -> None:
    topics = written()
    assert sum(not topic.theme for topic in topics) == sum(bool(topic.theme) for topic in topics) == 12
    themes = {theme for profile in loaded().profiles for theme in profile.no_go}
    assert {topic.theme for topic in topics if topic.theme} <= themes


def test_themes_are_met_where_people_speak_of_them_and_nowhere_else(fitter: BrandFitter) -> None:
    profiles = loaded().profiles
    met = [(topic, fit_of(fitter, profiles, topic).no_go) for topic in written()]
    assert sum(bool(found) for topic, found in met if topic.theme) >= 10
    assert sum(topic.theme in {theme.theme for theme in found} for topic, found in met if topic.theme) >= 9
    assert [topic.posts[0] for topic, found in met if not topic.theme and found] == []
    for topic, found in met:
        assert all(theme.percentile >= 99 and set(theme.evidence) <= set(topic.posts) for theme in found)


def test_a_brand_without_themes_meets_none(fitter: BrandFitter) -> None:
    profiles = tuple(msgspec.structs.replace(profile, no_go=("", "  ")) for profile in loaded().profiles)
    bare = build_fitter(loaded().models, profiles)
    for topic in written()[:3]:
        fit, same = fit_of(bare, profiles, topic), fit_of(fitter, loaded().profiles, topic)
        assert fit.no_go == ()
        assert (fit.value, fit.percentile) == pytest.approx((same.value, same.percentile))


def test_leaving_out_closing_hashtags_lowers_the_fit_but_no_theme(fitter: BrandFitter) -> None:
    topic = next(topic for topic in written() if topic.theme == "road deaths")
    posts = loaded().models.encoder.encode(topic.posts)
    standing = fitter.stand(posts.mean(axis=0, keepdims=True))
    without = fitter.stand_without(standing, {0: ("a recipe for soup", "rain again")})
    assert (without.value <= standing.value).all()
    assert without.value.sum() < standing.value.sum()
    assert np.array_equal(without.z[:, standing.n_facets :], standing.z[:, standing.n_facets :])
