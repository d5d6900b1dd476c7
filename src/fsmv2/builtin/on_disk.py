"""Work with files in a thread: a disk that hangs must not hold up the loop of all workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from fsmv2 import blocking

T = TypeVar("T")


async def on_disk(work: Callable[[], T]) -> T:
    """What `work` returns or raises. Whoever is cancelled waits until it has ended."""
    return cast("T", await _called(work))


@blocking
def _called(work: Callable[[], object]) -> object:
    return work()
