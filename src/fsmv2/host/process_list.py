"""The living processes of our own user: who they are, and what they were started with."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from fsmv2.host.process_identity import ProcessIdentity
from fsmv2.host.procfs import boot, pids, stat


class Entry(NamedTuple):
    """A living process: its parent, its session, and the kernel's start time of it."""

    pid: int
    parent: int
    session: int
    start_time: int

    @property
    def identity(self) -> ProcessIdentity:
        """The process itself."""
        return ProcessIdentity(self.pid, self.start_time, boot())


def own_processes() -> Iterator[Entry]:
    """All that run as our user, in our own PID namespace, but for this process."""
    for pid in pids():
        if pid != os.getpid() and (entry := own_process(pid)) is not None:
            yield entry


def own_process(pid: int) -> Entry | None:
    """A living process of our user; None: it is another's, or does not live."""
    with contextlib.suppress(OSError):
        if os.stat(f"/proc/{pid}").st_uid == os.geteuid():
            fields = stat(pid)
            if fields and fields[0] not in ("Z", "X"):
                return Entry(pid, int(fields[1]), int(fields[3]), int(fields[19]))
    return None


def command_line(pid: int) -> list[bytes]:
    """The words that it was started with; none where they cannot be read."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]
    return []


def environment(pid: int) -> dict[bytes, bytes]:
    """The variables that it was started with; none where they cannot be read."""
    with contextlib.suppress(OSError):
        parts = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        return {name: value for name, _, value in (part.partition(b"=") for part in parts)}
    return {}


def age_of(start_time: int) -> float:
    """Seconds since a start time of the kernel, however the wall clock was set meanwhile."""
    since_boot = time.clock_gettime(time.CLOCK_BOOTTIME)
    return max(0.0, since_boot - start_time / os.sysconf("SC_CLK_TCK"))


def began_at(start_time: int) -> float:
    """Unix seconds of a start time, which the kernel counts in ticks since the boot."""
    try:
        uptime = float(Path("/proc/uptime").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return time.time()
    return time.time() - max(0.0, uptime - start_time / os.sysconf("SC_CLK_TCK"))
