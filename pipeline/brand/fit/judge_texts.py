"""What the judge's space is learned from: subjects worded as facets are, and the same things said in many ways."""

from __future__ import annotations

from pathlib import Path

import msgspec

from configs.errors import ConfigError
from configs.settings import CONFIGS_DIR
from configs.word_lists import read_word_lists

FOLDER = CONFIGS_DIR / "judge"
_GAP = "{}"


class Both(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing in both languages."""

    en: str
    it: str


class Subjects(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the world talks about, line by line the same in both languages."""

    version: int
    en: tuple[str, ...]
    it: tuple[str, ...]


class Wordings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ways to say something (``{}`` stands for it), and things to say."""

    version: int
    wordings: tuple[Both, ...]
    texts: tuple[Both, ...]

    def said(self) -> tuple[tuple[str, ...], ...]:
        """Every wording of every text: a row a wording and language, in it the texts in their order.

        Examples
        --------
        >>> ways = Wordings(1, (Both("{}!", "{}!"),), (Both("bread", "pane"),))
        >>> ways.said()
        (('Bread!',), ('Pane!',))
        """
        rows = []
        for way in self.wordings:
            rows.append(tuple(_said(way.en, text.en) for text in self.texts))
            rows.append(tuple(_said(way.it, text.it) for text in self.texts))
        return tuple(rows)


def load_subjects(path: Path = FOLDER / "subjects.toml") -> Subjects:
    """The subjects that ship.

    Raises
    ------
    ConfigError
        The file is malformed, or the languages have different numbers of lines.
    """
    subjects = read_word_lists(path, Subjects)
    if len(subjects.en) != len(subjects.it):
        n_en, n_it = len(subjects.en), len(subjects.it)
        raise ConfigError(str(path), "it", f"has {n_it} lines, en has {n_en}", "say every line in both languages")
    return subjects


def load_wordings(path: Path = FOLDER / "wordings.toml") -> Wordings:
    """The wordings that ship.

    Raises
    ------
    ConfigError
        The file is malformed, or a wording has no place for what it says.
    """
    wordings = read_word_lists(path, Wordings)
    for i, way in enumerate(wordings.wordings):
        if _GAP not in way.en or _GAP not in way.it:
            raise ConfigError(str(path), f"wordings[{i}]", "has no {} in a language", "say where the text stands")
    return wordings


def as_facet(text: str) -> str:
    """A text worded as all facets, themes and subjects are: no closing stop, no capital of a sentence.

    A stop and a capital alone move a vector farther than another subject does.

    Examples
    --------
    >>> as_facet("Slow breakfasts with the family."), as_facet("NASA and space")
    ('slow breakfasts with the family', 'NASA and space')
    """
    text = text.strip().rstrip(".!;: ")
    return text[:1].lower() + text[1:] if len(text) > 1 and not text[1].isupper() else text


def _said(wording: str, text: str) -> str:
    if wording.startswith(_GAP) and wording != _GAP:
        text = text[:1].upper() + text[1:]
    return wording.replace(_GAP, text)
