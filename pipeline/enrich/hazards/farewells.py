"""Farewells that name a person: "RIP Anna Rossi", "è morto Carlo Bianchi", "John Smith has died".

Cue words alone cannot tell "RIP my phone" from the death of a singer: what tells them is a first name and a surname, in
capitals, right beside the farewell. One such post is a hint; the rule of two posts and two authors makes it a wave.
"""

from __future__ import annotations

import re

_WORD = r"[A-ZÀ-ÖØ-Ý][\w'’]*[a-zà-öø-ÿ]"
_NAME = rf"{_WORD}(?:\s+(?:de|di|van|von|la|da|del|della|[A-Z]\.))*(?:\s+{_WORD})+"
_BEFORE = (
    r"(?:r\.?i\.?p\.?|rest in peace|rest easy|riposa in pace|(?:è|e'|é)\s+mort[oa]|si\s+(?:è|e'|é)\s+spent[oa]|"
    r"(?:è|e'|é)\s+scompars[oa]|lutto\s+per|ci\s+ha\s+lasciat[oi])"
)
"""Not "addio", "ciao", "farewell": a player who changes his team and a friend who comes home hear them too."""
_AFTER = (
    r"(?:has\s+died|(?:has\s+)?passed\s+away|found\s+dead|dies\s+at|dead\s+at|is\s+dead|died\s+(?:today|this|at|aged)|"
    r"(?:è|e'|é)\s+mort[oa]|ci\s+ha\s+lasciat[oi]|si\s+(?:è|e'|é)\s+spent[oa]|trovat[oa]\s+mort[oa]|non\s+c(?:'|’)è\s+più)"
)
_FAREWELL = re.compile(
    rf"(?:(?i:(?<!\w){_BEFORE})[\s,:!.]+(?P<after>{_NAME})|(?P<before>{_NAME}),?\s+(?i:{_AFTER}(?!\w)))"
)
_HINTS = (
    *(
        "rip ",
        "r.i.p",
        "rest in",
        "rest easy",
        "riposa",
        "mort",
        "spent",
        "scompars",
        "lutto",
        "lasciat",
        " die",
        "dead",
    ),
    *("passed away", "non c'è più", "non c’è più"),
)
"""Most posts have none of these: a cheap look before the dear one."""
_NOT_NAMES = frozenset(
    [
        *("My", "The", "Our", "Your", "His", "Her", "Their", "This", "That", "These", "Those", "All", "Old", "New"),
        *(
            "Good",
            "Bad",
            "In",
            "And",
            "Everyone",
            "Everybody",
            "Happy",
            "Summer",
            "Winter",
            "Mio",
            "Mia",
            "Miei",
            "Mie",
        ),
        *("Il", "Lo", "La", "Gli", "Le", "Un", "Una", "Nostro", "Nostra", "Quel", "Quella", "Questo", "Questa", "Per"),
        *("Con", "Tutti", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    ]
)
"""Capitals of headlines and of things: "RIP My Old Phone"."""


def names_the_dead(text: str) -> bool:
    """Whether a post says farewell to somebody by first name and surname.

    Parameters
    ----------
    text
        A post with its capitals; links and mentions removed.

    Examples
    --------
    >>> [names_the_dead(t) for t in ("RIP Anna Rossi, che voce", "RIP my phone", "È morto il mio telefono")]
    [True, False, False]
    """
    lower = text.lower()
    if not any(hint in lower for hint in _HINTS) or text.isupper():
        return False
    for match in _FAREWELL.finditer(text):
        name = match["after"] or match["before"]
        words = [word for word in name.split() if word[0].isupper()]
        if len(words) >= 2 and not _NOT_NAMES.intersection(words):
            return True
    return False
