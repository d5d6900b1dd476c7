"""The service manager that started this process, such as systemd, and what it is told (sd_notify).

One datagram holds some lines, `READY=1` say. The socket's address stands in an environment
variable, which is taken out: a command that is started here must not speak in our place.
"""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping

ADDRESS, WATCHDOG, WATCHDOG_OF = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"


class ServiceManager:
    """Whoever listens at a datagram socket. `watchdog`: seconds within which it must be told."""

    def __init__(self, address: str, watchdog: float | None = None) -> None:
        """`address`: a path, or with `@` in front the name of an abstract socket."""
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.watchdog = watchdog

    @classmethod
    def of(cls, environment: MutableMapping[str, str]) -> ServiceManager | None:
        """The one that this environment names, if any; it is named there no longer."""
        address = environment.pop(ADDRESS, "")
        microseconds = environment.pop(WATCHDOG, "")
        process = environment.pop(WATCHDOG_OF, "")
        if not address.startswith(("/", "@")) or len(address) < 2:
            return None  # none, or of a kind that no local manager has
        watched = process in ("", str(os.getpid())) and microseconds.isascii()
        number = int(microseconds) if watched and microseconds.isdigit() else 0
        return cls(address, number / 1e6 if number else None)

    def tell(self, *lines: str) -> bool:
        """Tell it, from any thread; False: it could not be told now. Never waits."""
        text = "\n".join(lines).encode("utf-8", "replace")
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as own:
                own.sendto(text, socket.MSG_NOSIGNAL, self._address)
        except OSError:  # it is gone, or has no room for more
            return False
        return True
