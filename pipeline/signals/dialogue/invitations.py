"""Invitations to private groups: links into messengers, and words that call people there."""

from __future__ import annotations

from collections.abc import Iterable

_HOSTS = {
    "t.me": "telegram",
    "telegram.me": "telegram",
    "telegram.dog": "telegram",
    "chat.whatsapp.com": "whatsapp",
    "wa.me": "whatsapp",
    "api.whatsapp.com": "whatsapp",
    "discord.gg": "discord",
    "discord.com": "discord",
    "discordapp.com": "discord",
    "signal.group": "signal",
    "signal.me": "signal",
    "m.me": "messenger",
    "messenger.com": "messenger",
    "join.slack.com": "slack",
    "slack.com": "slack",
    "facebook.com": "facebook_group",
    "m.facebook.com": "facebook_group",
    "whatsapp.com": "whatsapp",
    "reddit.com": "reddit",
    "old.reddit.com": "reddit",
    "matrix.to": "matrix",
    "line.me": "line",
    "geneva.com": "geneva",
    "guilded.gg": "guilded",
    "patreon.com": "patreon",
}
_PATHS = {
    "discord.com": ("/invite/",),
    "discordapp.com": ("/invite/",),
    "slack.com": ("/join",),
    "facebook.com": ("/groups/",),
    "m.facebook.com": ("/groups/",),
    "messenger.com": ("/j/", "/t/", "/channel/"),
    "reddit.com": ("/r/",),
    "old.reddit.com": ("/r/",),
    "whatsapp.com": ("/channel/",),
}
"""Where only some pages of a host are groups."""

_TYPED = (
    ("t.me/", "telegram"),
    ("chat.whatsapp.com/", "whatsapp"),
    ("wa.me/", "whatsapp"),
    ("discord.gg/", "discord"),
    ("discord.com/invite/", "discord"),
    ("signal.group/", "signal"),
    ("facebook.com/groups/", "facebook_group"),
)
"""Addresses that people type without ``https://``."""

INVITED = {
    1 << (20 + bit): (kind, phrases)
    for bit, (kind, phrases) in enumerate(
        (
            (
                "telegram",
                """
                    canale telegram|gruppo telegram|su telegram|telegram channel|telegram group
                    join us on telegram|our telegram|my telegram|on telegram|nostro telegram
                """,
            ),
            (
                "whatsapp",
                """
                    gruppo whatsapp|canale whatsapp|gruppo di whatsapp|whatsapp group|whatsapp channel
                    scrivici su whatsapp|our whatsapp|my whatsapp|gruppo wa|chat whatsapp
                    join us on whatsapp|nostro whatsapp
                """,
            ),
            (
                "discord",
                """
                    server discord|discord server|our discord|my discord|the discord|join discord
                    nostro discord|mio discord|canale discord|gruppo discord|entrate nel discord
                """,
            ),
            ("signal", "signal group|gruppo signal|group on signal|gruppo su signal"),
            ("slack", "slack channel|slack group|slack workspace|our slack|canale slack|nostro slack"),
            ("reddit", "subreddit|su reddit|on reddit|our sub"),
            (
                "facebook_group",
                """
                    facebook group|gruppo facebook|gruppo su facebook|gruppo fb|fb group|our facebook group
                    group on facebook|gruppo di facebook
                """,
            ),
            (
                "unnamed_group",
                """
                    link nel gruppo|entra nel gruppo|entrate nel gruppo|unisciti al gruppo|unitevi al gruppo
                    nel nostro gruppo|unisciti al canale|unisciti al nostro|unisciti alla nostra community
                    entra nella community|iscriviti al canale|iscrivetevi al canale|iscriviti al gruppo
                    vi aggiungo al gruppo|ti aggiungo al gruppo|gruppo privato|join our channel
                    join our group|join the group|join my group|join our community|join our private
                    join the channel|private group|join the chat|join our chat|dm me for the link
                    dm for the link|link to the group|link to the chat|dm me for an invite|dm for invite
                    added to the group|add you to the group
                """,
            ),
        )
    )
}
"""Bits -> (kind, phrases). Naming a messenger is not yet an invitation to a group of one's own: see :func:`invited`."""

KINDS = (*dict.fromkeys([*_HOSTS.values(), *(kind for kind, _ in INVITED.values())]),)


def phrase_groups() -> dict[int, tuple[str, ...]]:
    """Bits -> phrases, for :class:`pipeline.text.phrases.PhraseTable`."""
    return {
        bits: tuple(phrase.strip() for line in phrases.splitlines() for phrase in line.split("|") if phrase.strip())
        for bits, (_, phrases) in INVITED.items()
    }


_ALL_BITS = sum(INVITED)


def invited(links: Iterable[str], text: str, phrases: int) -> tuple[str, ...]:
    """Kinds of groups a post points to, each once, in alphabetical order.

    Parameters
    ----------
    links
        Its web addresses.
    text
        Its raw text, for addresses typed without ``https://``.
    phrases
        Bits of :func:`phrase_groups` found in it.

    Examples
    --------
    >>> invited(["https://chat.whatsapp.com/AbC"], "", 0), invited([], "ci vediamo su t.me/pane", 0)
    (('whatsapp',), ('telegram',))
    >>> invited(["https://www.facebook.com/forno", "https://discord.com/download"], "", 0)
    ()
    """
    if not links and not phrases & _ALL_BITS and "/" not in text:
        return ()
    found = set()
    for link in links:
        kind = _kind_of(link)
        if kind is not None:
            found.add(kind)
    if phrases & _ALL_BITS:
        found.update(kind for bits, (kind, _) in INVITED.items() if phrases & bits)
    if "/" in text and (".me/" in text or ".gg/" in text or ".com/" in text or ".group/" in text):
        low = text.lower()
        for address, kind in _TYPED:
            at = low.find(address)
            if at >= 0 and (at == 0 or not (low[at - 1].isalnum() or low[at - 1] in ".-_")):
                found.add(kind)
    if len(found) > 1:
        found.discard("unnamed_group")
    return tuple(sorted(found))


def _kind_of(link: str) -> str | None:
    rest = link.split("://", 1)[-1]
    host, slash, path = rest.partition("/")
    host = host.lower().removeprefix("www.").removeprefix("it-it.")
    kind = _HOSTS.get(host)
    if kind is None:
        return None
    starts = _PATHS.get(host)
    path = slash + path
    if starts is not None:
        return kind if path.startswith(starts) else None
    return kind if len(path) > 1 else None
