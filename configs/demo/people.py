"""Invented accounts. Every handle sits under ``.example``, a name nobody can own."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Literal

import msgspec

from configs.demo.bank import Lang
from configs.demo.grammar import pick, shuffled

Source = Literal["bluesky", "mastodon", "rss"]

_IT = (
    "giulia marco nina davide chiara luca sofi tommi ale bea fede ilaria nico pietro vale gaia ric elena simo anto "
    "martina lollo cate zia_pina nonna_ada beppe irene totò ludo fra_ sere dario miri ema pamela rob tea mauri"
)
_EN = (
    "alice ben carrie dan ellie finn grace harriet ivy jo kit liam maya ned olive pat quinn rosie sam tess una vic "
    "will zara auntie_bea mo lottie gus hattie theo wren josie callum bex dev priya ash rory jude marnie"
)
_IT_TAIL = (
    "legge cucina bianchetti nuvola 83 91 a_caso del_borgo lungofiume insonne caffettara mirtillo prof doppiozero "
    "panchina ombrello brontola di_corsa solosoletto dietro_casa pedala sottovoce polpetta dormiveglia 77 scalza "
    "inritardo moka limone gatta terzopiano semplice vagabonda zen girasole"
)
_EN_TAIL = (
    "reads bakes halfpenny drizzle 84 92 ontherun upstairs mumbles fernhill teapot slowpoke notfamous marmalade 79 "
    "snoozes pedals bramble cardigan latebus socks outofoffice pebble tuesday wonders biscuit hillside lowkey kettle "
    "sidestreet mittens offline crumbs hedgerow sunday attic"
)
_NEWSROOMS: dict[Lang, tuple[str, ...]] = {
    "it": ("corriere-del-faro", "gazzetta-montelago", "radio-valdena", "notizie-ponente", "agenzia-meridia"),
    "en": ("harbour-courier", "the-lake-gazette", "valdena-wire", "meridia-news", "westgate-daily"),
}
_SHOPS: dict[Lang, tuple[str, ...]] = {
    "it": ("biscottirivali", "caffe-quattroruote", "outlet-solare", "ciclofficina-nove", "bar-stazione"),
    "en": ("rival-biscuits", "sunny-outlet", "spoke-and-saddle", "station-cafe", "bright-deals"),
}


class Account(msgspec.Struct, frozen=True):
    """Who posts, where and in which language."""

    handle: str
    source: Source
    lang: Lang


def make_people(rng: random.Random, lang: Lang, n: int) -> list[Account]:
    """``n`` distinct people who write in ``lang``.

    Examples
    --------
    >>> people = make_people(random.Random(1), "it", 50)
    >>> len({person.handle for person in people}), {person.lang for person in people}
    (50, {'it'})
    """
    heads, tails = (_IT, _IT_TAIL) if lang == "it" else (_EN, _EN_TAIL)
    names = shuffled(
        rng, [f"{head}{mark}{tail}" for head in heads.split() for tail in tails.split() for mark in ("_", ".")]
    )
    return [_account(rng, name.replace("__", "_"), lang) for name in _distinct(names)[:n]]


def newsrooms(lang: Lang) -> list[Account]:
    """The feeds headlines come from."""
    return [Account(f"{name}.example", "rss", lang) for name in _NEWSROOMS[lang]]


def shops(lang: Lang) -> list[Account]:
    """Shops and brands that jump on topics."""
    return [Account(f"{name}.example", "bluesky", lang) for name in _SHOPS[lang]]


def crowd(rng: random.Random, people: Sequence[Account], size: int) -> list[Account]:
    """The people who speak about one topic: ``size`` of them, at least one."""
    return shuffled(rng, people)[: max(1, size)]


def _account(rng: random.Random, name: str, lang: Lang) -> Account:
    if rng.random() < 0.56:
        return Account(f"{name.replace('_', '-')}.sky.example", "bluesky", lang)
    server = pick(rng, ("piazza", "portico", "veranda") if lang == "it" else ("commons", "porch", "lantern"))
    return Account(f"{name}@{server}.example", "mastodon", lang)


def _distinct(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))
