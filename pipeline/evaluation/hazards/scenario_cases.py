"""The scenario cases: documented marketing moments retold in posts of ours, mixed into a day of everyday chatter."""

from __future__ import annotations

import gzip
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from configs.demo.bank import BANKS_DIR as DEMO_BANKS
from configs.demo.bank import LANGS, Lang, Shape, lines_of, load_bank
from configs.demo.build import MIDNIGHT, PEOPLE_PER_LANGUAGE
from configs.demo.grammar import pick, shuffled
from configs.demo.people import Account, make_people
from configs.demo.shapes import draw_second
from configs.demo.writer import BankWriter, Draft
from configs.errors import ConfigError
from configs.settings import CONFIGS_DIR, convert, read_toml
from pipeline.brand.profile.profile import BrandProfile

SCENARIOS_DIR = CONFIGS_DIR / "scenarios"
CHATTER_POSTS = 480
RUSH = Shape(kind="spike", at="15:00", rise_min=60, width_min=120)
"""When the posts of a case are written: an afternoon that starts fast and ebbs, amid chatter from dawn to night."""
VOICE_AGAIN_RATE = 0.1
REPLY_RATE = 0.1

Expected = Literal["avoid", "watch", "adapt", "ride"]


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One moment and the brand it tempted.

    ``it``, ``en``: posts, one a line. ``hazards_any``: at least one of them has to be named; ``hazards_also`` are
    no mistake. ``day``: month and day it has to happen on, where a calendar matters.
    """

    id: str
    story: str
    expected: Expected
    it: str
    en: str
    brand: BrandProfile
    hazards_any: tuple[str, ...] = ()
    hazards_also: tuple[str, ...] = ()
    day: Annotated[str, Meta(pattern=r"^\d\d-\d\d$")] | None = None

    def posts(self, lang: Lang) -> tuple[str, ...]:
        """The posts of one language.

        Examples
        --------
        >>> load_cases()[0].posts("en")[0].split()[0]
        '#WhyIStayed'
        """
        return lines_of(self.it if lang == "it" else self.en)

    @property
    def is_friendly(self) -> bool:
        """Whether a brand may take part: as it is, or with care."""
        return self.expected in ("ride", "adapt")


class _CaseFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cases: tuple[Case, ...]


class ScenarioLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a stream, as ``trendsieve assess`` reads it; the language is left for the pipeline to find."""

    id: str
    text: str
    author: str
    source: str
    created_at: str
    reply_to: str | None = None


def load_cases(folder: Path = SCENARIOS_DIR) -> tuple[Case, ...]:
    """All cases, in the order of the files.

    Raises
    ------
    ConfigError
        A file does not have the shape of cases, or two cases share an id.

    Examples
    --------
    >>> len(load_cases())
    20
    """
    cases = [
        case for path in sorted(folder.glob("*.toml")) for case in convert(read_toml(path), _CaseFile, path.name).cases
    ]
    ids = [case.id for case in cases]
    double = next((case_id for case_id in ids if ids.count(case_id) > 1), None)
    if double is not None:
        raise ConfigError(str(folder), "cases.id", f"'{double}' is used twice", "give each case its own id")
    return tuple(cases)


def is_of_case(post_id: str) -> bool:
    """Whether a line of :func:`case_stream` belongs to the case.

    Examples
    --------
    >>> is_of_case("case-007"), is_of_case("chatter-007")
    (True, False)
    """
    return post_id.startswith("case-")


def case_stream(case: Case, seed: int) -> tuple[ScenarioLine, ...]:
    """The posts of the case amid :data:`CHATTER_POSTS` everyday posts, in the order of their time.

    The chatter comes from the grammar of the demo and is the same for every case of a seed.

    Parameters
    ----------
    case
        Whose posts.
    seed
        Times, authors, replies and chatter follow from it.
    """
    people = {lang: make_people(random.Random(f"{seed}:people"), lang, PEOPLE_PER_LANGUAGE) for lang in LANGS}
    midnight = _midnight(case)
    lines = [
        _line(f"chatter-{i:03}", draft.text, draft.account, midnight + timedelta(seconds=draft.second))
        for i, draft in enumerate(_chatter(people, seed))
    ]
    lines += _case_lines(case, people, midnight, random.Random(f"{seed}:{case.id}"))
    return tuple(sorted(lines, key=lambda line: (line.created_at, line.id)))


def pack(lines: Sequence[ScenarioLine]) -> bytes:
    """JSON lines, gzip-compressed."""
    return gzip.compress(b"".join(msgspec.json.encode(line) + b"\n" for line in lines), mtime=0)


def _midnight(case: Case) -> datetime:
    if case.day is None:
        return MIDNIGHT
    month, day = case.day.split("-")
    return MIDNIGHT.replace(month=int(month), day=int(day))


def _chatter(people: dict[Lang, list[Account]], seed: int) -> list[Draft]:
    bank = msgspec.structs.replace(load_bank(DEMO_BANKS / "chatter.toml"), n=CHATTER_POSTS)
    return BankWriter("chatter", bank, people, set(), seed).write()


def _case_lines(
    case: Case, people: dict[Lang, list[Account]], midnight: datetime, rng: random.Random
) -> list[ScenarioLine]:
    voices = {lang: shuffled(rng, people[lang]) for lang in LANGS}
    drafts: list[tuple[int, str, Account]] = []
    for lang in LANGS:
        for i, text in enumerate(case.posts(lang)):
            again = i > 0 and rng.random() < VOICE_AGAIN_RATE
            account = pick(rng, voices[lang][:i]) if again else voices[lang][i]
            drafts.append((draw_second(rng, [RUSH]), text, account))
    lines: list[ScenarioLine] = []
    for i, (second, text, account) in enumerate(sorted(drafts, key=lambda draft: draft[:2])):
        line = _line(f"case-{i:03}", text, account, midnight + timedelta(seconds=second))
        if lines and rng.random() < REPLY_RATE:
            line = msgspec.structs.replace(line, reply_to=pick(rng, lines).id)
        lines.append(line)
    return lines


def _line(post_id: str, text: str, account: Account, at: datetime) -> ScenarioLine:
    return ScenarioLine(post_id, text, account.handle, account.source, at.strftime("%Y-%m-%dT%H:%M:%SZ"))
