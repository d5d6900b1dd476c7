"""`retry`: what waits for its next try is tried now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmv2.cli.path_request import path_request

if TYPE_CHECKING:
    from fsmv2.operate.request_types import Request


@path_request
def retry(path: str, reason: str) -> Request:
    """Retry now what waits for its next attempt at PATH and below.

    $ fsmv2 retry edge/filler
    """
    from fsmv2.operate.request_types import Retry

    return Retry(path=path, reason=reason)
