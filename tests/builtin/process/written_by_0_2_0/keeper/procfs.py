"""What /proc says of a process, also read by fsmv2 itself."""

from __future__ import annotations

import os


def stat(pid: int | str) -> list[str] | None:
    """The fields of /proc/<pid>/stat from the third (state) on; also those of a zombie."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as opened:
            text = opened.read().decode(errors="replace")
    except OSError:
        return None
    # The second field is the command in parentheses and may hold anything, also parentheses.
    return text.rpartition(")")[2].split() or None


def kernel_start(pid: int) -> int | None:
    """The kernel's start time (field 22), in clock ticks since boot, of a process or a zombie."""
    fields = stat(pid)
    return int(fields[19]) if fields else None


def boot() -> str:
    """Which boot of the machine this is; empty where the kernel does not say."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as opened:
            return opened.read().strip()
    except OSError:
        return ""


def children_of(parent: int) -> list[int]:
    """The pids of its children, zombies among them."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdecimal():
            fields = stat(name)
            if fields and int(fields[1]) == parent:
                found.append(int(name))
    return found
