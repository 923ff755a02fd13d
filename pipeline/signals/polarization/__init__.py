"""Polarization measures. A new one is one file and one line in :data:`MEASURES`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pipeline.signals.polarization.contract import Measure
from pipeline.signals.polarization.division import Division
from pipeline.signals.polarization.heat import Heat

MEASURES: Mapping[str, Callable[[], Measure]] = MappingProxyType(
    {
        "heat": Heat,
        "division": Division,
    }
)
"""Name in reports -> how to start measuring one topic."""
