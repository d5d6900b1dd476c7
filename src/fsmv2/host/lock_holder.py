"""Who holds the lock on a file, as the kernel tells it: never a process that has ended."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from fsmv2.host.open_files import command_name
from fsmv2.host.user_names import user_name

LOCKS = Path("/proc/locks")


class LockHolder(NamedTuple):
    """A living process: its number, its name, and whose it is."""

    pid: int
    command: str
    user: str

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command}) of {self.user}"


def lock_holder(file: Path) -> LockHolder | None:
    """The living process that holds a `flock` on a file; None: nobody, or it cannot be seen.

    A lock may be held by a process of another container, which has no number here.
    """
    try:
        found = file.stat()
        lines = LOCKS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    device = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}"
    pids = []
    for line in lines:
        fields = line.split()
        if len(fields) < 8 or fields[1] != "FLOCK":  # "->" stands there when it only waits for it
            continue
        where, _, inode = fields[5].rpartition(":")
        if inode == str(found.st_ino):
            # Some file systems give `stat` another device than the kernel has.
            pids.append((where != device, int(fields[4])))
    for _, pid in sorted(pids):
        if (holder := _living(pid)) is not None:
            return holder
    return None


def _living(pid: int) -> LockHolder | None:
    if pid <= 0:
        return None
    try:
        user = Path(f"/proc/{pid}").stat().st_uid
        return LockHolder(pid, command_name(pid), f"user {user_name(user) or user}")
    except OSError:
        return None
