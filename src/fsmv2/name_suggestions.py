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
_SHORT = 4
"""Letters of a name in which two wrong ones leave another word."""
_SURE = 0.75
"""Likeness at which two names are the same word, however many letters differ."""


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
    for close in difflib.get_close_matches(name, names, n=3, cutoff=0.6):
        other = close.casefold()
        if (
            _likeness(folded, close) >= _SURE
            or _edits(folded, other) <= _slips(name)
            or _shortens(*sorted((folded, other), key=len))
        ):
            return close
    # A word in full for one that is shortened, `environment` for `env`, or the other way.
    begun = [n for n in names if _begins(*sorted((folded, n.casefold()), key=len))]
    return max(begun, key=len, default=None)


def _slips(name: str) -> int:
    """Letters that somebody gets wrong in a name; in more of them another word was meant."""
    return 1 if len(name) <= _SHORT else max(2, len(name) // 3)


def _edits(one: str, other: str) -> int:
    """Letters to change, add, leave out or exchange with the next, to make one of the other."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b)))
            if i > 1 and j > 1 and (a, one[i - 2]) == (other[j - 2], b):
                row[j] = min(row[j], last[j - 2] + 1)
    return row[-1]


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


def _shortens(short: str, long: str) -> bool:
    """`procs` for `processes`: the same letter first, and all others in this order."""
    rest = iter(long)
    return len(short) >= _SHORTENED and short[0] == long[0] and all(c in rest for c in short)


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
