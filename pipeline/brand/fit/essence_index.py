"""All brands' facets and no-go themes as vectors in one FAISS index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.brand.fit.shared_space import SharedSpace
from pipeline.brand.profile.profile import BrandProfile
from pipeline.enrich.encoders.encoder import Encoder
from pipeline.types import FloatArray

TOP_VECTORS = 2
"""A facet is met by the mean of its best two vectors: one odd example does not decide."""


class EssenceIndex:
    """Similarity of topics to every facet and every no-go theme of every brand.

    Parameters
    ----------
    profiles
        The brands.
    encoder
        Embeds facet texts and examples; the same that embeds posts.
    space
        Where facets and topics are compared.

    Notes
    -----
    Columns of all results are facets in the order of ``facets``: ``(brand index, facet index)``, then no-go themes in
    the order of ``themes``: ``(brand index, theme)``.
    """

    def __init__(self, profiles: Sequence[BrandProfile], encoder: Encoder, space: SharedSpace) -> None:
        import faiss

        self.profiles = tuple(profiles)
        self.facets = [(b, f) for b, profile in enumerate(profiles) for f in range(len(profile.facets))]
        self.space = space
        self.encoder = encoder
        texts: list[str] = []
        owner: list[int] = []
        for column, (b, f) in enumerate(self.facets):
            facet = profiles[b].facets[f]
            for text in (*facet.texts(), *facet.examples):
                texts.append(text)
                owner.append(column)
        self.themes = [(b, theme) for b, profile in enumerate(profiles) for theme in profile.no_go if theme.strip()]
        for column, (_, theme) in enumerate(self.themes, start=len(self.facets)):
            texts.append(theme)
            owner.append(column)
        self._owner: NDArray[np.int64] = np.array(owner, np.int64)
        brand_of = np.array([b for b, _ in self.facets], np.int64)
        self._columns = [np.flatnonzero(brand_of == b) for b in range(len(self.profiles))]
        theme_of = np.array([b for b, _ in self.themes], np.int64)
        self._theme_columns = [len(self.facets) + np.flatnonzero(theme_of == b) for b in range(len(self.profiles))]
        self._index: Any = faiss.IndexFlatIP(encoder.dimension)
        if texts:
            self._index.add(space.place(encoder.encode(texts)))

    def similarities(self, placed: FloatArray) -> FloatArray:
        """Facet and theme similarity of each text or topic.

        Parameters
        ----------
        placed
            ``(n, d) float32``, as :attr:`space` places them.

        Returns
        -------
        ``(n, columns) float32``: mean of the ``TOP_VECTORS`` best cosines of each facet, the cosine of each theme.
        """
        n_vectors = len(self._owner)
        n_columns = len(self.facets) + len(self.themes)
        out = np.zeros((len(placed), n_columns), np.float32)
        if not len(placed) or not n_vectors:
            return out
        scores, found = self._index.search(placed, n_vectors)
        by_vector = np.empty_like(scores)
        np.put_along_axis(by_vector, found, scores, axis=1)
        for column in range(n_columns):
            mine = np.sort(by_vector[:, self._owner == column], axis=1)[:, ::-1]
            out[:, column] = mine[:, :TOP_VECTORS].mean(axis=1)
        return out

    def columns_of(self, brand: int) -> NDArray[np.int64]:
        """Column numbers of one brand's facets."""
        return self._columns[brand]

    def themes_of(self, brand: int) -> NDArray[np.int64]:
        """Column numbers of one brand's no-go themes."""
        return self._theme_columns[brand]

    def weights_of(self, brand: int) -> NDArray[np.float64]:
        """Facet weights of one brand, the largest scaled to 1."""
        weights = np.array([facet.weight for facet in self.profiles[brand].facets], np.float64)
        scaled: NDArray[np.float64] = weights / weights.max()
        return scaled
