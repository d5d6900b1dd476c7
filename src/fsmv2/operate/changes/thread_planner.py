"""Finds out what a document would change, in a thread of the tree's own process.

Compared is what both documents declare with nothing observed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from fsmv2.core.contract.settings import READ_AT_START
from fsmv2.host.in_thread import in_thread
from fsmv2.operate.changes.change_plan import (
    ChangePlan,
    FieldChange,
    RestartKey,
    WorkerChange,
    with_digest,
)
from fsmv2.operate.changes.running_document import RunningDocument
from fsmv2.operate.generations import digest_of
from fsmv2.plant import Plant, load_contents
from fsmv2.runtime import ExpandedWorker, Runtime
from fsmv2.runtime import expand as expand_root
from fsmv2.worker import WorkerFactory


class PlannedChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a document would change, and what it declares: ready to be declared here.

    The vault of `plant` was made with the key of the one that runs.
    """

    plan: ChangePlan
    plant: Plant


async def plan_change(
    runtime: Runtime, running: RunningDocument, files: Mapping[str, bytes], source: str
) -> PlannedChange:
    """What the document in `files`, read from `source`, would change in what runs.

    DocumentError: all that is wrong with it.
    """
    return await in_thread(lambda: _planned(runtime.core.factory, running, files, source))


def _planned(
    factory: WorkerFactory, running: RunningDocument, files: Mapping[str, bytes], source: str
) -> PlannedChange:
    plant = running.as_asked(
        load_contents(
            Path(source),
            files,
            state_dir=running.directory,
            managed=running.managed,
            secrets_key=running.plant.vault.key,
        )
    )
    before = {w.path: w for w in expand_root(running.plant.root, factory)}
    after = {w.path: w for w in expand_root(plant.root, factory)}
    workers = tuple(_changes(before, after, factory))
    fields = list(_setting_changes(running.plant, plant))
    plan = ChangePlan(
        generation=running.number,
        digest=digest_of(files),
        source=source,
        same_text=running.generation is not None and running.generation.digest == digest_of(files),
        workers=workers,
        untouched=len(before.keys() & after.keys() - {w.path for w in workers}),
        needs_restart=tuple(_restart_keys(running.plant, plant)),
        settings=tuple(one for one in fields if one.field not in READ_AT_START),
        warnings=plant.diagnostics,
    )
    return PlannedChange(plan=with_digest(plan), plant=plant)


def _changes(
    before: Mapping[str, ExpandedWorker],
    after: Mapping[str, ExpandedWorker],
    factory: WorkerFactory,
) -> list[WorkerChange]:
    found = []
    for path, new in after.items():
        old = before.get(path)
        if old is None:
            found.append(WorkerChange(path=path, type=new.type, action="add"))
            continue
        if (old.declared, old.config, old.control) == (new.declared, new.config, new.control):
            continue
        in_place = old.type == new.type and factory.find(new.type).definition.in_place
        found.append(
            WorkerChange(
                path=path,
                type=new.type,
                action="reconfigure" if in_place else "recreate",
                why="its spec or rendered config changed",
            )
        )
    gone = [path for path in before if path not in after]
    return [*found, *(WorkerChange(path=p, type=before[p].type, action="remove") for p in gone)]


def _setting_changes(before: Plant, after: Plant) -> list[FieldChange]:
    pairs: list[tuple[str, Any, Any]] = [
        (name, getattr(before.settings, name), getattr(after.settings, name))
        for name in before.settings.__struct_fields__
    ]
    pairs += [("log", before.log, after.log), ("notify", before.notify, after.notify)]
    return [
        FieldChange(field=name, before="(before)", after="(after)")
        for name, old, new in pairs
        if old != new
    ]


def _restart_keys(before: Plant, after: Plant) -> list[RestartKey]:
    pairs = [
        ("agent.name", before.root.name, after.root.name),
        ("http.listen", before.listen, after.listen),
        ("traces.endpoint", before.traces, after.traces),
        *(
            (
                f"engine.{name}",
                str(getattr(before.settings, name)),
                str(getattr(after.settings, name)),
            )
            for name in sorted(READ_AT_START)
        ),
    ]
    return [
        RestartKey(key=key, before=old or None, after=new or None, why="it is read at the start")
        for key, old, new in pairs
        if old != new
    ]
