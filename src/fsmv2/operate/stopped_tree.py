"""A tree that was stopped: there is nothing to answer of how it is, and no journal to read."""

from __future__ import annotations

from pathlib import Path

from fsmv2.errors import NotRunningError
from fsmv2.operate.run_record import record_in
from fsmv2.operate.state_directory import JOURNAL, holder, short_path
from fsmv2.operate.time_text import date_text


def refuse_stopped(directory: Path, document: Path | None, *, path: str = "") -> None:
    """NotRunningError where the last run was stopped, and all of it has stopped."""
    record = record_in(directory)
    if record is not None and record.stopped is not None and not holder(directory):
        raise was_stopped(directory, document or Path(record.file), record.stopped, path=path)


def was_stopped(directory: Path, document: Path, at: float, *, path: str = "") -> NotRunningError:
    """When a tree was stopped, Unix seconds, and how to see how that went. `path`: of whom."""
    return NotRunningError(
        f"{document} is not running: it was stopped at {date_text(at)}",
        fix=f"See how it went: {replay_command(directory, path)}",
    )


def replay_command(directory: Path, path: str) -> str:
    """The command that shows what the journal in a state directory has of a path, or of all."""
    which = f" --path {path}" if path else ""
    return f"fsmv2 replay {short_path(directory / JOURNAL)}{which}"
