"""The event loop that everything of ours runs on."""

from __future__ import annotations

import asyncio
from typing import Any

from fsmv2.host.names import NAMES


class _Loop(asyncio.SelectorEventLoop):
    """Looks names up apart: clients of any library that connect on it hold nobody up."""

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


def new_loop() -> asyncio.AbstractEventLoop:
    """A loop on which no name lookup waits for another one's thread."""
    return _Loop()
