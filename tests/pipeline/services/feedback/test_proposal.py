"""Opinions: they move verdicts towards what people say, within bounds, whoever floods them; and chance moves little."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.brand.profile.profile import BrandProfile, Facet, Thresholds
from pipeline.services.feedback.opinions import MAX_VOICES, effects_of
from pipeline.services.feedback.proposal import MAX_FACTOR, ProposedChange, precision, propose
from pipeline.store.records import StoredFeedback
from pipeline.types import BrandFit, FacetFit, Hazard, Reason, VerdictKind
from tests.archive_samples import make_feedback
from tests.samples import make_report, make_score, make_verdict

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FACETS = ("bread", "table", "humour")
PROFILE = BrandProfile(id="b", name="B", facets=tuple(Facet(text=name, name=name) for name in FACETS))
DEFAULTS = (99.0, 95.0)
RIDE, WATCH, IGNORE = VerdictKind.RIDE, VerdictKind.WATCH, VerdictKind.IGNORE


def opinion(
    number: int,
    kind: VerdictKind = RIDE,
    wanted: VerdictKind | None = None,
    *,
    right: bool = False,
    by: str | None = None,
    z: Sequence[float] = (3.0, 0.0, 0.0),
    code: str = "fits_facet",
    at: datetime = NOW,
    topic: str | None = None,
    hazards: tuple[Hazard, ...] = (),
) -> StoredFeedback:
    topic_id = topic or f"t{number}"
    fit = BrandFit(
        2.0, 99.5, 400, tuple(FacetFit(name, value, ()) for name, value in zip(FACETS, z, strict=True) if value >= 1)
    )
    verdict = make_verdict("b", topic_id, kind=kind, fit=fit, reasons=(Reason(code, "because"),))
    report = make_report(topic_id, hazards=hazards)
    who = by or f"person {number % 20}"
    return make_feedback(
        topic_id, "b", id=number, at=at, by=who, right=right, wanted=wanted, verdict=verdict, report=report
    )


def ask(opinions: Sequence[StoredFeedback], current: BrandProfile = PROFILE) -> ProposedChange:
    return propose(PROFILE, current, opinions, DEFAULTS, NOW)


def weight(change: ProposedChange, name: str) -> float:
    return next(facet.after for facet in change.facets if facet.name == name)


def threshold(change: ProposedChange, name: str) -> float:
    return next(found.after for found in change.thresholds if found.name == name)


opinions = st.lists(
    st.builds(
        opinion,
        st.integers(1, 40),
        st.sampled_from(list(VerdictKind)),
        st.sampled_from([None, *VerdictKind]),
        right=st.booleans(),
        by=st.sampled_from(["ada", "bo", "cy", "di"]),
        z=st.tuples(*[st.floats(-2, 8) for _ in FACETS]),
        code=st.sampled_from(["fits_facet", "weak_fit", "no_fit", "hazard_high", "thin_posts"]),
        at=st.integers(0, 400).map(lambda days: NOW - timedelta(days=days)),
    ),
    max_size=60,
)


@given(opinions)
def test_no_opinions_whatever_leave_the_bounds(given_opinions: list[StoredFeedback]) -> None:
    change = ask(given_opinions)
    for facet in change.facets:
        assert facet.base / MAX_FACTOR - 1e-3 <= facet.after <= facet.base * MAX_FACTOR + 1e-3
    for found in change.thresholds:
        tail = (100 - found.after) / (100 - found.base)
        assert 1 / MAX_FACTOR - 0.01 <= tail <= MAX_FACTOR + 0.01
    assert threshold(change, "watch") <= threshold(change, "ride")
    # what is proposed can be used as a brand file
    assert msgspec.convert(msgspec.to_builtins(change.profile), BrandProfile) == change.profile


@given(opinions, st.randoms())
def test_the_order_of_opinions_makes_no_difference(given_opinions: list[StoredFeedback], random: object) -> None:
    shuffled = [msgspec.structs.replace(o, id=i) for i, o in enumerate(given_opinions)]
    mixed = list(shuffled)
    random.shuffle(mixed)  # type: ignore[attr-defined] # hypothesis gives a random.Random
    assert ask(mixed) == ask(shuffled) or {o.id for o in mixed} != {o.id for o in shuffled}


@given(opinions)
def test_applying_twice_changes_nothing_more(given_opinions: list[StoredFeedback]) -> None:
    first = ask(given_opinions)
    again = ask(given_opinions, current=first.profile)
    assert not again.changes
    assert again.profile == first.profile


@given(st.integers(5, 60), st.integers(1, 30))
def test_one_more_voice_for_less_never_gives_more(n: int, extra: int) -> None:
    fewer = [opinion(i, RIDE, IGNORE, by=f"p{i}") for i in range(n)]
    more = fewer + [opinion(n + i, RIDE, IGNORE, by=f"p{n + i}") for i in range(extra)]
    assert threshold(ask(more), "ride") >= threshold(ask(fewer), "ride")


def test_people_who_agree_with_each_other_move_the_profile() -> None:
    liked = [opinion(100 + i, RIDE, right=True) for i in range(14)]
    change = ask([*liked, *(opinion(i, RIDE, IGNORE, z=(0.0, 0.0, 4.0)) for i in range(14))])
    assert change.changes
    assert weight(change, "humour") < 0.9
    assert weight(change, "bread") >= 1.0, "what is called right is not punished"
    assert 99.0 < threshold(change, "ride") <= 99.5
    assert threshold(change, "watch") == 95.0
    warmer = ask([*liked, *(opinion(i, WATCH, RIDE, code="weak_fit", z=(0.0, 4.0, 0.0)) for i in range(14))])
    assert weight(warmer, "table") > 1.1
    assert 98.0 <= threshold(warmer, "ride") < 99.0


def test_agreement_and_contradiction_move_nothing() -> None:
    praise = ask([opinion(i, RIDE, right=True) for i in range(30)])
    assert (praise.changes, praise.n_counted) == (False, 0)
    quarrel = [opinion(i, *((RIDE, IGNORE) if i % 2 else (WATCH, RIDE)), code="weak_fit") for i in range(30)]
    assert "cancel" in ask(quarrel).why_not


def test_a_few_opinions_are_anecdotes() -> None:
    assert "are needed" in ask([opinion(i, RIDE, IGNORE) for i in range(4)]).why_not
    one_topic = [opinion(i, RIDE, IGNORE, by=f"p{i}", topic="t1") for i in range(20)]
    assert "1 topics" in ask(one_topic).why_not


def test_taste_softens_no_hazard_and_no_thin_evidence() -> None:
    death = (Hazard("death", "floor", make_score(0.5), ("p1",)),)
    graves = [opinion(i, VerdictKind.RISKY, RIDE, code="hazard_floor", hazards=death) for i in range(30)]
    thin = [opinion(i, WATCH, RIDE, code="thin_posts") for i in range(30)]
    no_go = [opinion(i, WATCH, RIDE, code="no_go") for i in range(30)]
    cold = [opinion(i, WATCH, RIDE, code="cold_start") for i in range(30)]
    for given_opinions in (graves, thin, no_go, cold):
        change = ask(given_opinions)
        assert change.n_counted == 0
        assert all(effect.why for effect in change.effects), "each says why it moves nothing"


def test_one_loud_person_has_a_few_voices() -> None:
    flood = [opinion(i, RIDE, IGNORE, by="mallory") for i in range(2000)]
    assert sum(effect.weight for effect in effects_of(flood, NOW)) <= MAX_VOICES + 1e-6
    again = [opinion(i, RIDE, IGNORE, by="mallory", topic="t1") for i in range(50)]
    assert len(effects_of(again, NOW)) == 1, "one person, one topic, one opinion"


def test_old_opinions_fade() -> None:
    old = ask([opinion(i, RIDE, IGNORE, at=NOW - timedelta(days=360)) for i in range(14)])
    new = ask([opinion(i, RIDE, IGNORE) for i in range(14)])
    assert 99.0 <= threshold(old, "ride") < threshold(new, "ride")


def test_precision_counts_every_rule_with_its_interval() -> None:
    given_opinions = [opinion(i, RIDE, right=i % 4 != 0) for i in range(20)]
    given_opinions += [opinion(100 + i, IGNORE, right=True, code="no_fit") for i in range(5)]
    first, second = precision(given_opinions)
    assert (first.rule, first.kind, first.n, first.n_right) == ("fits_facet", RIDE, 20, 15)
    assert first.share.low < 0.75 < first.share.high
    assert (second.rule, second.share.high) == ("no_fit", 1.0)
    assert precision([]) == ()


def test_defaults_of_the_deployment_are_not_written_into_a_profile() -> None:
    change = ask([opinion(i, RIDE, right=True) for i in range(30)])
    assert change.profile == PROFILE
    assert change.profile.thresholds == Thresholds()


# --- simulation ---------------------------------------------------------------------


class World:
    """Topics with facet z-scores; a brand rides the top percent of its weighted best two, as the fit does."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.background = self.topics(4000)

    def topics(self, n: int) -> NDArray[np.float64]:
        z = self.random.normal(0, 1, (n, len(FACETS)))
        z[np.arange(n), self.random.integers(0, len(FACETS), n)] += self.random.gamma(1.0, 1.2, n)
        return z

    def kinds(self, z: NDArray[np.float64], profile: BrandProfile) -> list[VerdictKind]:
        weights = np.array([facet.weight for facet in profile.facets])
        weights = weights / weights.max()

        def value(rows: NDArray[np.float64]) -> NDArray[np.float64]:
            best: NDArray[np.float64] = np.sort(rows * weights, axis=1)[:, -2:].mean(axis=1)
            return best

        percentile = 100.0 * np.searchsorted(np.sort(value(self.background)), value(z)) / len(self.background)
        ride = profile.thresholds.ride_percentile or DEFAULTS[0]
        watch = profile.thresholds.watch_percentile or DEFAULTS[1]
        return [RIDE if p >= ride else WATCH if p >= watch else IGNORE for p in percentile.tolist()]

    def watched(self, profile: BrandProfile, n: int) -> tuple[NDArray[np.float64], list[VerdictKind]]:
        """``n`` topics that came up on the board."""
        z = self.topics(60 * n)
        kinds = self.kinds(z, profile)
        rows = [i for i, kind in enumerate(kinds) if kind is not IGNORE][:n]
        return z[rows], [kinds[i] for i in rows]

    def opinions(self, profile: BrandProfile, taste: BrandProfile, n: int) -> list[StoredFeedback]:
        z, kinds = self.watched(profile, n)
        wanted = self.kinds(z, taste)
        return [
            opinion(i, kind, None if kind is want else want, right=kind is want, z=row, code="weak_fit")
            for i, (row, kind, want) in enumerate(zip(z.tolist(), kinds, wanted, strict=True))
        ]

    def agreement(self, profile: BrandProfile, taste: BrandProfile) -> float:
        z = self.topics(40_000)
        pairs = zip(self.kinds(z, profile), self.kinds(z, taste), strict=True)
        invited = [(one, other) for one, other in pairs if RIDE in (one, other)]
        return sum(one is other for one, other in invited) / len(invited)


TASTES = {
    "humour is not us": msgspec.structs.replace(
        PROFILE, facets=(*PROFILE.facets[:2], msgspec.structs.replace(PROFILE.facets[2], weight=0.4))
    ),
    "stricter": msgspec.structs.replace(PROFILE, thresholds=Thresholds(ride_percentile=99.5)),
    "bolder": msgspec.structs.replace(PROFILE, thresholds=Thresholds(ride_percentile=98.0)),
}


@pytest.mark.parametrize("taste", TASTES)
def test_consistent_opinions_move_verdicts_towards_them(taste: str) -> None:
    gains = []
    for seed in range(12):
        world = World(seed)
        change = propose(PROFILE, PROFILE, world.opinions(PROFILE, TASTES[taste], 80), DEFAULTS, NOW)
        gains.append(world.agreement(change.profile, TASTES[taste]) - world.agreement(PROFILE, TASTES[taste]))
    assert min(gains) > -0.05, gains
    assert float(np.mean(gains)) > 0.05, gains


def test_opinions_at_random_seldom_move_anything() -> None:
    shifts = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        given_opinions = [
            opinion(i, *((RIDE, IGNORE) if random.random() < 0.5 else (WATCH, RIDE)), code="weak_fit")
            for i in range(60)
        ]
        shifts.append(max(abs(np.log(facet.after / facet.base)) for facet in ask(given_opinions).facets))
    assert np.mean(np.array(shifts) > np.log(1.05)) <= 0.2
    assert max(shifts) < np.log(MAX_FACTOR) * 0.75
