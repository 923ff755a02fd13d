"""What a flag may hold; anything else ends as one line that names the flag."""

from __future__ import annotations

import argparse
import math


def port(text: str) -> int:
    """A port number; 0 picks a free one.

    Examples
    --------
    >>> port("8501")
    8501
    """
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; give a number from 0 to 65535")
    return int(text)


def speed(text: str) -> float:
    """Event seconds a second: any positive number."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not (value > 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number; 60 plays an hour in a minute")
    return value


def amount(text: str) -> int:
    """A whole number above zero."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above zero")
    return int(text)
