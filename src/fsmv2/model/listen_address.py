"""Where a server of ours listens: `host:port` of this machine alone, read strictly.

Whoever can reach the port is answered, without a password. So it is one of the addresses that only
programs on this machine reach; a listener for others needs TLS and credentials first.
"""

from __future__ import annotations

import ipaddress

from fsmv2.model.network_address import HostAndPort, NoAddressError, read_host_and_port

HTTP_PORT = 9410
"""Where it listens when no port is given."""

LOOPBACK = "127.0.0.1"

OTHERS = "let a reverse proxy or a tunnel serve it to others"

# These addresses are refused, not listened on.
EVERY_ADDRESS = ("", "*", "0.0.0.0", "[::]", "::")  # noqa: S104


def read_listen_address(text: str) -> HostAndPort:
    """A loopback address and a port, 0 for one that is free; NoAddressError says why it is none."""
    if not text.strip():
        raise NoAddressError("is empty, expected host:port.", f"Write {LOOPBACK}:{HTTP_PORT}.")
    if text.isascii() and text.isdigit():
        raise NoAddressError("is a port alone, expected host:port.", f"Write {LOOPBACK}:{text}.")
    host, colon, port = text.rpartition(":")
    if colon and port and host in EVERY_ADDRESS:
        raise NoAddressError(
            "is every address of this machine, and one over the network is not offered yet.",
            f"Write {LOOPBACK}:{port}, and {OTHERS}.",
        )
    chosen = text.endswith(":0") and (text.count(":") == 1 or text.endswith("]:0"))
    found = read_host_and_port(text[:-1] + "1" if chosen else text, default_port=HTTP_PORT)
    found = HostAndPort(found.host, 0) if chosen else found
    if found.host.lower() == "localhost":
        return HostAndPort(LOOPBACK, found.port)
    if not _is_loopback(found.host):
        raise NoAddressError(
            "is not an address of this machine alone, and one over the network is not offered yet.",
            f"Write {LOOPBACK}:{found.port}, and {OTHERS}.",
        )
    return found


def address_text(host: str, port: int) -> str:
    """`host:port` as it stands in a URL."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
