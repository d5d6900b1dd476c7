"""`restart`: a new instance of a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmv2.cli.path_request import path_request

if TYPE_CHECKING:
    from fsmv2.operate.request_types import Request


@path_request
def restart(path: str, reason: str) -> Request:
    """Stop the worker at PATH and start a new instance.

    $ fsmv2 restart edge/filler
    $ fsmv2 restart 'edge/*/dfc_read' --yes -m 'new firmware'
    """
    from fsmv2.operate.request_types import Restart

    return Restart(path=path, reason=reason)
