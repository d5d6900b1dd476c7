"""Server-sent events of a tree that runs in another process, over connections that may break.

The tree sends a comment every 15 seconds where nothing happens; if not even that comes, the
connection is dead, and is made anew.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from fsmv2.errors import ApiUnavailableError
from fsmv2.operate.state_directory import holder
from fsmv2.operate.tree_client import StreamedEvent, TreeClient

SILENT_FOR = 45.0
"""Seconds without even a comment after which a connection is given up."""

AGAIN_AFTER = 1.0
"""Seconds before a connection that has broken is made anew."""

ENDED, RESET = "ended", "reset"
"""Events of the stream itself: the tree has stopped; some of what happened is no longer kept."""

_DROPPED = "dropped"


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
    client = TreeClient(directory, tool=tool)
    began = False
    while True:
        try:
            for event in client.stream(route, query, timeout=SILENT_FOR, last=last):
                began = True
                last = event.id or last
                if event.name == _DROPPED:
                    break  # we read too slowly: what is missed comes with the next connection
                if event.name:
                    yield event
                if event.name == ENDED:
                    return
        except ApiUnavailableError:
            if not began:
                raise
        except TimeoutError:
            if not began:
                raise ApiUnavailableError(
                    f"the tree has not answered within {SILENT_FOR:.0f} s.",
                    fix="See with `fsmv2 health` whether it works.",
                ) from None
        if not holder(directory):
            raise ApiUnavailableError(
                "the tree has ended while it was watched.", fix="See with `fsmv2 trees` what runs."
            )
        time.sleep(AGAIN_AFTER)
