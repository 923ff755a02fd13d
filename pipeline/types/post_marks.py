"""What the words of a post do, as bits: one small number a post instead of a handful of flags."""

from __future__ import annotations

from enum import IntFlag


class PostMark(IntFlag):
    """Bits of ``PostTrace.marks``. What sets them: :mod:`pipeline.signals.post_reader`."""

    PROMOTIONAL = 1
    """Sells or advertises: an offer, a call to buy, a shop link."""
    DISCLOSED = 2
    """Says that it is paid for (``#adv``, ``sponsored``)."""
    HEDGED = 4
    """Passes on what it calls unconfirmed."""
    ASKS = 8
    """Asks something and seems to want an answer."""
    SELF_MADE = 16
    """Says that its author made, cooked, drew or filmed something."""
