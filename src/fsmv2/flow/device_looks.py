"""Looks at devices that are under way: short connections that only see whether something answers.

Many devices have room for one client. Who looks says so here first, and then asks whether a flow is
connected or connecting; a flow says first that it connects, and then waits until nobody looks. So
whichever comes first, the two never meet, though they run in different threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Iterator

from fsmv2.flow.device import device_claim

LOOK_EVERY = 0.005
"""Seconds between two questions whether a look is over; one takes a millisecond."""

_under_way: Counter[str] = Counter()
_lock = threading.Lock()


@contextlib.contextmanager
def looking(host: str, port: int) -> Iterator[None]:
    """Inside, somebody in this process may look at the device at an address. From any thread."""
    device = device_claim(host, port)
    with _lock:
        _under_way[device] += 1
    try:
        yield
    finally:
        with _lock:
            _under_way[device] -= 1
            if not _under_way[device]:
                del _under_way[device]


async def nobody_looks(host: str, port: int, *, within: float) -> None:
    """Wait until no look at the device is under way, or for so many seconds.

    A look that lasts has not reached the device, and is in nobody's way there.
    """
    device = device_claim(host, port)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within):
            while device in _under_way:  # noqa: ASYNC110  (whoever looks is in another thread)
                await asyncio.sleep(LOOK_EVERY)
