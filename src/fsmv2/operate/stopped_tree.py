"""A tree that was stopped, or of which nothing is known: there is no journal to be read."""

from __future__ import annotations

import contextlib
from pathlib import Path

from fsmv2.errors import NoJournalError, NotRunningError, StoreError
from fsmv2.operate.run_record import newest_segment, record_in
from fsmv2.operate.state_directory import JOURNAL, STORE, holder, short_path
from fsmv2.operate.time_text import date_text


def refuse_unrecorded(
    directory: Path, document: Path, *, named: bool, path: str = "", past: bool = False
) -> None:
    """Refuse what its journal could not answer, before what reads one is loaded.

    NotRunningError: the last run was stopped, and all of it has stopped; unless it is asked how it
    was in the `past`. NoJournalError: there is none. `named`: whether the directory was; `path`: of
    whom it is asked.
    """
    if holder(directory):
        return
    record = record_in(directory)
    if not past and record is not None and record.stopped is not None:
        raise was_stopped(directory, document, record.stopped, path=path)
    if not newest_segment(directory):
        raise no_journal(directory, document, named=named)


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


def no_journal(directory: Path, document: Path, *, named: bool) -> NoJournalError:
    """That nothing is known of a document whose state directory has no journal."""
    if not document.exists() and not named:
        return NoJournalError(
            f"{document} does not exist", fix="Name the document that is run, or --state-dir."
        )
    fix = f"Start it: fsmv2 run {document}. Name its --state-dir, if it has one."
    if _is_managed(directory):  # as from a backup; a run of the file would take its place
        fix = f"Start it: fsmv2 run --state-dir {short_path(directory)}"
    return NoJournalError(
        f"nothing is known of a run of {document}: there is no journal in {short_path(directory)}",
        fix=fix,
    )


def _is_managed(directory: Path) -> bool:
    if not (directory / STORE).exists():
        return False
    from fsmv2.store import reading  # only whoever is told this loads a store

    with contextlib.suppress(StoreError), reading(directory / STORE) as store:
        head = store.head()
        return head is not None and head.managed
    return False
