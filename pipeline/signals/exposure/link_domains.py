"""Where links lead: hosts, registrable domains, and the shorteners that hide both."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

MAX_HOSTS = 8
"""Hosts kept of one post."""

_HOST = re.compile(r"^[a-z]{2,10}://(?:[^/?#@\s]*@)?([^/?#:\s]+)", re.IGNORECASE)
_NAME = re.compile(r"[\w\-]{1,63}(?:\.[\w\-]{1,63})+")

SHORTENERS = frozenset(
    [
        "amzn.to",
        "bit.ly",
        "bitly.com",
        "buff.ly",
        "cutt.ly",
        "dlvr.it",
        "fal.cn",
        "fb.me",
        "goo.gl",
        "hubs.ly",
        "ift.tt",
        "is.gd",
        "j.mp",
        "lnkd.in",
        "ow.ly",
        "rb.gy",
        "rebrand.ly",
        "short.io",
        "shorturl.at",
        "smarturl.it",
        "snip.ly",
        "spr.ly",
        "t.co",
        "t.ly",
        "tiny.cc",
        "tinyurl.com",
        "trib.al",
        "v.gd",
        "wp.me",
        "zpr.io",
        "linktr.ee",
        "beacons.ai",
        "campsite.bio",
        "flow.page",
    ]
)
"""They say nothing about where a link leads; neither do pages that only hold an account's links."""

PLATFORM_HOSTS = frozenset(
    [
        "twitter.com",
        "x.com",
        "mobile.twitter.com",
        "pic.twitter.com",
        "pbs.twimg.com",
        "bsky.app",
        "threads.net",
        "instagram.com",
        "facebook.com",
        "m.facebook.com",
        "tiktok.com",
        "vm.tiktok.com",
        "linkedin.com",
    ]
)
"""Links into the platforms themselves are posts and pictures, no sources."""

_SHARED = frozenset(
    [
        "blogspot.com",
        "blogspot.it",
        "blogspot.co.uk",
        "wordpress.com",
        "wp.com",
        "weebly.com",
        "tumblr.com",
        "medium.com",
        "substack.com",
        "github.io",
        "gitlab.io",
        "altervista.org",
        "netlify.app",
        "vercel.app",
        "pages.dev",
        "web.app",
        "blog.it",
        "wixsite.com",
    ]
)
"""Under these everybody owns the name one level below, as under a country."""

_SECOND_LEVEL = frozenset(["ac", "co", "com", "edu", "gov", "go", "gob", "net", "ne", "or", "org", "rep"])


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
    kept = 2
    if ".".join(labels[-2:]) in _SHARED or (len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL):
        kept = 3
    if ".".join(labels[-3:]) in _SHARED:
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
    if host in SHORTENERS or host in PLATFORM_HOSTS:
        return None
    domain = registrable_domain(host)
    return None if domain in PLATFORM_HOSTS or domain in SHORTENERS else domain
