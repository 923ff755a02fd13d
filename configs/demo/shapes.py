"""When the posts of a topic are written: seconds of the demo day, drawn from its shapes."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from configs.demo.bank import Shape

DAY_START_S = 5 * 3600
DAY_END_S = 23 * 3600


def draw_second(rng: random.Random, shapes: Sequence[Shape]) -> int:
    """A second after midnight UTC, always inside the demo day.

    Examples
    --------
    >>> lunch = Shape(kind="hump", at="12:30", width_min=20)
    >>> 11 * 3600 < draw_second(random.Random(5), [lunch]) < 14 * 3600
    True
    """
    while True:
        second = _draw(rng, _weighted(rng, shapes))
        if DAY_START_S <= second < DAY_END_S:
            return int(second)


def seconds_of(clock: str) -> int:
    """Seconds after midnight of ``HH:MM``.

    Examples
    --------
    >>> seconds_of("05:30")
    19800
    """
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def _weighted(rng: random.Random, shapes: Sequence[Shape]) -> Shape:
    left = rng.random() * sum(shape.weight for shape in shapes)
    for shape in shapes:
        left -= shape.weight
        if left < 0:
            return shape
    return shapes[-1]


def _draw(rng: random.Random, shape: Shape) -> float:
    at, until = seconds_of(shape.at), seconds_of(shape.until)
    u = rng.random()
    if shape.kind == "flat":
        return at + (until - at) * u
    if shape.kind == "rise":
        return at + (until - at) * math.sqrt(u)
    if shape.kind == "hump":
        # Irwin–Hall: twelve uniforms make a bell without leaning on random.gauss
        bell = u + sum(rng.random() for _ in range(11)) - 6
        return at + bell * shape.width_min * 60
    rise_s, decay_s = shape.rise_min * 60, shape.width_min * 60
    in_rise = rise_s / 2 / (rise_s / 2 + decay_s)
    if rng.random() < in_rise:
        return at + rise_s * math.sqrt(u)
    return at + rise_s - decay_s * math.log(1 - u)
