"""Who inside could credibly speak: experts' fields against a topic, and against what people ask in it.

A raw cosine means nothing, so an expert is held against everyday subjects: how many of them are further from his
fields than the topic is. All fields of all brands are one matrix; no topic costs a call of the encoder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.brand.fit.shared_space import SharedSpace
from pipeline.brand.profile.profile import BrandProfile, Expert
from pipeline.enrich.encoders.encoder import Encoder
from pipeline.types import FloatArray
from pipeline.types.voices import ExpertMatch

CREDIBLE_PERCENTILE = 99.0
"""Everyday subjects that must be further from an expert's fields than a topic he is named for."""

CREDIBLE_Z = 4.5
"""Robust standard deviations above the everyday subject it must be as well: no few hundred subjects reach so far into
the tail, and a vague field ("formulation") has hardly any tail at all."""

QUESTION_PERCENTILE = 97.0
"""The same for single posts, which are noisier than topics: no question is named on a weaker tie."""

MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True)
class Everyday:
    """What fields are held against: ``subjects`` ``(n, d)``, one vector a subject, as topics are means of posts;
    ``lines`` ``(m, d)``, single sentences, as questions are. Both as the encoder gave them."""

    subjects: FloatArray
    lines: FloatArray


class ExpertIndex:
    """The experts of all brands.

    Parameters
    ----------
    profiles
        The brands.
    encoder, space
        Embed the fields; the same that embeds posts, compared where fit is judged.
    everyday
        What a tie must be stronger than.
    """

    def __init__(
        self, profiles: Sequence[BrandProfile], encoder: Encoder, space: SharedSpace, everyday: Everyday
    ) -> None:
        self._space = space
        self._experts: list[Expert] = []
        self._of_brand: list[list[int]] = []
        fields: list[str] = []
        owner: list[int] = []
        for profile in profiles:
            mine = [expert for expert in profile.experts if any(field.strip() for field in expert.fields)]
            self._of_brand.append(list(range(len(self._experts), len(self._experts) + len(mine))))
            for expert in mine:
                named = [field for field in expert.fields if field.strip()]
                fields += named
                owner += [len(self._experts)] * len(named)
                self._experts.append(expert)
        self._fields = fields
        self._owner: NDArray[np.int64] = np.array(owner, np.int64)
        self._subjects = self._lines = np.zeros((0, 0))
        if fields:
            self._vectors = space.place(encoder.encode(fields))
            # one scale for both: the spread of subjects is what the best field is chosen on
            self._centre, self._spread = _scale(self._cosines(everyday.subjects))
            self._subjects = np.sort(self._best(self._z(everyday.subjects))[0], axis=0)
            self._lines = np.sort(self._best(self._z(everyday.lines))[0], axis=0)

    def __bool__(self) -> bool:
        return bool(self._fields)

    def has(self, brand: int) -> bool:
        """Whether the brand names any expert with a field."""
        return bool(self._of_brand[brand])

    def match(
        self, centre: FloatArray, questions: FloatArray, question_ids: Sequence[str]
    ) -> tuple[ExpertMatch | None, ...]:
        """For each brand the expert who is nearest to the topic; ``None`` where nobody is near enough.

        Parameters
        ----------
        centre
            ``(d,)``: mean of the topic's posts.
        questions, question_ids
            ``(q, d)`` posts that ask something, the most asked first, and their ids.
        """
        if not self:
            return (None,) * len(self._of_brand)
        z, field = self._best(self._z(np.vstack([centre[None], questions])))
        topic = _percentile(self._subjects, z[0])
        credible = (topic >= CREDIBLE_PERCENTILE) & (z[0] >= CREDIBLE_Z)
        found: list[ExpertMatch | None] = []
        for mine in self._of_brand:
            near = [expert for expert in mine if credible[expert]]
            if not near:
                found.append(None)
                continue
            chosen = max(near, key=lambda expert: (z[0, expert], -expert))
            question = question_field = None
            if len(questions):
                row = 1 + int(np.argmax(z[1:, chosen]))
                if _percentile(self._lines, z[row])[chosen] >= QUESTION_PERCENTILE:
                    question, question_field = question_ids[row - 1], self._fields[int(field[row, chosen])]
            expert, named = self._experts[chosen], self._fields[int(field[0, chosen])]
            n, percentile = len(self._subjects), float(topic[chosen])
            found.append(ExpertMatch(expert.name, expert.role, named, percentile, n, question, question_field))
        return tuple(found)

    def _cosines(self, embeddings: FloatArray) -> NDArray[np.float64]:
        return (self._space.place(embeddings) @ self._vectors.T).astype(np.float64)

    def _z(self, embeddings: FloatArray) -> NDArray[np.float64]:
        z: NDArray[np.float64] = (self._cosines(embeddings) - self._centre) / self._spread
        return z

    def _best(self, z: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """``(n, experts)``: each expert's best field, and its number."""
        best = np.empty((len(z), len(self._experts)))
        field = np.empty((len(z), len(self._experts)), np.int64)
        for expert in range(len(self._experts)):
            columns = np.flatnonzero(self._owner == expert)
            place = np.argmax(z[:, columns], axis=1)
            field[:, expert] = columns[place]
            best[:, expert] = np.take_along_axis(z[:, columns], place[:, None], axis=1)[:, 0]
        return best, field


def _scale(cosines: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    centre = np.median(cosines, axis=0)
    return centre, np.maximum(MAD_TO_SIGMA * np.median(np.abs(cosines - centre), axis=0), 1e-3)


def _percentile(background: NDArray[np.float64], best: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each expert's ``best`` ``(experts,)`` in the ascending columns of ``background`` ``(n, experts)``."""
    below = (background < best).sum(axis=0)
    result: NDArray[np.float64] = 100.0 * below / max(len(background), 1)
    return result
