"""Why a tree that runs does not answer, as far as the kernel knows it, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from fsmv2.host.procfs import stat
from fsmv2.operate.state_directory import holder

FROZEN = "T"
TRACED = "t"


class NoAnswer(NamedTuple):
    """`why` continues a sentence about the tree; `fix`: the next step."""

    why: str
    fix: str


def frozen_process(directory: Path) -> int:
    """The process that runs the tree in a state directory, if a signal has frozen it; else 0."""
    pid = _process(directory)
    return pid if _state(pid) in (FROZEN, TRACED) else 0


def silence(directory: Path) -> NoAnswer:
    """Of a tree that has not answered for a while."""
    pid = _process(directory)
    state = _state(pid)
    if not state:
        return NoAnswer("its process has ended meanwhile", "See with `fsmv2 trees` what runs here.")
    if state == FROZEN:
        return NoAnswer(
            f"its process {pid} is frozen, by SIGSTOP or Ctrl-Z in its terminal",
            f"`kill -CONT {pid}` resumes it.",
        )
    if state == TRACED:
        return NoAnswer(f"a debugger holds its process {pid}", "Have the debugger continue.")
    if state == "D":
        return NoAnswer(
            f"its process {pid} waits for a disk", "Look at the disk of its state directory."
        )
    return NoAnswer(
        f"its process {pid} runs, but is overloaded or hangs",
        "Try again in a moment; `fsmv2 why PATH` reads what it decided last from its journal. If "
        f"it hangs for good, `kill -9 {pid}` and run it again: broker and processes go on, and "
        "are adopted.",
    )


def _process(directory: Path) -> int:
    return int(holder(directory) or 0)


def _state(pid: int) -> str:
    fields = stat(pid) if pid else None
    return fields[0] if fields and fields[0] not in "ZX" else ""
