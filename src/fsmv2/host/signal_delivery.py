"""Send a signal to exactly one process, if it handles it: never to a later one of the same pid."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import NamedTuple

from fsmv2.host.process_end import open_handle, send
from fsmv2.host.process_identity import ProcessIdentity
from fsmv2.host.procfs import stat

HARMLESS = frozenset({signal.SIGWINCH, signal.SIGCONT})
"""What a process that does not handle it takes no notice of, or only goes on by."""


class Delivery(NamedTuple):
    """What became of it. `refused`: why it was not sent; `frozen`: it is taken when it goes on."""

    refused: str = ""
    frozen: bool = False


def deliver(process: ProcessIdentity, number: signal.Signals, *, dry_run: bool = False) -> Delivery:
    """Send it, unless the process has ended, ignores it, or would be ended or frozen by it."""
    handle = open_handle(process.pid)
    try:
        # With the handle open, a start time that fits says that the handle is that process: from
        # here on the signal cannot reach a later one that was given its pid.
        if not process.lives:
            return Delivery(f"pid {process.pid} has ended")
        if refused := _unhandled(process.pid, number):
            return Delivery(refused)
        try:
            if not dry_run and not send(process.pid, handle, number):
                return Delivery(f"pid {process.pid} has ended")
        except PermissionError:
            return Delivery(f"pid {process.pid} now runs as another user")
        fields = stat(process.pid)
        frozen = fields is not None and fields[0] in "Tt" and number != signal.SIGCONT
        return Delivery(frozen=frozen)
    finally:
        if handle is not None:
            os.close(handle)


def _unhandled(pid: int, number: signal.Signals) -> str:
    """Why a signal would do nothing, or harm; empty as well where the kernel does not say."""
    masks = _masks(pid)
    bit = 1 << (number - 1)
    name = number.name.removeprefix("SIG")
    if masks.get("SigIgn", 0) & bit and number is not signal.SIGCONT:
        return f"pid {pid} ({_program(pid)}) ignores {name}"
    if "SigCgt" not in masks or masks["SigCgt"] & bit or number in HARMLESS:
        return ""
    harm = "freeze" if number in (signal.SIGTTIN, signal.SIGTTOU) else "end"
    return f"pid {pid} ({_program(pid)}) does not handle {name}, which would {harm} it"


def _masks(pid: int) -> dict[str, int]:
    """Which signals a process handles (SigCgt) and ignores (SigIgn), as bits."""
    found: dict[str, int] = {}
    try:
        for line in Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name in ("SigCgt", "SigIgn"):
                found[name] = int(value, 16)
    except (OSError, ValueError):
        return {}
    return found


def _program(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(errors="replace").strip() or "?"
    except OSError:
        return "?"
