"""The text banks: one TOML file a topic, written by hand, all names invented."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from configs.settings import convert, read_toml

BANKS_DIR = Path(__file__).parent / "banks"

Lang = Literal["it", "en"]
LANGS: tuple[Lang, Lang] = ("it", "en")
Share = Annotated[float, Meta(ge=0, le=1)]


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One stretch of a topic's day. Times are ``HH:MM`` UTC.

    ``spike``: from ``at``, ``rise_min`` minutes up, then exponential decay with mean ``width_min``.
    ``hump``: bell around ``at``, standard deviation ``width_min``.
    ``rise``: grows from ``at`` until ``until``, then stops. ``flat``: even between the two.
    """

    kind: Literal["spike", "hump", "rise", "flat"]
    at: str
    until: str = "23:00"
    rise_min: float = 10
    width_min: float = 60
    weight: float = 1.0


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Patterns of one voice in a topic, one a line.

    A line beginning ``N:`` is a headline and comes from a newsroom feed; ``P:`` comes from a shop or brand account.
    """

    name: str
    it: str
    en: str
    share: Share = 1.0
    camp: Literal["for", "against"] | None = None
    shapes: tuple[Shape, ...] = ()
    tails: bool = True

    def patterns(self, lang: Lang) -> tuple[str, ...]:
        """The patterns of one language."""
        return lines_of(self.it if lang == "it" else self.en)


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a good monitor should say.

    ``hazards`` must be found, ``hazards_also`` may be; ``verdicts`` maps a brand id to the acceptable verdicts.
    """

    story: str
    verdicts: dict[str, tuple[Literal["RIDE", "NUANCE", "WATCH", "RISKY", "IGNORE"], ...]]
    hazards: tuple[str, ...] = ()
    hazards_also: tuple[str, ...] = ()
    nuances: dict[str, str] = {}


class Bank(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One topic, or the chatter when ``hashtag`` is empty."""

    n: Annotated[int, Meta(gt=0)]
    groups: tuple[Group, ...]
    shapes: tuple[Shape, ...]
    hashtag: str = ""
    tag_rate: Share = 0.86
    copies: Share = 0.0
    links: Share = 0.03
    emoji: str = ""
    emoji_rate: Share = 0.4
    extra_tags: tuple[str, ...] = ()
    openers: dict[Lang, str] = {}
    tails: dict[Lang, str] = {}
    tail_rate: Share = 0.45
    slots: dict[str, tuple[str, ...]] = {}
    slots_it: dict[str, tuple[str, ...]] = {}
    slots_en: dict[str, tuple[str, ...]] = {}
    expected: Expected | None = None

    def slots_of(self, lang: Lang) -> dict[str, tuple[str, ...]]:
        """Word lists a pattern of this language may name."""
        return self.slots | (self.slots_it if lang == "it" else self.slots_en)


def lines_of(block: str) -> tuple[str, ...]:
    """Non-empty lines, trimmed.

    Examples
    --------
    >>> lines_of(" one \\n\\n two ")
    ('one', 'two')
    """
    return tuple(line.strip() for line in block.splitlines() if line.strip())


def load_bank(path: Path) -> Bank:
    """Read and check one bank.

    Raises
    ------
    ConfigError
        The file does not have the shape of a bank.
    """
    return convert(read_toml(path), Bank, path.name)


def load_banks(folder: Path = BANKS_DIR) -> dict[str, Bank]:
    """All banks by key, which is the file's name, in alphabetical order."""
    return {path.stem: load_bank(path) for path in sorted(folder.glob("*.toml"))}
