"""What the kernel knows of supervised processes, found without any file of ours.

A record can be lost: its folder is removed, replaced or damaged, or another file system is mounted
over it. The process goes on. Its keeper has the folder on its command line, and the command has it
in its environment and, unless it closed them, behind its streams; so both can be found for as long
as they live. Seen are only processes of our own user, in our own PID namespace.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from fsmv2.builtin.process.keeper import run
from fsmv2.builtin.process.keeper.loop import PIPES
from fsmv2.builtin.process.keeper.procfs import boot, stat
from fsmv2.builtin.process.record import Record

MARK = "FSMV2_PROCESS"
"""The variable of the command's environment that has its folder; what it starts inherits it."""
SCRIPT = os.sep.join(Path(run.__file__).parts[-2:])
DELETED = " (deleted)"


class Entry(NamedTuple):
    """A living process: its parent, its session, and the kernel's start time of it."""

    pid: int
    parent: int
    session: int
    start_time: int


class Found(NamedTuple):
    """What lives of one folder: commands with their keepers, and all that bears its mark."""

    records: tuple[Record, ...]
    marked: tuple[tuple[int, int], ...]
    """pid and start time of each, commands among them."""


NOTHING = Found((), ())


def found_in(directory: str) -> Found:
    """What lives of this folder."""
    return found_below(None).get(os.path.realpath(directory), NOTHING)


def found_below(parent: str | None) -> dict[str, Found]:
    """What lives of each folder directly below `parent`, or of all, by the folder's real path."""
    real = os.path.realpath(parent) if parent is not None else None
    keepers: dict[str, list[Entry]] = {}
    marked: dict[str, list[Entry]] = {}
    for entry in _own_processes():
        kept = _kept_by(entry.pid)
        directory = kept or _mark_of(entry.pid)
        if directory:
            directory = os.path.realpath(directory)
            if real is None or os.path.dirname(directory) == real:
                (keepers if kept else marked).setdefault(directory, []).append(entry)
    return {
        directory: _found(keepers.get(directory, []), marked.get(directory, []))
        for directory in {*keepers, *marked}
    }


def _found(keepers: list[Entry], marked: list[Entry]) -> Found:
    pids = {keeper.pid for keeper in keepers}
    # Between fork and exec a command still looks like its keeper.
    young = [entry for entry in keepers if entry.parent in pids]
    keepers = [entry for entry in keepers if entry.parent not in pids]
    rest = sorted({*young, *marked}, key=lambda entry: entry.start_time)
    leaders = [entry for entry in rest if entry.session == entry.pid]
    records = []
    for keeper in keepers:
        # A command is the first process that its keeper started, not one of a later keeper.
        own = next((one for one in leaders if one.parent == keeper.pid), None)
        own = own or _first_child(keeper) or next(iter(leaders), None)
        if own in leaders:
            leaders.remove(own)
        records.append(_record(own, keeper))
    strays = [one for one in leaders if one.parent not in pids]
    records += [_record(one, None) for one in strays[:1]]
    return Found(tuple(records), tuple((one.pid, one.start_time) for one in rest))


def _record(command: Entry | None, keeper: Entry | None) -> Record:
    return Record(
        pid=command.pid if command else 0,
        start_time=command.start_time if command else 0,
        boot=boot(),
        started_at=_began_at(command.start_time) if command else 0.0,
        keeper=keeper.pid if keeper else 0,
        keeper_start=keeper.start_time if keeper else 0,
    )


def _own_processes() -> Iterable[Entry]:
    user = os.geteuid()
    for name in os.listdir("/proc"):
        if name.isdecimal() and int(name) != os.getpid():
            entry = _entry(name, user)
            if entry is not None:
                yield entry


def _entry(name: str, user: int) -> Entry | None:
    with contextlib.suppress(OSError):
        if os.stat(f"/proc/{name}").st_uid == user:
            fields = stat(name)
            if fields and fields[0] not in ("Z", "X"):
                return Entry(int(name), int(fields[1]), int(fields[3]), int(fields[19]))
    return None


def _first_child(keeper: Entry) -> Entry | None:
    """The command of a keeper of an older version, which gave it no mark."""
    children = [one for one in _own_processes() if one.parent == keeper.pid]
    leaders = [one for one in children if one.session == one.pid]
    return min(leaders, key=lambda one: one.start_time, default=None)


def _kept_by(pid: int) -> str:
    """The folder on the command line of a keeper; empty when it is none."""
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]
        keeps = len(words) == 5 and words[1:3] == [b"-I", b"-S"]
        if keeps and os.fsdecode(words[3]).endswith(os.sep + SCRIPT):
            return os.fsdecode(words[4])
    return ""


def _mark_of(pid: int) -> str:
    """The folder that a process has in its environment or behind its streams; or empty."""
    prefix = f"{MARK}=".encode()
    with contextlib.suppress(OSError):
        for part in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
            if part.startswith(prefix):
                return os.fsdecode(part[len(prefix) :])
    for number, name in enumerate(PIPES, start=1):
        with contextlib.suppress(OSError):
            link = os.readlink(f"/proc/{pid}/fd/{number}").removesuffix(DELETED)
            folder, _, last = link.rpartition("/")
            if last == name and folder:
                return folder
    return ""


def _began_at(start_time: int) -> float:
    """Unix seconds of a start time, which the kernel counts in ticks since the boot."""
    try:
        uptime = float(Path("/proc/uptime").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return time.time()
    return time.time() - max(0.0, uptime - start_time / os.sysconf("SC_CLK_TCK"))
