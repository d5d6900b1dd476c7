"""What the kernel knows of supervised processes, found without any file of ours.

A record can be lost: its folder is removed, replaced or damaged, or another file system is mounted
over it. The process goes on. Its shim has the folder on its command line, and the command has it
in its environment and, unless it closed them, behind its streams; so both can be found for as long
as they live. Seen are only processes of our own user, in our own PID namespace.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from fsmv2.builtin.process.process_record import ProcessRecord
from fsmv2.builtin.process.shim.loop import PIPES
from fsmv2.host.open_files import open_link
from fsmv2.host.process_identity import ProcessIdentity
from fsmv2.host.process_list import Entry, began_at, command_line, environment, own_processes
from fsmv2.host.procfs import boot

MARK = "FSMV2_PROCESS"
"""The variable of the command's environment that has its folder; what it starts inherits it."""
PROGRAMS = ("/shim/__main__.py", "/keeper/run.py")
"""How the command line of a shim names its program: of this version, and of those before."""
DELETED = " (deleted)"


class Found(NamedTuple):
    """What lives of one folder: commands with their shims, and all that bears its mark."""

    records: tuple[ProcessRecord, ...]
    marked: tuple[ProcessIdentity, ...]
    """Commands among them."""


NOTHING = Found((), ())


def found_in(directory: str) -> Found:
    """What lives of this folder."""
    return found_below(None).get(os.path.realpath(directory), NOTHING)


def found_below(parent: str | None) -> dict[str, Found]:
    """What lives of each folder directly below `parent`, or of all, by the folder's real path."""
    real = os.path.realpath(parent) if parent is not None else None
    shims: dict[str, list[Entry]] = {}
    marked: dict[str, list[Entry]] = {}
    for entry in own_processes():
        kept = _kept_by(entry.pid)
        directory = kept or _mark_of(entry.pid)
        if directory:
            directory = os.path.realpath(directory)
            if real is None or os.path.dirname(directory) == real:
                (shims if kept else marked).setdefault(directory, []).append(entry)
    return {
        directory: _found(shims.get(directory, []), marked.get(directory, []))
        for directory in {*shims, *marked}
    }


def _found(shims: list[Entry], marked: list[Entry]) -> Found:
    pids = {shim.pid for shim in shims}
    # Between fork and exec a command still looks like its shim.
    young = [entry for entry in shims if entry.parent in pids]
    shims = [entry for entry in shims if entry.parent not in pids]
    rest = sorted({*young, *marked}, key=lambda entry: entry.start_time)
    leaders = [entry for entry in rest if entry.session == entry.pid]
    records = []
    for shim in shims:
        # A command is the first process that its shim started, not one of a later shim.
        own = next((one for one in leaders if one.parent == shim.pid), None)
        own = own or _first_child(shim) or next(iter(leaders), None)
        if own in leaders:
            leaders.remove(own)
        records.append(_record(own, shim))
    strays = [one for one in leaders if one.parent not in pids]
    records += [_record(one, None) for one in strays[:1]]
    return Found(tuple(records), tuple(one.identity for one in rest))


def _record(command: Entry | None, shim: Entry | None) -> ProcessRecord:
    return ProcessRecord(
        pid=command.pid if command else 0,
        start_time=command.start_time if command else 0,
        boot=boot(),
        started_at=began_at(command.start_time) if command else 0.0,
        shim=shim.pid if shim else 0,
        shim_start=shim.start_time if shim else 0,
    )


def _first_child(shim: Entry) -> Entry | None:
    """The command of a shim of an older version, which gave it no mark."""
    children = [one for one in own_processes() if one.parent == shim.pid]
    leaders = [one for one in children if one.session == one.pid]
    return min(leaders, key=lambda one: one.start_time, default=None)


def _kept_by(pid: int) -> str:
    """The folder on the command line of a shim; empty when it is none."""
    words = [os.fsdecode(word) for word in command_line(pid)]
    keeps = len(words) == 5 and words[1:3] == ["-I", "-S"] and words[3].endswith(PROGRAMS)
    return words[4] if keeps else ""


def _mark_of(pid: int) -> str:
    """The folder that a process has in its environment or behind its streams; or empty."""
    if mark := environment(pid).get(MARK.encode()):
        return os.fsdecode(mark)
    for number, name in enumerate(PIPES, start=1):
        link = open_link(pid, number).removesuffix(DELETED)
        folder, _, last = link.rpartition("/")
        if last == name and folder:
            return folder
    return ""
