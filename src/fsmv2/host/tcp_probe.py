"""Whether something accepts TCP connections at an address. Called by the connection worker."""

from __future__ import annotations

from fsmv2.host.tcp import open_socket


async def probe_tcp(host: str, port: int, *, within: float) -> None:
    """Connect and hang up.

    OSError says why none of the host's addresses accepted, a NameLookupError that it has none;
    TimeoutError: nothing answered within so many seconds.
    """
    (await open_socket(host, port, within=within)).close()
