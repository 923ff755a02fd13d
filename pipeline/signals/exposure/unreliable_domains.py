"""What a published list says about web domains. A domain that is not in it is unknown, never reliable."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from configs.errors import ConfigError

UNRELIABLE = frozenset({"unreliable", "fake", "conspiracy", "rumor"})
"""Categories that count as unreliable; ``mixed``, ``satire`` and ``reliable`` are only known."""
CATEGORIES = UNRELIABLE | {"mixed", "satire", "reliable"}


class DomainList:
    """Categories by domain.

    Parameters
    ----------
    categories
        Lower-case domain, without ``www.`` -> category.

    Examples
    --------
    >>> listed = DomainList({"example.org": "fake", "satire.example.com": "satire"})
    >>> listed.find("news.example.org"), listed.find("example.com"), listed.find("org")
    (('example.org', 'fake'), None, None)
    """

    def __init__(self, categories: Mapping[str, str]) -> None:
        self._categories = dict(categories)

    def __len__(self) -> int:
        return len(self._categories)

    def find(self, host: str) -> tuple[str, str] | None:
        """The listed domain that a host belongs to and its category; the nearest one counts."""
        while "." in host:
            category = self._categories.get(host)
            if category is not None:
                return host, category
            _, _, host = host.partition(".")
        return None


def load_domains(path: Path) -> DomainList:
    """Read a CSV file with the columns ``domain`` and ``category``.

    Raises
    ------
    ConfigError
        The file is missing, or a line has no domain or an unknown category.

    Examples
    --------
    >>> from configs.settings import CONFIGS_DIR
    >>> len(load_domains(CONFIGS_DIR / "unreliable_domains" / "cred1.csv")) > 2_000
    True
    """
    categories = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), 2):
                domain, category = (row.get("domain") or "").strip(), (row.get("category") or "").strip()
                if not domain or category not in CATEGORIES:
                    known = ", ".join(sorted(CATEGORIES))
                    raise ConfigError(
                        str(path), f"line {number}", f"is no domain with a category ({domain!r}, {category!r})", known
                    )
                categories[domain] = category
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(str(path), "", f"cannot be read ({error})", "restore the file that ships") from error
    return DomainList(categories)
