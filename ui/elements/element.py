"""HTML elements built from values: text is escaped unless it is already :class:`Markup`."""

from __future__ import annotations

import html
from collections.abc import Iterable

VOID = frozenset({"img", "br", "hr"})


class Markup(str):
    """HTML made by this package. Post texts and labels are plain ``str`` and get escaped."""

    __slots__ = ()


Child = str | Iterable[str | None] | None


def el(tag: str, *children: Child, **attributes: str | bool | None) -> Markup:
    """One element.

    Parameters
    ----------
    tag
        Name of the element.
    children
        Text (escaped), markup, or an iterable of both; ``None`` is left out.
    attributes
        ``class_`` is ``class`` and ``aria_label`` is ``aria-label``; ``None`` and ``False``
        are left out, ``True`` has no value.

    Examples
    --------
    >>> el("p", "a < b", el("b", "!"), class_="note")
    '<p class="note">a &lt; b<b>!</b></p>'
    """
    written = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in VOID:
        return Markup(f"<{tag}{written}>")
    return Markup(f"<{tag}{written}>{join(*children)}</{tag}>")


def join(*children: Child) -> Markup:
    """Children one after another, escaped where they are plain text."""
    return Markup("".join(_text(child) for child in children))


def _text(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, str):
        return html.escape(child.replace("\x00", ""))
    return "".join(_text(item) for item in child)


def _attribute(name: str, value: str | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{html.escape(value)}"'
