"""Keeps every fsmv2 out of a state directory while it is put back or repaired."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from fsmv2.errors import BackupError, StoreError, system_text
from fsmv2.host.file_lock import FileLock
from fsmv2.host.place_lock import PlaceLock
from fsmv2.host.place_owner import forbidden
from fsmv2.operate.state_directory import LOCK, holder, short_path


@contextlib.contextmanager
def held_place(place: Path) -> Iterator[None]:
    """Inside, no tree can start there; the place may be missing. BackupError: one runs there."""
    running = holder(place)
    kernel = PlaceLock(place)
    lock: FileLock | None = None
    try:
        if running or (running := str(kernel.take() or "")):
            raise BackupError(
                f"a tree runs in {short_path(place)}, process {running}.",
                fix=f"End it first, with Ctrl-C or `kill {running}`.",
            )
        if place.is_dir():
            lock = FileLock(
                place / LOCK, what=short_path(place), fix="Stop that one, or use another place."
            )
            try:
                lock.take()
            except StoreError as error:
                raise BackupError(error.message, fix=error.fix) from error
        yield
    except PermissionError as error:
        found = forbidden(place)
        raise BackupError(
            f"{short_path(place)} cannot be used: {found.why if found else system_text(error)}.",
            fix=found.fix if found else "Choose a writable directory with --state-dir.",
        ) from error
    finally:
        if lock is not None:
            lock.release()
        kernel.release()
