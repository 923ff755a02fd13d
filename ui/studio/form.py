"""A profile as the fields of a form, and back. Pure.

A field nobody touched gives back exactly what it was made of, whatever odd text that was: a field is compared with how
its value would be shown, and only a field that differs is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from configs.errors import ConfigError
from configs.settings import convert
from pipeline.brand.profile.profile import BrandProfile, Competitor, Expert, Facet, Thresholds, checked

SOURCE = "profile"
"""What errors call the form."""
ANY_LANGUAGE = ""
"""Key of a facet's text that names no language."""
SHOWN_LANGUAGES = ("it", "en")
"""Languages a facet is always offered a field in."""
_CELL = " | "

T = TypeVar("T")


class FacetForm(msgspec.Struct, frozen=True):
    """Fields of one facet; ``texts`` by language, ``examples`` one a line."""

    name: str
    weight: float
    texts: tuple[tuple[str, str], ...]
    examples: str


class StudioForm(msgspec.Struct, frozen=True, kw_only=True):
    """Every field of the studio. Lists are one item a line; ``None``: the deployment's threshold."""

    id: str
    name: str
    essence: str
    tone: str
    no_go: str
    handles: str
    audience: str
    competitors: str
    experts: str
    ride_percentile: float | None
    watch_percentile: float | None
    facets: tuple[FacetForm, ...]


def form_of(profile: BrandProfile) -> StudioForm:
    """The fields that show a profile.

    Examples
    --------
    >>> bread = BrandProfile(id="b", name="B", facets=(Facet(text="bread"),), tone=("warm", "slow"))
    >>> form_of(bread).tone.splitlines(), profile_from(form_of(bread), bread) == bread
    (['warm', 'slow'], True)
    """
    return StudioForm(
        id=profile.id,
        name=profile.name,
        essence=profile.essence,
        tone=_lines(profile.tone),
        no_go=_lines(profile.no_go),
        handles=_lines(profile.handles),
        audience=_audience(profile.audience),
        competitors=_rivals(profile.competitors),
        experts=_experts(profile.experts),
        ride_percentile=profile.thresholds.ride_percentile,
        watch_percentile=profile.thresholds.watch_percentile,
        facets=tuple(facet_form(facet) for facet in profile.facets),
    )


def facet_form(facet: Facet) -> FacetForm:
    """The fields that show a facet: a text each for the shown languages and for those it has."""
    return FacetForm(facet.name, facet.weight, _texts(facet.text), _lines(facet.examples))


def profile_from(form: StudioForm, base: BrandProfile) -> BrandProfile:
    """The profile that the fields describe.

    Parameters
    ----------
    form
        As it is now.
    base
        What the form was made of; it gives every field that was not touched.

    Raises
    ------
    ConfigError
        The key, what is wrong and how to fix it.
    """

    def kept(shown: str, value: T, show: Callable[[T], str], read: Callable[[str], T]) -> T:
        return value if shown == show(value) else read(shown)

    profile = BrandProfile(
        id=form.id.strip(),
        name=kept(form.name, base.name, str, str.strip),
        essence=kept(form.essence, base.essence, str, str.strip),
        tone=kept(form.tone, base.tone, _lines, _items),
        no_go=kept(form.no_go, base.no_go, _lines, _items),
        handles=kept(form.handles, base.handles, _lines, _items),
        audience=kept(form.audience, base.audience, _audience, _read_audience),
        competitors=kept(form.competitors, base.competitors, _rivals, lambda shown: _read_rivals(shown, base)),
        experts=kept(form.experts, base.experts, _experts, lambda shown: _read_experts(shown, base)),
        thresholds=Thresholds(form.ride_percentile, form.watch_percentile),
        facets=tuple(_facet(facet, base.facets) for facet in form.facets),
    )
    # through plain values, so that every rule of a brand file is checked here, too
    return checked(convert(msgspec.to_builtins(profile), BrandProfile, SOURCE), SOURCE)


def _facet(form: FacetForm, known: Sequence[Facet]) -> Facet:
    # by what is shown: facets can be added and taken away, so their places say nothing
    same = next((facet for facet in known if facet_form(facet) == form), None)
    if same is not None:
        return same
    like = next((facet for facet in known if facet.name == form.name), Facet())
    texts = {language: text.strip() for language, text in form.texts if text.strip()}
    if _texts(like.text) == form.texts:
        text: str | dict[str, str] = like.text
    elif ANY_LANGUAGE in texts and len(texts) > 1:
        fix = "move it to the field of its language, or clear the others"
        raise ConfigError(SOURCE, f"facets '{form.name}'", "has a text without a language beside others", fix)
    else:
        text = texts.get(ANY_LANGUAGE, "") if ANY_LANGUAGE in texts or not texts else texts
    examples = like.examples if _lines(like.examples) == form.examples else _items(form.examples)
    return Facet(text=text, name=form.name.strip(), weight=form.weight, examples=examples)


def _texts(text: str | dict[str, str]) -> tuple[tuple[str, str], ...]:
    given = {ANY_LANGUAGE: text} if isinstance(text, str) and text else text if isinstance(text, dict) else {}
    rest = sorted(language for language in given if language not in SHOWN_LANGUAGES)
    return tuple((language, given.get(language, "")) for language in (*SHOWN_LANGUAGES, *rest))


def _lines(items: Sequence[str]) -> str:
    """
    Examples
    --------
    >>> _items(_lines(("one", "two")))
    ('one', 'two')
    """
    return "\n".join(items)


def _items(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _audience(audience: tuple[str, ...] | str) -> str:
    return audience if isinstance(audience, str) else _lines(audience)


def _read_audience(text: str) -> tuple[str, ...] | str:
    """One line that ends in ``.csv`` is the path of a file; everything else is accounts.

    Examples
    --------
    >>> _read_audience("people.csv"), _read_audience("@ada")
    ('people.csv', ('@ada',))
    """
    items = _items(text)
    return items[0] if len(items) == 1 and items[0].lower().endswith(".csv") else items


def _rivals(rivals: Sequence[Competitor]) -> str:
    return _lines([_CELL.join([rival.name, ", ".join(rival.handles)]).rstrip(" |") for rival in rivals])


def _read_rivals(text: str, base: BrandProfile) -> tuple[Competitor, ...]:
    found = []
    for name, handles, *_ in _rows(text, 2):
        like = _like(base.competitors, name) or Competitor(name=name or "?")
        found.append(msgspec.structs.replace(like, name=name, handles=_cells(handles)))
    return tuple(found)


def _experts(experts: Sequence[Expert]) -> str:
    return _lines([_CELL.join([expert.name, expert.role, ", ".join(expert.fields)]).rstrip(" |") for expert in experts])


def _read_experts(text: str, base: BrandProfile) -> tuple[Expert, ...]:
    found = []
    for name, role, fields, *_ in _rows(text, 3):
        like = _like(base.experts, name) or Expert(name=name or "?")
        found.append(msgspec.structs.replace(like, name=name, role=role, fields=_cells(fields)))
    return tuple(found)


def _like(things: Sequence[Any], name: str) -> Any:
    """The thing of this name, so that what the form does not show of it is kept."""
    return next((thing for thing in things if thing.name == name), None)


def _rows(text: str, n_cells: int) -> list[list[str]]:
    rows = [[cell.strip() for cell in line.split("|")] for line in _items(text)]
    return [row + [""] * (n_cells - len(row)) for row in rows]


def _cells(text: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in text.split(",") if cell.strip())
