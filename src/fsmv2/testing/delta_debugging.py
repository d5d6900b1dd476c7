"""Delta debugging: the few decisions of many that a failure needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def shrink(
    items: Sequence[T], fails: Callable[[Sequence[T]], bool], *, tries: int = 200
) -> list[T]:
    """A short part of `items` that `fails` still; none of its items can be left out.

    After so many `tries` it is what was found until then. `fails(items)` must hold.
    """
    found, parts = list(items), 2
    if tries and found and fails([]):
        return []
    while len(found) >= 2 and tries > 0:
        size = max(1, len(found) // parts)
        for begin in range(0, len(found), size):
            if tries <= 0:
                break
            tries -= 1
            rest = found[:begin] + found[begin + size :]
            if rest and fails(rest):
                found, parts = rest, max(2, parts - 1)
                break
        else:
            if size == 1:
                break
            parts = min(len(found), parts * 2)
    return found
