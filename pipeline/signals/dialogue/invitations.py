"""Invitations to private groups: links into messengers, and words that call people there."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import msgspec

from configs.word_lists import CUES_DIR, read_word_lists

_FIRST_BIT = 20


class InvitationCues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``invitations.toml``: kinds of groups by host, by the address as it is typed, and phrases by kind; ``pages``:
    how paths begin where only some pages of a host are groups.
    """

    hosts: dict[str, str]
    pages: dict[str, tuple[str, ...]]
    typed: dict[str, str]
    phrases: dict[str, tuple[str, ...]]

    @property
    def kinds(self) -> tuple[str, ...]:
        """All that a post can point to."""
        return tuple(dict.fromkeys([*self.hosts.values(), *self.phrases]))

    @property
    def groups(self) -> dict[int, tuple[str, ...]]:
        """Bits -> phrases, for :class:`pipeline.text.quick_phrases.QuickPhrases`."""
        return {1 << (_FIRST_BIT + place): phrases for place, phrases in enumerate(self.phrases.values())}


@cache
def invitation_cues() -> InvitationCues:
    """The lists that ship, read once."""
    return read_word_lists(CUES_DIR / "invitations.toml", InvitationCues)


def invited(links: Iterable[str], text: str, phrases: int) -> tuple[str, ...]:
    """Kinds of groups a post points to, each once, in alphabetical order.

    Parameters
    ----------
    links
        Its web addresses.
    text
        Its raw text, for addresses typed without ``https://``.
    phrases
        Bits of :attr:`InvitationCues.groups` found in it.

    Examples
    --------
    >>> invited(["https://chat.whatsapp.com/AbC"], "", 0), invited([], "ci vediamo su t.me/pane", 0)
    (('whatsapp',), ('telegram',))
    >>> invited(["https://www.facebook.com/forno", "https://discord.com/download"], "", 0)
    ()
    """
    said = phrases >> _FIRST_BIT
    if not links and not said and "/" not in text:
        return ()
    cues = invitation_cues()
    found = set()
    for link in links:
        kind = _kind_of(link, cues)
        if kind is not None:
            found.add(kind)
    if said:
        found.update(kind for place, kind in enumerate(cues.phrases) if said >> place & 1)
    if "/" in text and (".me/" in text or ".gg/" in text or ".com/" in text or ".group/" in text):
        low = text.lower()
        for address, kind in cues.typed.items():
            at = low.find(address)
            if at >= 0 and (at == 0 or not (low[at - 1].isalnum() or low[at - 1] in ".-_")):
                found.add(kind)
    if len(found) > 1:
        found.discard("unnamed_group")
    return tuple(sorted(found))


def _kind_of(link: str, cues: InvitationCues) -> str | None:
    rest = link.split("://", 1)[-1]
    host, slash, path = rest.partition("/")
    host = host.lower().removeprefix("www.").removeprefix("it-it.")
    kind = cues.hosts.get(host)
    if kind is None:
        return None
    starts = cues.pages.get(host)
    path = slash + path
    if starts is not None:
        return kind if path.startswith(starts) else None
    return kind if len(path) > 1 else None
