"""Who the broker is: the record of the process we started, and whether it still is that process.

A pid alone says nothing: the kernel gives it to somebody else some day. A pid with the kernel's
start time of the process is one process for ever, until the machine boots.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import msgspec

from fsmv2.builtin.broker.config import BrokerConfig, write_private


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A server we started. `name` is its server name, random, and so its identity."""

    pid: int
    start_time: int
    name: str
    port: int
    mqtt_port: int
    started_at: float


def record_file(config: BrokerConfig) -> Path:
    """Where the record is kept."""
    return config.directory / "broker.json"


def read_record(config: BrokerConfig) -> Record | None:
    """The record, or None when there is none that can be read."""
    try:
        return msgspec.json.decode(record_file(config).read_bytes(), type=Record)
    except (OSError, msgspec.MsgspecError):
        return None


def write_record(config: BrokerConfig, record: Record) -> None:
    """Keep the record, atomically."""
    write_private(record_file(config), msgspec.json.encode(record).decode())


def remove_record(config: BrokerConfig) -> None:
    """Forget the record."""
    record_file(config).unlink(missing_ok=True)


def start_time_of(pid: int) -> int | None:
    """The kernel's start time of a living process, in clock ticks since boot; None: no such one.

    A zombie has ended and counts as none. Source: field 22 and field 3 of /proc/<pid>/stat.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The second field is the command in parentheses and may hold anything, also parentheses.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else int(fields[19])


def is_alive(record: Record) -> bool:
    """Whether exactly the recorded process still lives."""
    return start_time_of(record.pid) == record.start_time


def reap(pid: int) -> None:
    """Take the end of a child of ours, so that no zombie stays; harmless for anyone else's."""
    with contextlib.suppress(ChildProcessError, OSError):
        os.waitpid(pid, os.WNOHANG)


def find_lost(config: BrokerConfig) -> list[int]:
    """Pids of servers that run with our config file although no record says so.

    There can be one when fsmv2 was killed between starting the server and writing the record.
    """
    wanted = os.fsencode(str(config.config_file.absolute()))
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                ours = (entry / "exe").stat().st_uid == os.getuid() or os.getuid() == 0
                if wanted in words and b"nats-server" in words[0] and ours:
                    found.append(int(entry.name))
    return [pid for pid in found if start_time_of(pid) is not None]


def holder_of(port: int) -> str:
    """Who listens on a TCP port of this machine, as 'pid 123 (name)'; '' when it cannot be told."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and inodes:
            with contextlib.suppress(OSError):
                for link in (entry / "fd").iterdir():
                    with contextlib.suppress(OSError):
                        if os.readlink(link) in inodes:
                            name = (entry / "comm").read_text().strip()
                            return f"pid {entry.name} ({name})"
    return ""
