"""Whether this fsmv2 can go on with what another one keeps: asked before that one is stopped.

Read is what stands in a state directory, and nothing is written to it; its tree may be running.
Secrets are read as they are now, by whoever asks: in another environment than that of the tree the
answer about them may be another one.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from fsmv2.diagnostic import Diagnostic
from fsmv2.errors import (
    DocumentError,
    FsmError,
    JournalError,
    NotRunningError,
    SecretError,
    StoreError,
    UnknownWorkerTypeError,
)
from fsmv2.name_suggestions import suggest
from fsmv2.operate.document_change import change_of
from fsmv2.operate.run_record import record_in
from fsmv2.operate.state_directory import JOURNAL, STORE, holder, short_path
from fsmv2.operate.validation import Validation
from fsmv2.operate.worker_types import known_types
from fsmv2.plant import load_contents, load_plant
from fsmv2.store import Generation, Head, reading, schema
from fsmv2.store.segmented_log import Segment, segments_in
from fsmv2.store.store_facts import StoreFacts, read_facts

NAMED = 3
"""Paths of workers that are named."""


class StoredValidation(Validation, frozen=True, kw_only=True):
    """What was found of a tree that is kept.

    `generation`: the number of the one that runs, 0 if the store has none, and `source` where its
    text came from; `managed`: it follows no file; `pinned`: an older one was made to run again.
    `change`: how the file it follows differs by now. `process`: who runs it; empty: nobody does.
    """

    directory: Path
    generation: int = 0
    source: str = ""
    managed: bool = False
    pinned: bool = False
    change: str = ""
    process: str = ""


def validate_stored(directory: Path, types: tuple[str, ...] | list[str] = ()) -> StoredValidation:
    """Check what a state directory keeps, as this fsmv2 would start it; changes nothing.

    `types` name worker types beside the built-in ones. NotRunningError: nothing is kept there.
    """
    directory = directory.absolute()
    if not directory.is_dir():
        raise NotRunningError(
            f"there is no state directory {directory}.",
            fix="Name the one of the tree; `fsmv2 trees` lists those that run.",
        )
    found: list[Diagnostic] = list(_of_journal(directory / JOURNAL))
    facts: StoreFacts | None = None
    head: Head | None = None
    last: Generation | None = None
    try:
        facts = read_facts(directory / STORE)
        found += _of_store(facts, directory / STORE, types)
        if facts.version >= schema.GENERATIONS_SINCE:
            with reading(directory / STORE) as store:
                head = store.head()
                last = store.generation(head.number) if head is not None else None
    except FsmError as error:
        found.append(error.diagnostic())
    record = record_in(directory)
    change = ""
    if last is not None and head is not None:
        found += _of_text(last, managed=head.managed)
        change = "" if head.managed else change_of(Path(last.source), record)
    elif facts is not None and record is not None:
        found += _of_file(Path(record.file))
    elif facts is not None:
        found.append(_nothing_kept(directory).diagnostic())
    return StoredValidation(
        diagnostics=tuple(found),
        directory=directory,
        generation=last.number if last is not None else 0,
        source=last.source if last is not None else record.file if record is not None else "",
        managed=head is not None and head.managed,
        pinned=head is not None and head.pinned,
        change=change,
        process=holder(directory),
    )


def validate_for(document: Path, directory: Path, text: bytes | None = None) -> Validation:
    """Check a document as the next one of the tree that is kept in `directory`.

    A managed tree stands in no folder: secret files that are relative are refused there. `text`:
    that of the document, which is no file then.
    """
    from fsmv2.operate.document_contents import contents_of

    with reading(directory.absolute() / STORE) as store:
        head = store.head()
    try:
        contents = contents_of(document) if text is None else {"": text}
        managed = head is not None and head.managed
        plant = load_contents(Path(os.path.abspath(document)), contents, managed=managed)
        return Validation(diagnostics=plant.diagnostics)
    except DocumentError as error:
        return Validation(diagnostics=error.diagnostics)


def _of_store(
    facts: StoreFacts, file: Path, types: tuple[str, ...] | list[str]
) -> list[Diagnostic]:
    found = []
    if facts.is_older:
        copy = file.with_name(f"{file.name}.version-{facts.version}")
        found.append(
            Diagnostic(
                code=StoreError.code,
                message=f"the store has version {facts.version}; the start of this fsmv2 makes it "
                f"version {schema.VERSION}, which an older fsmv2 refuses.",
                fix=f"To go back to the older one, put {copy.name} in the place of {file.name}: "
                "the start keeps it beside the store.",
                warning=True,
            )
        )
    known = known_types(types).names
    for name, paths in facts.types.items():
        if name not in known:
            found.append(
                UnknownWorkerTypeError(
                    f"the tree has {_workers(paths)} of the type '{name}', which this fsmv2 does "
                    "not know.",
                    fix=f"{suggest(name, known)} Name the module that has it with --types.",
                ).diagnostic()
            )
    return found


def _of_journal(folder: Path) -> list[Diagnostic]:
    """The newest segment is what `why` and `replay` would read; a start reads none of it."""
    for newest in segments_in(folder)[-1:]:
        try:
            Segment(newest)
        except (JournalError, OSError) as error:
            text = error.message if isinstance(error, JournalError) else str(error)
            return [
                Diagnostic(
                    code=JournalError.code,
                    message=f"what is recorded cannot be read: {text}",
                    fix="Replay it with the fsmv2 that recorded it; a start begins another file.",
                    warning=True,
                )
            ]
    return []


def _of_text(last: Generation, *, managed: bool) -> list[Diagnostic]:
    try:
        plant = load_contents(Path(last.source), last.files, managed=managed)
    except DocumentError as error:
        return list(map(_with_environment, error.diagnostics))
    return list(map(_with_environment, plant.diagnostics))


def _of_file(file: Path) -> list[Diagnostic]:
    """Of a store of an older version, which has no generations: its start reads the file."""
    try:
        return list(map(_with_environment, load_plant(file).diagnostics))
    except DocumentError as error:
        return list(map(_with_environment, error.diagnostics))


def _with_environment(problem: Diagnostic) -> Diagnostic:
    """What is not set here may be set for the tree."""
    if problem.code != SecretError.code or "environment variable" not in problem.message:
        return problem
    hint = "Or ask in the environment that the tree is started in, that of its unit say."
    return msgspec.structs.replace(problem, fix=f"{problem.fix} {hint}".strip())


def _nothing_kept(directory: Path) -> StoreError:
    return StoreError(
        f"{short_path(directory)} keeps no document.",
        fix="Check the file that is run: fsmv2 validate FILE.",
    )


def _workers(paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
    number = f"{len(paths)} worker{'s' * (len(paths) != 1)}"
    return f"{number} ({', '.join(paths[:NAMED])}{more})"
