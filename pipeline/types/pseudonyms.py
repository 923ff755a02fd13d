"""Names that name nobody: hashes of accounts, of handles, and of the posts that others answer."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_LEADING = re.compile(r"[\s@]+")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def author_hash(author_id: str) -> int:
    """63-bit keyless hash of an author id; spreads evenly over ``[0, 2^63)``."""
    digest = hashlib.blake2b(author_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def parent_hash(parent_id: str | None) -> int | None:
    """A parent as traces keep it: hashed like authors, because some sources name the person answered instead
    of the post; then it equals that author's hash.

    Examples
    --------
    >>> parent_hash(None) is None, parent_hash("anna") == author_hash("anna")
    (True, True)
    """
    return None if parent_id is None else author_hash(parent_id)


def normal_handle(handle: str) -> str:
    """One form for all ways to write a handle: compatibility characters folded, lower case, no leading ``@``.

    Examples
    --------
    >>> normal_handle(" @FornoAurora "), normal_handle("＠Anna@Piazza.Example")
    ('fornoaurora', 'anna@piazza.example')
    """
    plain = handle.lower()
    if not handle.isascii():  # folding may bring capitals, and lower case what can be folded
        plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", handle).lower())
    leading = _LEADING.match(plain)
    return (plain if leading is None else plain[leading.end() :]).rstrip()


def handle_hash(handle: str, salt: str = "") -> int:
    """The first 63 bits of SHA-256 over the salt and the normal form, as UTF-8.

    SHA-256 because that is what hashed customer lists come in; with a salt nobody who sees the memory can try names.

    Examples
    --------
    >>> handle_hash("@Anna") == handle_hash("anna") == read_digest(hashlib.sha256(b"anna").hexdigest())
    True
    >>> handle_hash("anna", "pepper") == handle_hash("anna")
    False
    """
    digest = hashlib.sha256((salt + normal_handle(handle)).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def read_digest(text: str) -> int | None:
    """The same hash from the hexadecimal SHA-256 of a handle; ``None`` for any other text.

    Examples
    --------
    >>> read_digest("anna") is None
    True
    """
    written = text.strip().lower()
    return int(written[:16], 16) >> 1 if _DIGEST.fullmatch(written) else None
