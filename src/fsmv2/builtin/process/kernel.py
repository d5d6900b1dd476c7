"""What the kernel knows of processes: who lives, since when, how one ended, who holds a port.

A pid alone says nothing: the kernel gives it to somebody else some day. A pid with the kernel's
start time of the process is one process for ever, until the machine boots. Read from /proc.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

from fsmv2.builtin.process.keeper.procfs import kernel_start, stat

__all__ = [
    "holder_of",
    "how_ended",
    "is_ending",
    "is_zombie",
    "kernel_start",
    "opened_by",
    "opener_of",
    "reap",
    "start_time_of",
]


def start_time_of(pid: int) -> int | None:
    """The same for a living process; None for a zombie, or no such process."""
    fields = stat(pid)
    return int(fields[19]) if fields and fields[0] not in ("Z", "X") else None


def is_zombie(pid: int, started: int) -> bool:
    """Whether this process has ended, or is about to: nothing can stop its end any more.

    A process of several threads is a zombie from the end of its first thread on; until the last
    one has ended, too, it still has its ports and files.
    """
    fields = stat(pid)
    return fields is not None and fields[0] == "Z" and int(fields[19]) == started


def is_ending(pid: int, started: int) -> bool:
    """Whether this process has ended but for some of its threads: its ports are not free yet."""
    fields = stat(pid)
    return is_zombie(pid, started) and fields is not None and int(fields[17]) > 1


def how_ended(pid: int, started: int) -> str:
    """How a process ended, as 'was killed by SIGKILL', while its parent has not taken note yet."""
    fields = stat(pid)
    if fields is None or int(fields[19]) != started or len(fields) < 50:
        return "has ended"
    status = int(fields[49])  # field 52, exit_code, as wait() would give it
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        with contextlib.suppress(ValueError):
            return f"was killed by {signal.Signals(number).name}"
        return f"was killed by signal {number}"
    return f"ended with exit code {os.WEXITSTATUS(status)}"


def reap(pid: int, started: int) -> bool:
    """Take the end of a child of ours, so that no zombie stays; False: its end is yet to come.

    Without the start time, this could take the end of another child that was given the pid. True
    for anyone else's child: its end is not ours to take.
    """
    if kernel_start(pid) != started:
        return True
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except OSError:
        return True


def holder_of(port: int) -> str:
    """Who listens on a TCP port of this machine, as 'pid 123 (name)'; '' when it cannot be told."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    return opener_of(inodes) if inodes else ""


def opened_by(path: Path) -> str:
    """Which other process has a file open, as 'pid 123 (name)'; '' when it cannot be told."""
    return opener_of({str(path)}, but=os.getpid())


def opener_of(targets: set[str], *, but: int = 0) -> str:
    """Who has one of these open, by its link in `fd`; '' when it cannot be told."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != but:
            with contextlib.suppress(OSError):
                for link in (entry / "fd").iterdir():
                    with contextlib.suppress(OSError):
                        if os.readlink(link) in targets:
                            name = (entry / "comm").read_text(errors="replace").strip()
                            return f"pid {entry.name} ({name})"
    return ""
