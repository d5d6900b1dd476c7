"""How many templates are rendered while somebody wants to know: a derive that is debugged."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

_count: ContextVar[list[int] | None] = ContextVar("renders", default=None)


@contextlib.contextmanager
def counted() -> Iterator[list[int]]:
    """Inside, the first item of the list is how many templates were rendered, by this code."""
    found = [0]
    before = _count.set(found)
    try:
        yield found
    finally:
        _count.reset(before)


def count_one() -> None:
    """One more was rendered."""
    found = _count.get()
    if found is not None:
        found[0] += 1
