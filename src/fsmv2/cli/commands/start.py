"""`start`: what was stopped is again what is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmv2.cli.path_request import path_request

if TYPE_CHECKING:
    from fsmv2.operate.request_types import Request


@path_request
def start(path: str, reason: str) -> Request:
    """End a stop of PATH: it is again as the document declares.

    $ fsmv2 start edge/filler
    """
    from fsmv2.operate.request_types import Start

    return Start(path=path, reason=reason)
