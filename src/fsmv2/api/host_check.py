"""Refuses requests over TCP that were meant for another host.

A page on the web can have a name of its own lead to 127.0.0.1 (DNS rebinding), and a browser on
this machine would hand it what we answer. It names the page's host all the same, in `Host`.
"""

from __future__ import annotations

import ipaddress

from starlette.types import ASGIApp, Receive, Scope, Send

from fsmv2.api.problem_response import problem_response
from fsmv2.operate.problem import Problem

REFUSED = Problem(
    "Host not allowed",
    421,
    "this address answers for this machine alone: for 127.0.0.1, [::1] and localhost.",
    fix="Ask one of these; a reverse proxy has to set `Host`.",
)


class HostCheck:
    """An application behind the check. HTTP/1.0 may name no host; no browser speaks it."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421, or have the application answer."""
        if scope["type"] == "http":
            hosts = [value for name, value in scope["headers"] if name == b"host"]
            if not all(names_this_machine(host.decode("latin-1")) for host in hosts):
                await problem_response(REFUSED)(scope, receive, send)
                return
        await self._application(scope, receive, send)


def names_this_machine(host: str) -> bool:
    """Whether the value of a `Host` header is a loopback address or localhost, with any port.

    Any, since a tunnel ends at another one; a page on the web cannot choose the name.
    """
    name, colon, port = host.strip().rpartition(":")
    if not colon or host.strip().endswith("]"):
        name, port = host.strip(), ""
    if port and not (port.isascii() and port.isdigit()):
        return False
    if name.lower() == "localhost":
        return True
    bracketed = name.startswith("[") and name.endswith("]")
    try:
        address = ipaddress.ip_address(name[1:-1] if bracketed else name)
    except ValueError:
        return False
    return address.is_loopback and (address.version == 6) == bracketed
