"""Server-sent events of a tree that runs in another process, as they come.

Only the standard library is needed, as for `RemoteTree`. The tree sends a comment every 15 seconds
where nothing happens; if not even that comes, the connection is dead, and is made anew.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from fsmv2.errors import ApiUnavailableError, FsmError
from fsmv2.operate.socket_place import known_socket
from fsmv2.operate.state_directory import holder
from fsmv2.operate.tree_client import RemoteConnection, error_of, unreachable

SILENT_FOR = 45.0
"""Seconds without even a comment after which a connection is given up."""

AGAIN_AFTER = 1.0
"""Seconds before a connection that has broken is made anew."""

ENDED, RESET = "ended", "reset"
"""Kinds of the stream itself: the tree has stopped; some of what happened is not kept any more."""

_DROPPED = "dropped"


class StreamedEvent(NamedTuple):
    """One event. `id`: after which to go on; `data`: as it was sent, of one line."""

    kind: str
    id: str
    data: bytes


def streamed(
    directory: Path,
    route: str,
    query: Mapping[str, str],
    *,
    tool: str,
    last: str = "",
) -> Iterator[StreamedEvent]:
    """What a route streams from now on, or after the event `last`; ends when the tree has stopped.

    A connection that breaks is made anew, and goes on where it was. ApiUnavailableError: no tree
    answers, or none any more; other errors as the route answers them.
    """
    began = False
    while True:
        try:
            for event in _once(directory, route, query, tool, last):
                began = True
                last = event.id or last
                if event.kind == _DROPPED:
                    break  # we read too slowly: what is missed comes with the next connection
                yield event
                if event.kind == ENDED:
                    return
        except FsmError:
            raise
        except (OSError, http.client.HTTPException) as error:
            if not began:
                raise unreachable(known_socket(directory), error) from error
        if not holder(directory):
            raise ApiUnavailableError(
                "the tree has ended while it was watched.", fix="See with `fsmv2 trees` what runs."
            )
        time.sleep(AGAIN_AFTER)


def _once(
    directory: Path, route: str, query: Mapping[str, str], tool: str, last: str
) -> Iterator[StreamedEvent]:
    """What one connection brings."""
    connection = RemoteConnection(known_socket(directory), SILENT_FOR)
    headers = {"Accept": "text/event-stream", "User-Agent": tool}
    if last:
        headers["Last-Event-ID"] = last
    address = f"{route}?{urlencode(query, errors='replace')}" if query else route
    try:
        connection.request("GET", address, None, headers)
        response = connection.getresponse()
        if response.status >= 400:
            raise error_of(response.status, response.read())
        kind, number, data = "", "", b""
        for line in response:
            text = line.rstrip(b"\r\n")
            name, _, value = text.partition(b": ")
            if not text and kind:
                yield StreamedEvent(kind, number, data)
                kind, number, data = "", "", b""
            elif name == b"event":
                kind = value.decode()
            elif name == b"id":
                number = value.decode()
            elif name == b"data":
                data = value
    finally:
        connection.close()
