"""`unsilence`: what was silenced is notified of again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmv2.cli.path_request import path_request

if TYPE_CHECKING:
    from fsmv2.operate.request_types import Request


@path_request
def unsilence(path: str, reason: str) -> Request:
    """Send notifications about PATH again, also of an escalation that is still active.

    $ fsmv2 unsilence edge/filler
    """
    from fsmv2.operate.request_types import Unsilence

    return Unsilence(path=path, reason=reason)
