"""Ports for servers of tests, which nobody else is given while a server is down.

`bind(("127.0.0.1", 0))` gives a port of the range from which the kernel takes those of outgoing
connections, too. A server that is killed and started again may find its port taken by a client of
another test. So these are drawn below that range, and each worker has its own share of them.
"""

from __future__ import annotations

import os
import random
import socket
from pathlib import Path

LOWEST = 12_000
WORKERS = 16
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_given: set[int] = set()


def free_ports(count: int) -> list[int]:
    """So many ports of 127.0.0.1 on which nobody listens, none of them given before."""
    highest = int(_RANGE.read_text().split()[0]) if _RANGE.exists() else 32_768
    share = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    candidates = [port for port in range(LOWEST, highest) if port % WORKERS == share]
    random.SystemRandom().shuffle(candidates)
    found: list[int] = []
    for port in candidates:
        if port not in _given and _is_free(port):
            _given.add(port)
            found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError(f"no {count} ports are free below {highest}")


def free_port() -> int:
    """One of them."""
    return free_ports(1)[0]


def _is_free(port: int) -> bool:
    with socket.socket() as chosen:
        try:
            chosen.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
