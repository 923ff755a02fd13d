"""Real news events graded for brands by two annotators: data of others for brand fit."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from configs.errors import InputError
from pipeline.brand.profile.profile import BrandProfile, Facet

FOLDER = "fit"
HEADLINES = "headlines_lab.jsonl"
TRUE_GRADE = 2.0
"""Mean grade of both annotators from which an event is a brand's own (3 core, 2 fits, 1 near, 0 not)."""

Spoken = Literal["both", "it", "en"]


class _Profiles(msgspec.Struct, frozen=True):
    profiles: dict[str, dict[str, tuple[str, ...]]]


@dataclass(frozen=True)
class EventSet:
    """Events and brands with their grades.

    ``grades`` ``(events, brands) float64``: mean of the annotators, 0 to 3; ``headlines``: where the posts are, each
    with the event it belongs to as its label, or none; ``texts``: facets of a brand by language.
    """

    events: tuple[str, ...]
    brands: tuple[str, ...]
    grades: NDArray[np.float64]
    headlines: Path
    texts: dict[str, dict[str, tuple[str, ...]]]

    def is_own(self) -> NDArray[np.bool_]:
        """``(events, brands)``: the pairs that both annotators together call the brand's own."""
        return self.grades >= TRUE_GRADE

    def profiles(self, spoken: Spoken = "both") -> tuple[BrandProfile, ...]:
        """The brands as profiles, with facets in both languages or in one."""
        return tuple(self._profile(brand, spoken) for brand in self.brands)

    def _profile(self, brand: str, spoken: Spoken) -> BrandProfile:
        told = self.texts[brand]
        languages = ("it", "en") if spoken == "both" else (spoken,)
        facets = tuple(
            Facet(name=f"facet {i + 1}", text={language: told[language][i] for language in languages})
            for i in range(len(told["en"]))
        )
        return BrandProfile(id=brand, name=brand.title(), facets=facets)


def load_events(data: Path) -> EventSet:
    """The events of the lab.

    Raises
    ------
    InputError
        A file is missing or does not have the shape of its kind.
    """
    folder = data / FOLDER
    try:
        with (folder / "event_grades.tsv").open(encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle, delimiter="\t"))
        told = msgspec.json.decode((folder / "profiles.json").read_bytes(), type=_Profiles).profiles
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror}); name the lab data with --data") from error
    except msgspec.DecodeError as error:
        raise InputError(f"{folder / 'profiles.json'}: {error}") from error
    brands = tuple(told)
    try:
        grades = [[(float(row[f"{brand}_A"]) + float(row[f"{brand}_B"])) / 2 for brand in brands] for row in rows]
    except (KeyError, ValueError) as error:
        raise InputError(f"{folder / 'event_grades.tsv'}: no grade where one is needed ({error})") from error
    events = tuple(row["event"] for row in rows)
    return EventSet(events, brands, np.array(grades), folder / HEADLINES, told)
