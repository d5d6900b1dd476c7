"""`pause`: nothing is started at a path, and nothing written to a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmv2.cli.path_request import path_request

if TYPE_CHECKING:
    from fsmv2.operate.request_types import Request


@path_request
def pause(path: str, reason: str) -> Request:
    """Start nothing at PATH and below, and write nothing to a machine, until it is resumed.

    Observation and stops go on. It outlasts a restart of fsmv2, and never ends by itself. It is no
    lockout and no safety function.

    $ fsmv2 pause edge/filler -m 'cleaning until noon'
    $ fsmv2 pause 'edge/line2/**' --yes
    """
    from fsmv2.operate.request_types import Pause

    return Pause(path=path, reason=reason)
