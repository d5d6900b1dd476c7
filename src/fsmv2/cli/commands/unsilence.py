"""`unsilence`: what was silenced is notified of again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmv2.cli.path_request import path_request

if TYPE_CHECKING:
    from fsmv2.operate.request_types import Request


@path_request
def unsilence(path: str, reason: str) -> Request:
    """Notify of what was silenced at PATH again, of an escalation that still stands as well.

    $ fsmv2 unsilence edge/filler
    """
    from fsmv2.operate.request_types import Unsilence

    return Unsilence(path=path, reason=reason)
