"""Finds what blocks on a loop's thread: each open, lookup, connect or start of a program there.

A disk that hangs, or a name server, may hold such a call for minutes, and with it every worker of
the loop. An audit hook cannot be removed and sees every call of the process, so it looks at the
name of the event first. `fsync`, `stat` and their like have no event: the functions of `os` are
replaced by ones that look, too.

`ALLOWED` argues each place that may block a loop all the same.
"""

from __future__ import annotations

import asyncio
import functools
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import fsmv2

SOURCE = str(Path(fsmv2.__file__).parent) + "/"
COMMANDS = SOURCE + "cli/"
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

WITHOUT_EVENT = (
    *("stat", "lstat", "statvfs", "readlink", "access", "fsync", "fdatasync", "posix_fallocate"),
)
"""Functions of `os` that ask the disk and have no event."""

MEMORY = ("/proc", "/sys/", "/dev/null")
"""What the kernel answers at once: no disk, no network."""

ALLOWED: dict[str, str] = {
    "cli/demo/plcs.py:_start": "asyncio starts programs on its loop, and this one draws the demo",
}
"""`file:function` anywhere on the stack → why it may block a loop."""

found: list[str] = []
"""What blocked since the last test began."""


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in EVENTS:
        _look(event, arguments, sys._getframe(1))


def _look(event: str, arguments: tuple[Any, ...], frame: FrameType) -> None:
    if asyncio._get_running_loop() is None:
        return
    if not threading.current_thread().name.startswith(THREADS) and not _of_a_command(frame):
        return
    if event == "socket.connect" and arguments[0].gettimeout() == 0:
        return  # it answers at once, and the loop waits for it
    if str(arguments[0]).startswith(MEMORY):
        return
    if event == "open" and isinstance(arguments[0], int):
        return  # it is open already
    ours = _ours(frame)
    if ours and not any(place in ALLOWED for place in ours):
        found.append(f"{event} {arguments[:1]} in {' < '.join(ours[:4])}")


def _of_a_command(frame: FrameType | None) -> bool:
    """Whether the loop that runs was begun by the command line, not by a test."""
    runs = False
    while frame is not None:
        name = frame.f_code.co_filename
        runs = runs or (frame.f_code.co_name == "run_forever" and name.endswith("base_events.py"))
        if runs and name.startswith(COMMANDS):
            return True
        if runs and name.startswith(AUTHORS):
            return False
        frame = frame.f_back
    return False


def _looking(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def looked(*arguments: Any, **options: Any) -> Any:
        _look(f"os.{name}", arguments, sys._getframe(1))
        return function(*arguments, **options)

    return looked


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
    for name in WITHOUT_EVENT:
        setattr(os, name, _looking(name, getattr(os, name)))
