"""The clean test of division: its bags, its AUC, and what the published figures promise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from configs.errors import InputError
from pipeline.evaluation.signals.division import division_figures
from pipeline.evaluation.signals.stance_bags import BAG_POSTS, StancePost, StanceTarget, bag_auc, load_targets, trace_of


def target(n: int = 120) -> StanceTarget:
    posts = [StancePost(f"post {i} #yes", f"post {i}", ("yes",), None, i % 2 == 0) for i in range(2 * n)]
    return StanceTarget("bridge", "en", tuple(posts))


def test_a_score_that_sees_the_sides_separates_all_bags_and_a_blind_one_none() -> None:
    bridge = target()
    sides = np.array([post.is_for for post in bridge.posts])
    assert bag_auc(bridge, lambda rows: -abs(float(sides[rows].mean()) - 0.5)) == 1.0
    assert bag_auc(bridge, lambda rows: 0.0) == 0.5


def test_a_bag_holds_no_post_twice_and_all_bags_are_of_one_size() -> None:
    seen: list[int] = []

    def score(rows: np.ndarray) -> float:
        seen.append(len(set(rows.tolist())))
        return 0.0

    bag_auc(target(), score)
    assert set(seen) == {BAG_POSTS}


def test_hidden_means_that_no_hashtag_is_left() -> None:
    post = target().posts[0]
    assert (trace_of(0, post, hidden=True).text, trace_of(0, post, hidden=True).hashtags) == ("post 0", ())
    assert trace_of(0, post, hidden=False).hashtags == ("yes",)


def test_missing_lab_data_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--data"):
        load_targets(tmp_path)


@pytest.mark.lab
@pytest.mark.slow
def test_the_published_figures_hold(lab_data: Path) -> None:
    """Silent with camps hidden, right where campaigns are visible, quiet about everyday topics."""
    found = {figure.name: figure for figure in division_figures(lab_data)}
    assert found["AUC mean over targets it, hashtags visible"].value >= 0.97
    assert found["AUC mean over targets en, hashtags hidden"].is_met is False
    assert found["declared posts on their account's side"].value >= 0.85
    alarms = {name: figure.value for name, figure in found.items() if name.startswith("false alarms")}
    assert len(alarms) == 5
    assert max(alarms.values()) <= 0.05
