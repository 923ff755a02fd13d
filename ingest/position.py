"""A place to resume from: the one idea that streams and sources share."""

from __future__ import annotations

import msgspec


class Position(msgspec.Struct, frozen=True, order=True):
    """Where to read next: always "after the last item read".

    ``token`` is opaque to everybody but the source or stream that made it; equal
    positions have equal tokens, so a compare-and-set on the token is enough.

    Examples
    --------
    >>> Position("0:15") == Position("0:15")
    True
    """

    token: str = ""


START = Position("")
"""The position before the first item, valid for every source and stream."""
