"""What is different between two profiles, field by field, in a form that every language can say.

Facets, competitors and experts are matched by name, so that moving one is no change of what it says. Handles of an
audience are counted, never listed: a history is no place for people's names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec

from pipeline.brand.profile.profile import BrandProfile, Facet

Action = Literal["added", "removed", "changed", "moved"]
"""``moved``: the same things in another order."""

COUNTED = frozenset({"audience"})
"""Fields whose items are people."""

DEFAULT = ""
"""What a value that is not written is said to be: the deployment's setting, or nothing."""


class ProfileChange(msgspec.Struct, frozen=True):
    """One difference.

    ``field`` of the profile; ``owner`` the facet, competitor or expert it is in, and ``part`` which of its fields;
    ``before`` and ``after`` as written, :data:`DEFAULT` where not written.
    """

    field: str
    action: Action
    before: str = DEFAULT
    after: str = DEFAULT
    owner: str = ""
    part: str = ""


def profile_changes(old: BrandProfile, new: BrandProfile) -> tuple[ProfileChange, ...]:
    """Every difference, in the order of the profile's fields; none exactly when both are equal.

    Examples
    --------
    >>> bread = BrandProfile(id="b", name="B", facets=(Facet(name="bread", text="bread"),))
    >>> rye = msgspec.structs.replace(bread.facets[0], weight=0.5)
    >>> [str_change(change) for change in profile_changes(bread, msgspec.structs.replace(bread, facets=(rye,)))]
    ['facets “bread”, weight: 1 → 0.5']
    """
    return tuple(_differences(old, new, "", ""))


def str_change(change: ProfileChange) -> str:
    """One line of English, for the terminal; the board has its own words."""
    where = change.field + (f" “{change.owner}”" if change.owner else "") + (f", {change.part}" if change.part else "")
    if change.action == "changed":
        return f"{where}: {change.before or '(not set)'} → {change.after or '(not set)'}"
    if change.action == "moved":
        return f"{where}: another order"
    item = change.after or change.before
    return f"{where}: {change.action}" + (f" “{item}”" if item else "")


def _differences(old: msgspec.Struct, new: msgspec.Struct, field: str, owner: str) -> Iterator[ProfileChange]:
    for info in msgspec.structs.fields(new):
        before, after = getattr(old, info.name), getattr(new, info.name)
        if before != after:
            yield from _field(info.name, before, after, field, owner)


def _field(name: str, before: Any, after: Any, field: str, owner: str) -> Iterator[ProfileChange]:
    field, part = (field, name) if field else (name, "")
    if isinstance(after, msgspec.Struct):
        yield from _differences(before, after, field, owner)
    elif _named(before) or _named(after):
        yield from _things(field, before, after)
    elif isinstance(before, tuple) and isinstance(after, tuple) and name not in COUNTED:
        yield from _items(field, owner, part, before, after)
    else:
        old, new = _said(name, before), _said(name, after)
        if old == new:  # as many people as before, but others
            old, new = f"{old} (−{_gone(before, after)})", f"{new} (+{_gone(after, before)})"
        yield ProfileChange(field, "changed", old, new, owner, part)


def _things(field: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[ProfileChange]:
    old, new = _by_name(before), _by_name(after)
    for name in old:
        if name not in new:
            yield ProfileChange(field, "removed", owner=name)
    for name, thing in new.items():
        if name not in old:
            yield ProfileChange(field, "added", owner=name)
        elif thing != old[name]:
            yield from _differences(old[name], thing, field, name)
    if [name for name in old if name in new] != [name for name in new if name in old]:
        yield ProfileChange(field, "moved")


def _items(field: str, owner: str, part: str, before: Sequence[str], after: Sequence[str]) -> Iterator[ProfileChange]:
    left, found = list(before), False
    for item in after:
        if item in left:
            left.remove(item)
        else:
            found = True
            yield ProfileChange(field, "added", after=item, owner=owner, part=part)
    for item in left:
        found = True
        yield ProfileChange(field, "removed", before=item, owner=owner, part=part)
    if not found:
        yield ProfileChange(field, "moved", owner=owner, part=part)


def _by_name(things: Sequence[Any]) -> dict[str, Any]:
    """Things by name; those of one name are told apart by their place among them."""
    found: dict[str, Any] = {}
    for thing in things:
        name = thing.label() if isinstance(thing, Facet) else str(thing.name)
        place = sum(1 for known in found if known == name or known.startswith(f"{name} #")) + 1
        found[name if place == 1 else f"{name} #{place}"] = thing
    return found


def _named(value: object) -> bool:
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], msgspec.Struct)


def _said(name: str, value: object) -> str:
    """A value as people read it."""
    if value is None:
        return DEFAULT
    if name in COUNTED and not isinstance(value, str):
        return str(len(value)) if isinstance(value, tuple) else str(value)
    if isinstance(value, dict):
        return " · ".join(f"{key}: {value[key]}" for key in sorted(value))
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value)


def _gone(before: object, after: object) -> int:
    if isinstance(before, tuple) and isinstance(after, tuple):
        return len(set(before) - set(after))
    return 0
