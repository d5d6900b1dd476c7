"""What a process takes of the machine: processors, memory, threads, open files."""

from __future__ import annotations

import os
import time
from typing import TypedDict

from fsmv2.host.procfs import stat

TICKS, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


class Figures(TypedDict, total=False):
    """`cpu` in processors since the last look, `memory_mb` of RAM."""

    cpu: float
    memory_mb: float
    threads: int
    open_files: int


class UsageMeter:
    """Looks at one process after the other; what it used is since the last look at the same."""

    def __init__(self) -> None:
        self._last = (0, 0.0, 0.0)  # pid, seconds used, when

    def figures(self, pid: int, fields: list[str] | None = None) -> Figures:
        """What the kernel says now; nothing of a process that is not ours to read.

        `fields`: what `procfs.stat` has just read of it.
        """
        try:
            files = len(os.listdir(f"/proc/{pid}/fd"))
        except OSError:
            return {}
        if fields is None and (fields := stat(pid)) is None:
            return {}
        used = (int(fields[11]) + int(fields[12])) / TICKS
        now, (before, used_before, then) = time.monotonic(), self._last
        self._last = (pid, used, now)
        share = (used - used_before) / (now - then) if before == pid and now > then else 0.0
        return {
            "cpu": round(share, 3),
            "memory_mb": round(int(fields[21]) * PAGE / 1e6, 1),
            "threads": int(fields[17]),
            "open_files": files,
        }
