"""How much of a topic's voices are the brand's own audience, and whether that is more than chance.

The list may hold handles or SHA-256 digests of them; only hashes are kept here, whichever it was.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from configs.errors import ConfigError
from pipeline.brand.profile.profile import BrandProfile
from pipeline.signals.intervals import wilson
from pipeline.types import Score
from pipeline.types.pseudonyms import handle_hash, normal_handle, read_digest
from pipeline.types.voices import AudienceShare

MIN_VOICES = 5
"""Fewer known voices say nothing about whose topic it is."""

MIN_STREAM_VOICES = 50
"""Fewer remembered authors say nothing about chance."""

_COLUMNS = ("handle", "hash", "sha256", "account", "username", "user")
"""Headings under which an export may list its accounts; without one of them the first column is taken."""

_Z = NormalDist().inv_cdf(0.95)


@dataclass(frozen=True)
class Audience:
    """The accounts a brand calls its audience: ascending 63-bit hashes ``(n,) int64``, each once."""

    hashes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.hashes)

    def has(self, voices: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these hashes ``(m,)`` are on the list."""
        return np.isin(voices, self.hashes)


def load_audience(profile: BrandProfile, salt: str = "") -> Audience | None:
    """The audience of a profile; ``None`` where it names nobody.

    Parameters
    ----------
    profile
        ``audience`` is a list, or the path of a CSV file with one account a line.
    salt
        Of the digests in the list; handles in plain text are hashed with it here.

    Raises
    ------
    ConfigError
        The file cannot be read, or names nobody.

    Examples
    --------
    >>> from pipeline.brand.profile.profile import Facet
    >>> profile = BrandProfile("b", "B", (Facet("bread"),), audience=("@anna", "Anna", "bea"))
    >>> len(load_audience(profile))
    2
    """
    if isinstance(profile.audience, str):
        if not profile.audience:
            return None
        listed: Iterable[str] = _read_file(Path(profile.audience), profile.id)
    else:
        listed = profile.audience
    hashes = {_hash_of(entry, salt) for entry in listed if normal_handle(entry)}
    return Audience(np.array(sorted(hashes), np.int64)) if hashes else None


def audience_share(audience: Audience, voices: NDArray[np.int64], stream: NDArray[np.int64]) -> AudienceShare | None:
    """The share among ``voices``, and its lift over the share among all voices of the stream.

    Parameters
    ----------
    voices
        Distinct authors of the topic by handle hash, ``(n,) int64``.
    stream
        Distinct remembered authors of the stream, those of the topic among them.

    Returns
    -------
    ``None`` with fewer than :data:`MIN_VOICES` voices.

    Examples
    --------
    >>> audience = Audience(np.arange(10))
    >>> found = audience_share(audience, np.arange(5, 25), np.arange(200))
    >>> found.share.value, found.chance.value, found.lift.value
    (0.25, 0.05, 5.0)
    """
    n = len(voices)
    if n < MIN_VOICES:
        return None
    members = int(audience.has(voices).sum())
    share = Score(members / n, n, *wilson(members / n, n), "audience-share/1")
    if len(stream) < max(MIN_STREAM_VOICES, n):
        return AudienceShare(share, members)
    everywhere = max(members, int(audience.has(stream).sum()))
    value = everywhere / len(stream)
    chance = Score(value, len(stream), *wilson(value, len(stream)), "audience-chance/1")
    return AudienceShare(share, members, chance, _lift(members, n, everywhere, len(stream)))


def _lift(members: int, n: int, everywhere: int, n_all: int) -> Score | None:
    """Ratio of the two shares with an interval on the log scale.

    The topic is a part of the stream, so what both counts share is not counted as chance twice: the delta method on
    ``log(a/n) − log((a+b)/N)`` with ``a`` and ``b`` independent. Half a count is added against zeros.

    Source: Katz, Baptista, Azen & Pike, "Obtaining confidence intervals for the risk ratio in cohort studies",
    Biometrics 1978; the half counts: Walter, "The distribution of Levin's measure of attributable risk", Biometrika
    1975.
    """
    if everywhere == 0:
        return None
    outside, n_outside = everywhere - members, n_all - n
    value = (members / n) / (everywhere / n_all)
    a, b = members + 0.5, outside + 0.5 if n_outside else 0.0
    inside_share = a / (n + 1)
    outside_share = b / (n_outside + 1) if n_outside else 0.0
    both = a + b
    variance = (1 / a - 1 / both) ** 2 * a * (1 - inside_share) + b * (1 - outside_share) / both**2
    centre = math.log(inside_share) - math.log(both / (n_all + 1 + bool(n_outside)))
    half = _Z * math.sqrt(variance)
    low, high = math.exp(centre - half), math.exp(centre + half)
    return Score(value, n, min(low, value), max(high, value), "audience-lift/1")


def distinct_voices(handles: Iterable[int | None]) -> NDArray[np.int64]:
    """Known handles, each once, ascending.

    Examples
    --------
    >>> distinct_voices([5, None, 3, 5]).tolist()
    [3, 5]
    """
    return np.array(sorted({handle for handle in handles if handle is not None}), np.int64)


def _hash_of(entry: str, salt: str) -> int:
    digest = read_digest(entry)
    return handle_hash(entry, salt) if digest is None else digest


def _read_file(path: Path, brand: str) -> list[str]:
    where = f"brand {brand}"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        problem = f"the file {path} cannot be read ({error.strerror})"
        raise ConfigError(where, "audience", problem, "correct the path; it is relative to the brand file") from error
    except UnicodeDecodeError as error:
        raise ConfigError(where, "audience", f"the file {path} is not UTF-8", "save it as UTF-8") from error
    rows = [
        row for row in csv.reader(text.splitlines(), delimiter=_delimiter(text)) if any(cell.strip() for cell in row)
    ]
    column, below = _column(rows)
    listed = [row[column].strip() for row in below if len(row) > column and row[column].strip()]
    if not listed:
        problem = f"the file {path} names no account"
        raise ConfigError(where, "audience", problem, "write one handle or SHA-256 digest a line, or remove the key")
    return listed


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count) if any(sign in first for sign in ",;\t") else ","


def _column(rows: Sequence[Sequence[str]]) -> tuple[int, Sequence[Sequence[str]]]:
    """Which column lists the accounts, and the rows without a heading."""
    if not rows:
        return 0, rows
    heading = [cell.strip().lower() for cell in rows[0]]
    for name in _COLUMNS:
        if name in heading:
            return heading.index(name), rows[1:]
    return 0, rows
