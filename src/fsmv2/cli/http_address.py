"""Where a command serves metrics and health over TCP, if anywhere."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable, Iterator

from fsmv2.cli.console import progress
from fsmv2.errors import ListenError
from fsmv2.host.loopback_listener import listen_on_loopback
from fsmv2.model.listen_address import LOOPBACK, address_text, read_listen_address

ROUTES = "/metrics, /healthz, /readyz and /version"


@contextlib.contextmanager
def listening(address: str) -> Iterator[socket.socket | None]:
    """A socket that listens there, which is reported; None for an empty address.

    ListenError says who has the port. Blocks for a moment.
    """
    if not address:
        yield None
        return
    with listen_on_loopback(*read_listen_address(address)) as made:
        progress(f"serves {ROUTES} at http://{bound_to(made)}")
        yield made


def listening_somewhere(wanted: Iterable[str]) -> socket.socket | None:
    """A socket on the first of these addresses that can be had, or else on a free port.

    None: there is no port. Blocks for a moment.
    """
    for address in (*wanted, f"{LOOPBACK}:0"):
        with contextlib.suppress(ListenError):
            return listen_on_loopback(*read_listen_address(address))
    return None


def bound_to(made: socket.socket) -> str:
    """The address of a TCP socket, as it stands in a URL."""
    host, port = made.getsockname()[:2]
    return address_text(host, port)
