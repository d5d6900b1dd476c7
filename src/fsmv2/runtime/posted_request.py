"""What became of an operator's request when it was posted, and whether a tree takes any now."""

from __future__ import annotations

import asyncio

import msgspec

from fsmv2.core import Core
from fsmv2.core.life.requests import Request

BEGINS_WITHIN = 5.0
BEGIN_POLL = 0.002
"""Seconds for which the first turn of supervision is waited for, and between two looks for it."""


class PostedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request as the core is handed it, or why it was not posted.

    `ended`: it was refused since the tree itself is starting or stopping. `incarnation`: the one at
    its path before; 0: there was none.
    """

    event: Request
    refused: str
    ended: bool
    incarnation: int


def not_serving(core: Core) -> str:
    """Why no request can be taken now, whatever it is; empty when one can."""
    if core.stopping:
        return "the tree has stopped" if core.finished else "the tree is stopping"
    return "" if core.by_path else "the tree is starting"


async def begun(core: Core, within: float = BEGINS_WITHIN) -> None:
    """Wait until there is a root, so that requests can be taken; at most so many seconds."""
    for _ in range(round(within / BEGIN_POLL)):  # polled, as that loop is the core's own
        if core.by_path or core.stopping:
            return
        await asyncio.sleep(BEGIN_POLL)
