"""How many different authors: exact while few, estimated with bounded memory when many."""

from __future__ import annotations

from bisect import bisect_left

K_MINIMUM = 256
_SPACE = float(1 << 63)


def add_author(minimums: list[int], value: int) -> list[int]:
    """:meth:`AuthorSketch.add` on the kept hashes themselves, ascending: once a post, so without a sketch.

    Examples
    --------
    >>> add_author([3, 9], 5)
    [3, 5, 9]
    """
    if len(minimums) == K_MINIMUM and value >= minimums[-1]:
        return minimums
    place = bisect_left(minimums, value)
    if place == len(minimums) or minimums[place] != value:
        minimums.insert(place, value)
        del minimums[K_MINIMUM:]
    return minimums


class AuthorSketch:
    """K-minimum-values sketch: the ``K_MINIMUM`` smallest hashes seen.

    Source: Bar-Yossef et al., "Counting distinct elements in a data stream", RANDOM 2002.
    Relative standard error above 256 authors: about 6 %.

    Examples
    --------
    >>> from pipeline.types.pseudonyms import author_hash
    >>> sketch = AuthorSketch()
    >>> for name in ["anna", "bea", "anna"]:
    ...     sketch.add(author_hash(name))
    >>> sketch.count()
    2
    """

    def __init__(self, minimums: list[int] | None = None) -> None:
        self._minimums = set(minimums or ())
        self._largest = max(self._minimums, default=-1)

    def add(self, value: int) -> None:
        """Count one author hash."""
        kept = self._minimums
        if value in kept:
            return
        if len(kept) < K_MINIMUM:
            kept.add(value)
            self._largest = max(self._largest, value)
        elif value < self._largest:
            kept.remove(self._largest)
            kept.add(value)
            self._largest = max(kept)

    def merge(self, other: AuthorSketch) -> None:
        """Count everybody the other sketch counted."""
        for value in other.minimums():
            self.add(value)

    def count(self) -> int:
        """Distinct authors: exact up to ``K_MINIMUM``, estimated above."""
        if len(self._minimums) < K_MINIMUM:
            return len(self._minimums)
        return round((K_MINIMUM - 1) / (self._largest / _SPACE))

    def minimums(self) -> list[int]:
        """The kept hashes, ascending, for the checkpoint."""
        return sorted(self._minimums)
