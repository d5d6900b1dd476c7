"""`ack`: an escalation is taken over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmv2.cli.path_request import path_request

if TYPE_CHECKING:
    from fsmv2.operate.request_types import Request


@path_request
def ack(path: str, reason: str) -> Request:
    """Record that you have taken over the escalation of PATH.

    No reminders are sent from then on. The escalation ends when the worker is healthy again.

    $ fsmv2 ack edge/filler -m 'on my way'
    """
    from fsmv2.operate.request_types import Acknowledge

    return Acknowledge(path=path, reason=reason)
