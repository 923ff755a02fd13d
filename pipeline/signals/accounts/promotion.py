"""Words of advertising in Italian and English, and of its disclosure.

One plain call to buy, one discount code or one disclosure is enough; of the weaker kinds of cue (an
offer, a price, something new, a brand's own voice, a call, a deadline, a shop link) two different ones
are needed, so that nobody sells by saying "offer" once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import msgspec

from configs.word_lists import CUES_DIR, any_of, read_word_lists
from pipeline.text.words import PHRASE_MAX_CHARS

OFFER, PRICE, NOVELTY, OWN_VOICE, CALL, DEADLINE, SHOP_LINK, DECIDES = (1 << bit for bit in range(8, 16))
"""Bits of the kinds of cue, above those of ``PostMark``."""
WEAK = OFFER | PRICE | NOVELTY | OWN_VOICE | CALL | DEADLINE | SHOP_LINK
WEAK_NEEDED = 2
COMPLAINS = 0.5

PROMOTION_LISTS = CUES_DIR / "promotion.toml"


class WeakCues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Phrases of the kinds of which two are needed."""

    offer: tuple[str, ...]
    deadline: tuple[str, ...]
    price: tuple[str, ...]
    novelty: tuple[str, ...]
    own_voice: tuple[str, ...]
    call: tuple[str, ...]


class Disclosure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What discloses advertising; ``collaborations`` only where a post sells as well."""

    tags: frozenset[str]
    phrases: tuple[str, ...]
    collaborations: tuple[str, ...]


class PromotionCues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``promotion.toml``."""

    decides: tuple[str, ...]
    weak: WeakCues
    disclosure: Disclosure
    shop_hosts: frozenset[str]
    shop_subdomains: frozenset[str]
    imperatives: tuple[str, ...]
    first_person: tuple[str, ...]

    @property
    def phrases(self) -> dict[int, tuple[str, ...]]:
        """Bits -> phrases, for :class:`pipeline.text.quick_phrases.QuickPhrases`."""
        weak = self.weak
        return {
            DECIDES: self.decides,
            **{OFFER: weak.offer, DEADLINE: weak.deadline, PRICE: weak.price},
            **{NOVELTY: weak.novelty, OWN_VOICE: weak.own_voice, CALL: weak.call},
        }


@cache
def promotion_cues() -> PromotionCues:
    """The lists that ship, read once."""
    return read_word_lists(PROMOTION_LISTS, PromotionCues)


@cache
def _invites() -> re.Pattern[str]:
    """A sentence that begins with an invitation to act."""
    begins = r"(?:^|[.!?:;,]\s+|\be\s+|\band\s+)"
    return any_of(promotion_cues().imperatives, PROMOTION_LISTS, "imperatives", around=(begins, r"\b"))


@cache
def _first_person() -> re.Pattern[str]:
    # "i" in lower case is an Italian article
    around = (r"\bI\b|\b(?i:", r")\b")
    return any_of(promotion_cues().first_person, PROMOTION_LISTS, "first_person", around=around, flags=re.NOFLAG)


_PRICE = re.compile(r"[€$£]\s?\d|\d\s?(?:€|£|eur\b|euro\b)", re.IGNORECASE)
_PERCENT_OFF = re.compile(
    r"(?<!\w)[-−]\s?\d{1,2}\s?%|\d{1,2}\s?%\s*(?:off|di sconto|sconto|discount|in meno)", re.IGNORECASE
)

_CODE = re.compile(r"\b(?:code|codice)[:\s]+[\"“'«]?[A-Z][A-Z0-9]{3,}\b")


def price_cues(text: str) -> int:
    """Bits for prices, discounts and codes in figures; nearly free for a text without their signs.

    Examples
    --------
    >>> price_cues("-20% su tutto") == DECIDES, price_cues("a 9,90 €") == PRICE, price_cues("il 20% dei votanti")
    (True, True, 0)
    >>> price_cues("15 in meno col codice ESTATE15") == DECIDES
    True
    """
    found = 0
    if "€" in text or "$" in text or "%" in text or "£" in text or "euro" in text:
        if _PERCENT_OFF.search(text):
            found |= DECIDES
        if _PRICE.search(text):
            found |= PRICE
    if ("code" in text or "codice" in text) and _CODE.search(text):
        found |= DECIDES
    return found


def shop_cues(hosts: Iterable[str]) -> int:
    """Bit for links to shops: a known market place, or a host called ``shop.`` or ``store.``.

    Examples
    --------
    >>> shop_cues(["store.example.org"]) == SHOP_LINK, shop_cues(["example.org"])
    (True, 0)
    """
    cues = promotion_cues()
    for host in hosts:
        labels = host.split(".")
        if labels[0] in cues.shop_subdomains or not cues.shop_hosts.isdisjoint(labels):
            return SHOP_LINK
    return 0


def is_promotional(cues: int, text: str, negative: float) -> bool:
    """Whether the cues of a post add up to advertising.

    Parameters
    ----------
    cues
        All bits found.
    text
        Clean text; a call is looked for in it where one weak cue is there.
    negative
        P(negative): customers who complain name prices and vouchers too. Weak cues in a
        complaint, or in a story told by an "I", sell nothing.

    Examples
    --------
    >>> [is_promotional(cues, "", 0.1) for cues in (OFFER, OFFER | CALL, DECIDES)]
    [False, True, True]
    >>> is_promotional(PRICE, "Vota il panino e vinci una cena", 0.1), is_promotional(PRICE, "Che panino!", 0.1)
    (True, False)
    >>> is_promotional(OFFER | PRICE, "A $7 voucher. I wanted my flight.", 0.1)
    False
    """
    if cues & DECIDES:
        return True
    kinds = cues & WEAK
    if not kinds or negative >= COMPLAINS or _first_person().search(text[:PHRASE_MAX_CHARS]):
        return False
    if kinds.bit_count() < WEAK_NEEDED and _invites().search(text[:PHRASE_MAX_CHARS]):
        kinds |= CALL
    return kinds.bit_count() >= WEAK_NEEDED
