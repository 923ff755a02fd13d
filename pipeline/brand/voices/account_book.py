"""Who is meant: a brand and its competitors, recognised by their handles and by their names.

Posts are read once, as they come: which watched account wrote them, and which names and handles they carry. What that
says about a topic is in :mod:`pipeline.brand.voices.presence`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.post import Author, Post
from pipeline.brand.profile.profile import BrandProfile
from pipeline.text.words import GAP, clean, words
from pipeline.types.pseudonyms import handle_hash

_NAME_MARK = "name:"
"""No handle holds a colon, so a name and a handle never share a hash."""


@dataclass(frozen=True)
class Party:
    """The brand itself (``own``) or one competitor.

    ``accounts``: hashes of its handles. ``name_hash``: what a post that carries its name is marked with. ``one_word``:
    the name may as well mean something else, so the post has to speak of the brand's trade.
    """

    name: str
    own: bool
    accounts: tuple[int, ...]
    name_hash: int
    one_word: bool


@dataclass(frozen=True)
class PostVoices:
    """Of one post: the hash of its author's handle, the parties it carries, and whether the account is watched."""

    handle: int | None
    named: tuple[int, ...]
    watched: bool


NO_VOICES = PostVoices(None, (), False)


class AccountBook:
    """Reads every post once for handles and names.

    Parameters
    ----------
    profiles
        Whose own accounts and competitors are watched.
    salt
        Mixed into every hash of a handle (:func:`pipeline.types.pseudonyms.handle_hash`).

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from pipeline.brand.profile.profile import Competitor, Facet
    >>> rival = Competitor("Biscotti Rivali", ("@rivali",))
    >>> book = AccountBook([BrandProfile("b", "Forno Aurora", (Facet("bread"),), competitors=(rival,))])
    >>> noon = datetime(2026, 3, 14, 12, tzinfo=UTC)
    >>> post = Post(post_id="1", text="Meglio i biscotti rivali!", event_time=noon, author=Author("7", "Rivali"))
    >>> read = book.read(post, "Meglio i biscotti rivali!")
    >>> read.watched, read.named == (book.parties[0][1].name_hash,)
    (True, True)
    """

    def __init__(self, profiles: Sequence[BrandProfile], salt: str = "") -> None:
        self._salt = salt
        self.parties = tuple(_parties(profile, salt) for profile in profiles)
        everyone = [party for parties in self.parties for party in parties]
        self.accounts = frozenset(account for party in everyone for account in party.accounts)
        spelled = {_spelling(party.name): party.name_hash for party in everyone if _spelling(party.name)}
        # the longest first: what is part of a longer name is not a name of its own
        longest = sorted(spelled, key=lambda name: (-len("".join(name)), name))
        self._names = tuple((max(name, key=len), _pattern(name), spelled[name]) for name in longest)

    def handle_of(self, author: Author | None) -> int | None:
        """Hash of the author's handle, or of the id where there is none; ``None`` of an unknown author."""
        return None if author is None else handle_hash(author.handle or author.id, self._salt)

    def watches(self, post: Post) -> bool:
        """Whether its author is a brand or a competitor."""
        return bool(self.accounts) and self.handle_of(post.author) in self.accounts

    def read(self, post: Post, clean_text: str) -> PostVoices:
        """What the voices of a topic are told from; ``clean_text`` is the post without links, mentions and markup."""
        handle = self.handle_of(post.author)
        named = self._named(clean_text)
        if post.mentions and self.accounts:
            mentioned = (handle_hash(mention, self._salt) for mention in post.mentions)
            named += [account for account in mentioned if account in self.accounts]
        return PostVoices(handle, tuple(dict.fromkeys(named)), handle in self.accounts)

    def _named(self, clean_text: str) -> list[int]:
        lower = clean_text.lower()
        found: list[int] = []
        taken: list[tuple[int, int]] = []
        for word, pattern, name_hash in self._names:
            if word not in lower:  # nearly always: much sooner told than by the pattern
                continue
            spans = [match.span() for match in pattern.finditer(lower)]
            free = [span for span in spans if not any(span[0] < end and start < span[1] for start, end in taken)]
            if free:
                found.append(name_hash)
                taken += free
        return found


def _parties(profile: BrandProfile, salt: str) -> tuple[Party, ...]:
    """The brand, then its competitors as listed."""
    listed = [(profile.name, profile.handles), *((rival.name, rival.handles) for rival in profile.competitors)]
    return tuple(
        Party(
            name=name,
            own=place == 0,
            accounts=tuple(dict.fromkeys(handle_hash(handle, salt) for handle in handles)),
            name_hash=handle_hash(_NAME_MARK + "".join(_spelling(name)), salt),
            one_word=len(_spelling(name)) < 2,
        )
        for place, (name, handles) in enumerate(listed)
    )


def _spelling(name: str) -> tuple[str, ...]:
    """The words of a name as they are looked for: lower case, apostrophes as gaps.

    Examples
    --------
    >>> _spelling("L'Oréal Paris"), _spelling("Mulino-Contrada")
    (('l', 'oréal', 'paris'), ('mulino', 'contrada'))
    """
    return tuple(part for word in words(clean(name)) for part in GAP.split(word) if part)


def _pattern(name: Sequence[str]) -> re.Pattern[str]:
    """A name as a word of its own; its parts may be joined (a hashtag) or have signs between them."""
    spelled = r"[\W_]{0,3}".join(re.escape(word) for word in name)
    return re.compile(rf"\b{spelled}\b")
