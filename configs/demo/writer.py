"""Writes the posts of one bank: text, author, second, without ids yet."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence

import msgspec

from configs.demo.bank import LANGS, Bank, Group, Lang, lines_of
from configs.demo.grammar import Grammar, pick, shuffled
from configs.demo.noise import reword, roughen
from configs.demo.people import Account, crowd, newsrooms, shops
from configs.demo.shapes import DAY_END_S, draw_second

MAX_WORDS = 42
MIN_WORDS = 6
BODY_REPEATS = 2
_WORDS = re.compile(r"[^\W_]+")
_TAGS = re.compile(r"#\w+")


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A post before it has an id. ``original`` is the place in the same list of the post it copies."""

    text: str
    second: int
    account: Account
    topic: str | None
    group: str
    camp: str | None = None
    link: str | None = None
    original: int | None = None
    reshared: bool = False


def normalised(text: str) -> str:
    """Words only, lower case: equal for texts a reader would call the same.

    Examples
    --------
    >>> normalised("Ciao,  MONDO ☕ #Sole!")
    'ciao mondo sole'
    """
    return " ".join(_WORDS.findall(text.lower()))


def spoken(text: str) -> str:
    """The normalised words without hashtags: what is really said.

    Examples
    --------
    >>> spoken("Ciao #Sole mondo!")
    'ciao mondo'
    """
    return normalised(_TAGS.sub(" ", text))


class BankWriter:
    """Writes one bank; ``seen`` is shared by all writers, so no two originals say the same words."""

    def __init__(self, key: str, bank: Bank, people: dict[Lang, list[Account]], seen: set[str], seed: int) -> None:
        self._key, self._bank, self._seen = key, bank, seen
        self._rng = random.Random(f"{seed}:{key}")
        self._grammars = {lang: Grammar(bank.slots_of(lang), self._rng) for lang in LANGS}
        self._bodies: Counter[str] = Counter()
        self._common = {lang: _common_words(bank, lang) for lang in LANGS}
        self._crowds = {lang: crowd(self._rng, people[lang], int(bank.n * 0.42) + 20) for lang in LANGS}

    def write(self) -> list[Draft]:
        """All drafts of the bank, copies included."""
        drafts: list[Draft] = []
        n_copies = round(self._bank.n * self._bank.copies)
        n_originals = self._bank.n - n_copies
        total = sum(group.share for group in self._bank.groups)
        for group in self._bank.groups:
            for lang in LANGS:
                drafts += self._write_group(group, lang, round(n_originals * group.share / total / 2))
        return drafts + self._copies(drafts, n_copies)

    def _write_group(self, group: Group, lang: Lang, n: int) -> list[Draft]:
        queue: list[str] = []
        drafts: list[Draft] = []
        for _ in range(n * 60):
            if len(drafts) == n:
                break
            queue = queue or shuffled(self._rng, group.patterns(lang))
            pattern = queue.pop()
            body = self._grammars[lang].expand(pattern.removeprefix("N:").removeprefix("P:"))
            if self._bodies[body] >= BODY_REPEATS:
                continue
            draft = self._draft(group, lang, pattern[:2], body)
            words = spoken(draft.text)
            if words not in self._seen and MIN_WORDS <= len(draft.text.split()) <= MAX_WORDS:
                self._bodies[body] += 1
                self._seen.add(words)
                drafts.append(draft)
        return drafts

    def _draft(self, group: Group, lang: Lang, kind: str, body: str) -> Draft:
        rng, headline, promo = self._rng, kind == "N:", kind == "P:"
        if headline:
            account = pick(rng, newsrooms(lang))
            text = body
            link: str | None = f"https://{account.handle}/{self._key}-{int(rng.random() * 9000) + 1000}"
        else:
            account = pick(rng, shops(lang) if promo else self._crowds[lang])
            text = roughen(rng, self._dress(reword(rng, body, lang), lang, plain=not group.tails))
            link = (
                f"https://{pick(rng, newsrooms(lang)).handle}/{self._key}" if rng.random() < self._bank.links else None
            )
        second = draw_second(rng, group.shapes or self._bank.shapes)
        topic = self._key if self._bank.hashtag else None
        return Draft(
            text=self._tag(text),
            second=second,
            account=account,
            topic=topic,
            group=group.name,
            camp=group.camp,
            link=link,
        )

    def _dress(self, body: str, lang: Lang, *, plain: bool) -> str:
        rng, bank, grammar = self._rng, self._bank, self._grammars[lang]
        parts = [body]
        if not plain and lang in bank.openers and rng.random() < 0.16:
            parts.insert(0, grammar.expand(pick(rng, lines_of(bank.openers[lang]))))
            if parts[0].endswith(":") and body.split()[0].strip(",").lower() in self._common[lang]:
                parts[1] = parts[1][0].lower() + parts[1][1:]
        short = len(body.split()) < 22
        if not plain and short and lang in bank.tails and rng.random() < bank.tail_rate:
            parts.append(grammar.expand(pick(rng, lines_of(bank.tails[lang]))))
        if bank.emoji and rng.random() < bank.emoji_rate:
            parts.append(pick(rng, bank.emoji.split()) * pick(rng, (1, 1, 1, 2, 3)))
        return " ".join(parts)

    def _tag(self, text: str) -> str:
        rng, bank = self._rng, self._bank
        if bank.hashtag and bank.hashtag.lower() not in text.lower() and rng.random() < bank.tag_rate:
            tag = bank.hashtag.lower() if rng.random() < 0.12 else bank.hashtag
            text = f"{tag} {text}" if rng.random() < 0.1 else f"{text} {tag}"
        if bank.extra_tags and rng.random() < 0.16:
            text = f"{text} {pick(rng, bank.extra_tags)}"
        return text

    def _copies(self, drafts: Sequence[Draft], n: int) -> list[Draft]:
        rng = self._rng
        loud = shuffled(rng, range(len(drafts)))[: max(3, n // 4)] if n else []
        copies: list[Draft] = []
        for _ in range(n):
            at = loud[int(len(loud) * rng.random() ** 2)]  # a few posts get most of the copies
            first = drafts[at]
            account = pick(rng, self._crowds[first.account.lang])
            # at most two hours later, and never past the end of the day
            second = first.second + int(min(7200, DAY_END_S - 1 - first.second) * rng.random() ** 2)
            reshared = rng.random() < 0.5
            text = first.text if reshared else _almost(rng, first.text)
            copies.append(
                msgspec.structs.replace(
                    first, text=text, second=second, account=account, original=at, reshared=reshared, link=None
                )
            )
        return copies


def _common_words(bank: Bank, lang: Lang) -> set[str]:
    """Words the bank also writes in lower case, so not names: they may lose their capital after a colon."""
    lines = [line for group in bank.groups for line in group.patterns(lang)]
    return {word for line in lines for word in re.findall(r"[^\W\d_]+", line) if word.islower()}


def _almost(rng: random.Random, text: str) -> str:
    """A pasted copy with the small differences pasting leaves."""
    kind = pick(rng, ("same", "lower", "arrow", "emoji", "mark"))
    if kind == "lower":
        return text.lower()
    return {"same": text, "arrow": f"👉 {text}", "emoji": f"{text} 👀", "mark": f"{text} !!"}[kind]
