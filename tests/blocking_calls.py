"""Finds what blocks on a loop's thread: each open, lookup, connect or start of a program there.

A disk that hangs, or a name server, may hold such a call for minutes, and with it every worker of
the loop. An audit hook cannot be removed and sees every call of the process, so it looks at the
name of the event first; `fsync` and `stat` have no event and are found by reading.

`ALLOWED` argues each place that may block a loop all the same.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import fsmv2

SOURCE = str(Path(fsmv2.__file__).parent) + "/"
AUTHORS = tuple(str(Path(__file__).parents[1] / folder) for folder in ("tests", "examples"))
"""Whose own calls are not ours: a test may block a loop on purpose."""
THREADS = "fsmv2-"
"""What the names of our loops' threads begin with."""

EVENTS = frozenset(
    [
        *("open", "os.listdir", "os.scandir", "os.mkdir", "os.rename", "os.remove", "os.rmdir"),
        *("os.truncate", "os.chmod", "os.link", "os.symlink", "os.utime", "fcntl.flock"),
        *("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.connect"),
        *("subprocess.Popen", "os.posix_spawn", "os.fork", "os.system", "sqlite3.connect"),
    ]
)

MEMORY = ("/proc", "/sys/", "/dev/null")
"""What the kernel answers at once: no disk, no network."""

ALLOWED: dict[str, str] = {}
"""`file:function` anywhere on the stack → why it may block a loop."""

found: list[str] = []
"""What blocked since the last test began."""


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in EVENTS:
        return
    if not threading.current_thread().name.startswith(THREADS):
        return
    if asyncio._get_running_loop() is None:
        return
    if event == "socket.connect" and arguments[0].gettimeout() == 0:
        return  # it answers at once, and the loop waits for it
    if str(arguments[0]).startswith(MEMORY):
        return
    ours = _ours(sys._getframe(1))
    if ours and not any(place in ALLOWED for place in ours):
        found.append(f"{event} {arguments[:1]} in {' < '.join(ours[:4])}")


def _ours(frame: FrameType | None) -> list[str]:
    """Our own functions on the stack, innermost first; none while a module is imported."""
    places = []
    while frame is not None:
        name = frame.f_code.co_filename
        if name == "<frozen importlib._bootstrap>" or name.endswith("/linecache.py"):
            return []  # an import at its first use, or the lines of a traceback: once for each file
        if not places and name.startswith(AUTHORS):
            return []
        if name.startswith(SOURCE):
            places.append(f"{name.removeprefix(SOURCE)}:{frame.f_code.co_name}")
        frame = frame.f_back
    return places


def watch() -> None:
    """From now on, for the whole process."""
    sys.addaudithook(_watch)
