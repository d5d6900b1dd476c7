"""What became of an operator's request when it was posted, and whether a tree takes any now."""

from __future__ import annotations

import msgspec

from fsmv2.core import Core
from fsmv2.core.life.requests import Request


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
