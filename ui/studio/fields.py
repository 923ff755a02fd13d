"""The form of the studio: widgets that show a :class:`StudioForm` and give one back.

Streamlit forgets widgets that a run does not draw (another page was open), so what they said last is kept beside them
and put back.
"""

from __future__ import annotations

from typing import Any

import msgspec
import streamlit as st

from configs.settings import VerdictSettings
from pipeline.brand.profile.profile import Facet
from pipeline.i18n.numbers import Locale
from pipeline.i18n.texts import LANGUAGE_NAMES
from ui.studio.form import ANY_LANGUAGE, FacetForm, StudioForm, facet_form

PREFIX = "studio_w_"
"""Begins the keys of all widgets of the form."""
ROWS = "studio_rows"
"""Session key: which facets are shown, by numbers that are never used twice."""
NEXT_ROW = "studio_next_row"


def show_form(form: StudioForm) -> None:
    """From the next widgets on, the form says this; what was typed before is gone."""
    for key in [key for key in st.session_state if str(key).startswith(PREFIX)]:
        del st.session_state[key]
    rows = []
    for facet in form.facets:
        rows.append((_next_row(), facet))
    st.session_state[ROWS] = rows


def essence_fields(form: StudioForm, locale: Locale) -> StudioForm:
    """Name, essence, tone and own accounts."""
    text = locale.text
    name = st.text_input(text("studio.name"), key=_key("name", form.name), max_chars=120)
    essence = st.text_area(
        text("studio.essence"), key=_key("essence", form.essence), height=90, help=text("studio.essence_help")
    )
    one, other = st.columns(2)
    with one:
        tone = st.text_area(text("studio.tone"), key=_key("tone", form.tone), height=130)
    with other:
        handles = st.text_area(text("studio.handles"), key=_key("handles", form.handles), height=130)
    return msgspec.structs.replace(form, name=name, essence=essence, tone=tone, handles=handles)


def limit_fields(form: StudioForm, locale: Locale, deployment: VerdictSettings) -> StudioForm:
    """Themes to keep away from, and thresholds."""
    text = locale.text
    no_go = st.text_area(
        text("studio.no_go"), key=_key("no_go", form.no_go), height=160, help=text("studio.no_go_help")
    )
    found: dict[str, float | None] = {}
    columns = st.columns(2)
    settings = (("ride", deployment.ride_percentile), ("watch", deployment.watch_percentile))
    for column, (name, usual) in zip(columns, settings, strict=True):
        with column:
            found[f"{name}_percentile"] = st.number_input(
                text(f"studio.{name}"),
                min_value=50.0,
                max_value=100.0,
                value=None,
                step=0.5,
                placeholder=locale.number(usual, 1),
                key=_key(f"{name}_percentile", getattr(form, f"{name}_percentile")),
                help=text("studio.threshold_help", value=locale.number(usual, 1)),
            )
    return msgspec.structs.replace(form, no_go=no_go, **found)


def people_fields(form: StudioForm, locale: Locale) -> StudioForm:
    """Audience, competitors and experts."""
    text = locale.text
    rivals = st.text_area(text("studio.competitors"), key=_key("competitors", form.competitors), height=110)
    experts = st.text_area(text("studio.experts"), key=_key("experts", form.experts), height=110)
    audience = st.text_area(
        text("studio.audience"), key=_key("audience", form.audience), height=110, help=text("studio.audience_help")
    )
    return msgspec.structs.replace(form, competitors=rivals, experts=experts, audience=audience)


def facet_fields(form: StudioForm, locale: Locale) -> StudioForm:
    """All facets; some can be taken away, new ones added."""
    rows: list[tuple[int, FacetForm]] = st.session_state.setdefault(ROWS, [])
    found = tuple(
        _facet(row, number, shown, locale, removable=len(rows) > 1) for number, (row, shown) in enumerate(rows, 1)
    )
    st.session_state[ROWS] = [(row, facet) for (row, _), facet in zip(rows, found, strict=True)]
    st.button(locale.text("studio.add_facet"), key="studio_add", on_click=_add, icon=":material/add:")
    return msgspec.structs.replace(form, facets=found)


def _facet(row: int, number: int, shown: FacetForm, locale: Locale, *, removable: bool) -> FacetForm:
    text = locale.text
    with st.container(border=True):
        name_column, weight_column, button_column = st.columns([3, 1, 1], vertical_alignment="bottom")
        with name_column:
            name = st.text_input(
                f"{text('studio.facet', n=str(number))} · {text('studio.facet_name')}",
                key=_key(f"{row}_name", shown.name),
                max_chars=80,
            )
        with weight_column:
            weight = st.number_input(
                text("studio.facet_weight"),
                min_value=0.0,
                step=0.1,
                format="%.2f",
                key=_key(f"{row}_weight", shown.weight),
                help=text("studio.facet_weight_help"),
            )
        with button_column:
            st.button(
                text("studio.remove_facet"),
                key=f"studio_remove_{row}",
                on_click=_remove,
                args=(row,),
                disabled=not removable,
                width="stretch",
            )
        texts = []
        for column, (language, said) in zip(st.columns(len(shown.texts)), shown.texts, strict=True):
            with column:
                key = _key(f"{row}_text_{language}", said)
                texts.append((language, st.text_area(_text_label(language, locale), key=key, height=80)))
        examples = st.text_area(text("studio.facet_examples"), key=_key(f"{row}_examples", shown.examples), height=120)
    return FacetForm(name, float(weight or 0.0), tuple(texts), examples)


def _text_label(language: str, locale: Locale) -> str:
    if language == ANY_LANGUAGE:
        return locale.text("studio.facet_text_any")
    names = {str(code): name for code, name in LANGUAGE_NAMES.items()}
    return locale.text("studio.facet_text", language=names.get(language, language))


def _key(name: str, value: Any) -> str:
    """The key of a widget, which says ``value`` unless somebody wrote something else."""
    key = f"{PREFIX}{name}"
    if key not in st.session_state and value is not None:
        st.session_state[key] = value
    return key


def _next_row() -> int:
    row: int = st.session_state.get(NEXT_ROW, 0)
    st.session_state[NEXT_ROW] = row + 1
    return row


def _add() -> None:
    st.session_state[ROWS] = [*st.session_state[ROWS], (_next_row(), facet_form(Facet()))]


def _remove(row: int) -> None:
    st.session_state[ROWS] = [(known, facet) for known, facet in st.session_state[ROWS] if known != row]
