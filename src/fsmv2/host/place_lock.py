"""One process at a time for one folder, by a lock that does not live in the folder.

A lock file keeps nobody out of a folder that was removed and made again while its user runs. This
one is a socket in the kernel's abstract namespace, named by user and path: it has no file, and is
gone with its process. It holds within one network namespace, so not between containers.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
from pathlib import Path

from fsmv2.host.unix_peer import Peer, peer_of

ROOT = 0
PROC = "/proc"
WAITING = 100
"""Who asks for the holder waits to be answered, which nobody does; so many may, until they are
forgotten. One more would not learn that it is held."""


class PlaceLock:
    """Held from `take` to `release`."""

    def __init__(self, folder: Path) -> None:
        self._real = os.path.realpath(folder)
        real = self._real.encode(errors="surrogateescape")
        digest = hashlib.blake2b(real, digest_size=16).hexdigest()
        self._name = f"\0fsmv2-{os.geteuid()}-{digest}"
        self._socket: socket.socket | None = None

    def take(self) -> int:
        """0 when it is held from now on; else the pid of the process that has it.

        A name that a third user has taken is no reason not to run, nor a folder of the same path in
        a container that shares the network: then this lock is not held.
        """
        found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            found.bind(self._name)
            found.listen(WAITING)
            found.setblocking(False)
        except OSError:
            found.close()
            return self.holder()
        self._socket = found
        return 0

    def holder(self) -> int:
        """The process that holds it and means the same folder by it; 0: none does."""
        pid, user = self._holder()
        ours = user in (os.geteuid(), ROOT)
        return pid if ours and self._same_for(pid) else 0

    def forget_who_asked(self) -> None:
        """To be called now and then while it is held: make room for others who ask."""
        with contextlib.suppress(OSError):
            while self._socket is not None:
                self._socket.accept()[0].close()

    def release(self) -> None:
        """Let go, if it is held."""
        held, self._socket = self._socket, None
        if held is not None:
            held.close()

    def _same_for(self, pid: int) -> bool:
        """Whether that process means the same folder by this path: the one above stands."""
        above = os.path.dirname(self._real)
        try:
            return os.path.samestat(os.stat(above), os.stat(f"{PROC}/{pid}/root{above}"))
        except PermissionError:
            return True  # not to be seen: rather refuse than run two in one folder
        except OSError:
            return False

    def _holder(self) -> Peer:
        """Who holds it; 0 and -1 when it has just ended."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.settimeout(0)
            try:
                asking.connect(self._name)
                return peer_of(asking)
            except OSError:
                return Peer(0, -1)
