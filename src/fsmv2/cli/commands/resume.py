"""`resume`: what was paused goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmv2.cli.path_request import path_request

if TYPE_CHECKING:
    from fsmv2.operate.request_types import Request


@path_request
def resume(path: str, reason: str) -> Request:
    """Let what was paused at PATH go on.

    $ fsmv2 resume edge/filler
    """
    from fsmv2.operate.request_types import Resume

    return Resume(path=path, reason=reason)
