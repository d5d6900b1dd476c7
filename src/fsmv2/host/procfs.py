"""What /proc says of processes.

The shim beside each command reads it here, too: this imports `os` and nothing else.
"""

from __future__ import annotations

import os


def pids() -> list[int]:
    """Every process that can be seen from here, zombies among them."""
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def stat(pid: int) -> list[str] | None:
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


def start_time_of(pid: int) -> int | None:
    """The same for a living process; None for a zombie, or no such process."""
    fields = stat(pid)
    return int(fields[19]) if fields and fields[0] not in ("Z", "X") else None


_boot = ""


def boot() -> str:
    """Which boot of the machine this is; empty where the kernel does not say.

    Read once: no process outlives the boot that it began in.
    """
    global _boot
    if not _boot:
        try:
            with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as opened:
                _boot = opened.read().strip()
        except OSError:
            return ""
    return _boot


def children_of(parent: int) -> list[int]:
    """The pids of its children, zombies among them."""
    return [pid for pid in pids() if (fields := stat(pid)) and int(fields[1]) == parent]
