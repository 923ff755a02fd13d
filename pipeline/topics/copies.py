"""Texts seen lately, so that a copy is counted with its original instead of clustered again."""

from __future__ import annotations

from collections.abc import Iterator

CAPACITY = 65_536


class Copies:
    """The last ``CAPACITY`` distinct text hashes and the topic each went to.

    Examples
    --------
    >>> copies = Copies()
    >>> copies.remember(11, topic=3)
    >>> copies.redirect(3, 1)
    >>> copies.topic_of(11), copies.topic_of(12)
    (1, None)
    """

    def __init__(self) -> None:
        self._topic_of: dict[int, int] = {}

    def topic_of(self, text_hash: int) -> int | None:
        """Topic of the text, if it was seen lately."""
        return self._topic_of.get(text_hash)

    def remember(self, text_hash: int, topic: int) -> None:
        """Note a text; the oldest one is forgotten when there are too many."""
        self._topic_of.pop(text_hash, None)
        self._topic_of[text_hash] = topic
        if len(self._topic_of) > CAPACITY:
            del self._topic_of[next(iter(self._topic_of))]

    def redirect(self, old: int, new: int) -> None:
        """Texts of topic ``old`` belong to ``new`` from now on."""
        for text_hash, topic in self._topic_of.items():
            if topic == old:
                self._topic_of[text_hash] = new

    def items(self) -> Iterator[tuple[int, int]]:
        """(text hash, topic), oldest first."""
        return iter(self._topic_of.items())
