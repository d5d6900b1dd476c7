"""Checks of the store: is it whole, of a version we know, and does it say what runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from fsmv2.errors import StoreError, system_text
from fsmv2.operate.care.finding import StateFinding
from fsmv2.operate.care.store_salvage import read_tables
from fsmv2.operate.run_record import record_in
from fsmv2.operate.state_directory import STORE
from fsmv2.store import reading
from fsmv2.store.schema import APPLICATION, GENERATIONS_SINCE, VERSION, empty, read_header
from fsmv2.store.store_facts import StoreFacts, read_facts

SALVAGE_STORE = "make a new store of what can be read, and move this one aside"
MOVE_STORE = "move it aside, so that a new one is created"
SET_HEAD = "make the last generation the one that runs"

NAMES = {
    "generation": "generation",
    "head": "",
    "override": "worker with overrides",
    "identity": "worker",
    "event": "event",
}
"""What a person counts of the tables."""

RESTORE = "Or put the last backup back with `fsmv2 restore`."


def check_store(directory: Path) -> Iterator[StateFinding]:
    """Whether a start can use it; of a damaged one, what can be saved."""
    file = directory / STORE
    try:
        if empty(file):
            yield _none(directory)
            return
        facts = read_facts(file)
    except (StoreError, OSError) as error:
        yield _unusable(file, error)
        return
    workers = sum(map(len, facts.types.values()))
    try:
        generations = _generations(file, facts)
    except StoreError as error:
        number = read_tables(file)["generation"].rows
        yield StateFinding(
            check="store",
            level="error",
            text=error.message,
            fix=f"Let `fsmv2 doctor --repair` have the last of its {number} generations run. "
            f"{RESTORE}",
            repair=SET_HEAD if number else "",
        )
        return
    yield StateFinding(
        check="store",
        level="ok",
        text=f"whole, version {facts.version}: {count(workers, 'worker')}{generations}",
    )
    if facts.is_older:
        yield StateFinding(
            check="store",
            level="warning",
            text=f"the next start makes version {VERSION} of the store of version "
            f"{facts.version}, which an older fsmv2 refuses; a copy is kept.",
        )


def _none(directory: Path) -> StateFinding:
    """There is no store: because nothing was run here, or it is lost."""
    record = record_in(directory)
    if record is None:
        return StateFinding(check="store", level="ok", text="there is none yet")
    return StateFinding(
        check="store",
        level="warning",
        text=f"there is none, although {record.file} was run here: its generations, and what was "
        "stopped, paused or set by hand, are lost.",
        fix="Put the last backup back with `fsmv2 restore`. Otherwise the next run of the document "
        "creates a new one.",
    )


def _generations(file: Path, facts: StoreFacts) -> str:
    """How many there are; StoreError: one that should be there is not."""
    if facts.version < GENERATIONS_SINCE:
        return ""
    with reading(file) as store:
        head = store.head()
        if head is not None:
            store.generation(head.number)
        return f", {count(len(store.history()), 'generation')}"


def _unusable(file: Path, error: StoreError | OSError) -> StateFinding:
    message = error.message if isinstance(error, StoreError) else f"{file}: {system_text(error)}."
    fix = error.fix if isinstance(error, StoreError) else ""
    as_it_is = StateFinding(check="store", level="error", text=message, fix=fix)
    try:
        header = read_header(file)
    except OSError:
        return as_it_is  # the checks of access and room say what to do
    if header is not None and header.application != APPLICATION:
        return msgspec.structs.replace(
            as_it_is,
            fix="Choose another directory with --state-dir; this file is not ours to move.",
        )
    if header is not None and header.version > VERSION:
        return as_it_is
    tables = read_tables(file)
    if not any(one.rows for one in tables.values()):
        return msgspec.structs.replace(
            as_it_is,
            text=f"{message} Nothing in it can be read.",
            fix="Let `fsmv2 doctor --repair` move it aside: a run of the document begins a new "
            f"one; what was stopped, paused or set by hand is gone. {RESTORE}",
            repair=MOVE_STORE,
        )
    found = ", ".join(
        count(one.rows, NAMES[name]) for name, one in tables.items() if NAMES.get(name)
    )
    lost = ", ".join(name for name, one in tables.items() if not one.whole)
    gone = f" Partly lost: {lost}." if lost else ""
    return msgspec.structs.replace(
        as_it_is,
        text=f"{message} What can still be read: {found}.{gone}",
        fix="Let `fsmv2 doctor --repair` make a new one of that; this one is moved aside. "
        f"{RESTORE}",
        repair=SALVAGE_STORE,
    )


def count(number: int, noun: str) -> str:
    """`1 worker`, `2 workers`, `2 workers with overrides`."""
    first, _, rest = noun.partition(" ")
    return f"{number} {first}{'s' * (number != 1)}{' ' * bool(rest)}{rest}"
