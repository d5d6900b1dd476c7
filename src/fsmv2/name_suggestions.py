"""What somebody may have meant who wrote a name that is not known."""

from __future__ import annotations

import difflib
import heapq
import itertools
from collections.abc import Iterable

_SHORTENED = 3
"""Characters that a shortened name has at the least."""
_COMPARED = 500
"""Names that are looked at for the nearest; each costs microseconds, and a document may have
100,000 of them.
"""
_NAME = 200
"""Characters of a name that anybody could have mistyped."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name closest to `name`, or None when nothing is close.

    Of very many names a bounded number is compared, of those that begin alike and are as long.
    """
    if len(name) > _NAME:
        return None
    names = [n for n in known if len(n) <= 2 * len(name) + 2]
    folded = name.casefold()
    for other in names:
        if other.casefold() == folded:
            return other
    if len(names) > _COMPARED:
        alike = (n for n in names if n[:1] == name[:1] and abs(len(n) - len(name)) <= 2)
        names = list(itertools.islice(alike, _COMPARED))
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return close[0]
    # A word in full for one that is shortened, `environment` for `env`, or the other way.
    begun = [n for n in names if _begins(*sorted((folded, n.casefold()), key=len))]
    return max(begun, key=len, default=None)


_ALIKE = 3
"""Names that are proposed at once; more are no proposal."""


def nearest_names(name: str, known: Iterable[str]) -> list[str]:
    """As `nearest`, with all that are as near: `int` is as far from int16 as from int64."""
    names = list(known)
    first = nearest(name, names)
    if first is None:
        return []
    folded = name.casefold()
    if first.casefold() == folded:
        return [first]
    best = _likeness(folded, first)
    alike = [one for one in names if _likeness(folded, one) >= best]
    return alike if len(alike) <= _ALIKE else []


def _likeness(name: str, other: str) -> float:
    return difflib.SequenceMatcher(None, other.casefold(), name).ratio()


def one_of(names: list[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _begins(short: str, long: str) -> bool:
    return len(short) >= _SHORTENED and long.startswith(short)


def suggest(name: str, known: Iterable[str]) -> str:
    """'Did you mean …?' and the known names, as one sentence; empty when none are known."""
    names = list(known)
    if not names:
        return ""
    first = heapq.nsmallest(20, names)
    close = nearest(name, names)
    # Names of any length would make a fix that nobody reads.
    shown = ", ".join(n if len(n) <= _NAME else n[:_NAME] + "…" for n in first) + (
        f", and {len(names) - 20} more" if len(names) > 20 else ""
    )
    return (f"Did you mean '{close}'? " if close else "") + f"Known: {shown}."
