"""Where links lead: hosts, registrable domains, and the shorteners that hide both."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache

import msgspec

from configs.word_lists import CUES_DIR, read_word_lists

MAX_HOSTS = 8
"""Hosts kept of one post."""

_HOST = re.compile(r"^[a-z]{2,10}://(?:[^/?#@\s]*@)?([^/?#:\s]+)", re.IGNORECASE)
_NAME = re.compile(r"[\w\-]{1,63}(?:\.[\w\-]{1,63})+")


class LinkDomains(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``link_domains.toml``: hosts that hide where a link leads, hosts of the platforms themselves, hosts under which
    everybody owns a name, and generic names below a country.
    """

    shorteners: frozenset[str]
    platforms: frozenset[str]
    shared: frozenset[str]
    second_level: frozenset[str]


@cache
def link_domains() -> LinkDomains:
    """The lists that ship, read once."""
    return read_word_lists(CUES_DIR / "link_domains.toml", LinkDomains)


def hosts_of(links: Iterable[str]) -> tuple[str, ...]:
    """Lower-case hosts of web addresses, each once, without ``www.``; what has no host is left out.

    Examples
    --------
    >>> hosts_of(["https://www.Example.org/a?b", "http://example.org:8080", "https://user@t.co/x", "nothing"])
    ('example.org', 't.co')
    """
    found: dict[str, None] = {}
    for link in links:
        match = _HOST.match(link if "://" in link else "http://" + link)
        if match is None:
            continue
        host = match.group(1).lower().strip(".")
        host = host[4:] if host.startswith("www.") else host
        if len(host) <= 253 and _NAME.fullmatch(host):
            found.setdefault(host)
            if len(found) == MAX_HOSTS:
                break
    return tuple(found)


@lru_cache(maxsize=16_384)
def registrable_domain(host: str) -> str:
    """The part of a host that somebody registered, as ``news.bbc.co.uk`` -> ``bbc.co.uk``.

    A rule and a short list stand for the public suffix list: two-letter countries with a
    generic second level (``co.uk``), and the large blog hosts, whose users are told apart.

    Examples
    --------
    >>> [registrable_domain(host) for host in ("a.b.example.com", "news.bbc.co.uk", "anna.wordpress.com", "10.0.0.1")]
    ['example.com', 'bbc.co.uk', 'anna.wordpress.com', '10.0.0.1']
    """
    labels = host.split(".")
    if len(labels) <= 2 or labels[-1].isdigit():
        return host
    known, kept = link_domains(), 2
    if ".".join(labels[-2:]) in known.shared or (len(labels[-1]) == 2 and labels[-2] in known.second_level):
        kept = 3
    if ".".join(labels[-3:]) in known.shared:
        kept = 4
    return ".".join(labels[-kept:])


@lru_cache(maxsize=16_384)
def source_domain(host: str) -> str | None:
    """The domain a link names as its source; ``None`` for shorteners (unknown) and platforms (no source).

    Examples
    --------
    >>> source_domain("t.co") is None, source_domain("edition.cnn.com")
    (True, 'cnn.com')
    """
    no_source = link_domains().shorteners | link_domains().platforms
    domain = registrable_domain(host)
    return None if host in no_source or domain in no_source else domain
