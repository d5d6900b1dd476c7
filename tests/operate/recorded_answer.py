"""Waits until what happened is in the journal, which is written on a thread of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from fsmv2.errors import NotRecordedError

T = TypeVar("T")


async def recorded(ask: Callable[[], T], wanted: Callable[[T], bool] = lambda _: True) -> T:
    """The answer once there is one that is as wanted."""
    limit = time.monotonic() + 200
    while True:
        try:
            found = ask()
            if wanted(found) or time.monotonic() > limit:
                return found
        except NotRecordedError:
            if time.monotonic() > limit:
                raise
        await asyncio.sleep(0.1)
