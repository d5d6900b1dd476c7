"""The event loop that everything of ours runs on."""

from __future__ import annotations

import asyncio
import selectors
import sys
from typing import Any

from fsmv2.host.names import NAMES

YIELDS_AFTER = 0.001
"""Seconds after which a thread that computes gives the interpreter to one that waits for it.

A loop gives it away with each call of the operating system, and has to get it back after. With the
5 ms that Python takes, a loop that moves data gets through some 190 exchanges a second beside a
thread that computes, with 1 ms through over a thousand; who computes loses some hundredths.
"""


class _Selector(selectors.DefaultSelector):
    """Knows whether its loop has something to do, or waits for it."""

    waits = False

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:  # there is more to do
            return super().select(timeout)
        self.waits = True
        try:
            return super().select(timeout)
        finally:
            self.waits = False


class Loop(asyncio.SelectorEventLoop):
    """Looks names up apart: clients of any library that connect on it hold nobody up."""

    def __init__(self) -> None:
        """Make it; it runs in any one thread."""
        self._selects = _Selector()
        super().__init__(self._selects)

    @property
    def busy(self) -> bool:
        """Whether it has something to do at this moment; from any thread."""
        return not self._selects.waits and self.is_running()

    async def getaddrinfo(
        self,
        host: Any,
        port: Any,
        *,
        family: int = 0,
        type: int = 0,
        proto: int = 0,
        flags: int = 0,
    ) -> Any:
        return await NAMES.getaddrinfo(
            host, port, family=family, type=type, proto=proto, flags=flags
        )


def new_loop() -> Loop:
    """A loop on which no name lookup waits for another one's thread.

    Ours run in several threads of one process, so from the first one on they take turns often: for
    all of the process, and for good.
    """
    sys.setswitchinterval(min(YIELDS_AFTER, sys.getswitchinterval()))
    return Loop()
