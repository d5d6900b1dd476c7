"""Which process has a file or a socket open, by the links in its `/proc/PID/fd`.

Only its own user and root may read those.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Set
from pathlib import Path

from fsmv2.host.procfs import pids


def open_links(pid: int) -> Iterator[str]:
    """What its descriptors lead to; nothing where they may not be read."""
    with contextlib.suppress(OSError):
        for number in os.listdir(f"/proc/{pid}/fd"):
            yield open_link(pid, int(number))


def open_link(pid: int, descriptor: int) -> str:
    """What one of its descriptors leads to; empty where it may not be read, or is closed."""
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/fd/{descriptor}")
    return ""


def opened_by(path: Path) -> str:
    """Which other process has a file open, as 'pid 123 (name)'; '' when it cannot be told."""
    return opener_of({str(path)}, but=os.getpid())


def opener_of(targets: Set[str], *, but: int = 0) -> str:
    """Who has one of these open, as 'pid 123 (name)'; '' when it cannot be told."""
    for pid in pids():
        if pid != but and any(link in targets for link in open_links(pid)):
            with contextlib.suppress(OSError):
                return f"pid {pid} ({command_name(pid)})"
    return ""


def command_name(pid: int) -> str:
    """What the kernel calls it: the first letters of its program. OSError: there is none."""
    return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
