"""How a plan is made, wherever that is: of a document that was read, and the core of a tree.

The core is there twice, as it is and with the document declared; each decides for itself how far it
goes, and carries nothing out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from fsmv2.core import Core, Declared
from fsmv2.core.checkpoint.restore import CheckpointReader
from fsmv2.core.checkpoint.take import CheckpointHeader
from fsmv2.core.state.override_data import Overrides
from fsmv2.model import ChildSpec
from fsmv2.model.data.codec_reader import Find
from fsmv2.operate.changes.change_plan import ChangePlan
from fsmv2.operate.changes.document_settings import DocumentSettings
from fsmv2.operate.changes.plan_comparison import compare
from fsmv2.operate.changes.planner_messages import PlanTask
from fsmv2.operate.generations import digest_of
from fsmv2.plant import Plant, load_contents
from fsmv2.worker import WorkerFactory


def read_plant(task: PlanTask) -> Plant:
    """The document of a task, as the tree would run it. DocumentError: all that is wrong."""
    plant = load_contents(
        Path(task.source),
        task.files,
        state_dir=Path(task.directory),
        managed=task.managed,
        secrets_key=task.secrets_key,
        planning=True,
    )
    if task.detect_only and not plant.settings.detect_only:
        settings = msgspec.structs.replace(plant.settings, detect_only=True)
        return msgspec.structs.replace(plant, settings=settings)
    return plant


def restored(
    header: CheckpointHeader, parts: Iterable[Any], factory: WorkerFactory, find: Find
) -> tuple[Core, Core]:
    """Two cores of one checkpoint. JournalError: it was taken by other code than this."""
    readers = [CheckpointReader(header, factory, find) for _ in range(2)]
    for part in parts:
        for reader in readers:
            reader.take(part)
    before, after = (reader.core for reader in readers)
    return before, after


def declared_alone(
    header: CheckpointHeader,
    factory: WorkerFactory,
    root: ChildSpec | None,
    global_variables: Mapping[str, Any],
    overrides: Mapping[str, Overrides],
) -> tuple[Core, Core]:
    """Two cores to which this was declared and of which nothing was observed.

    For a tree that is being stopped: nothing can be declared to that any more.
    """
    cores = []
    for _ in range(2):
        core = Core(factory, header.settings, seed=header.seed, epoch=header.epoch)
        core.overrides = dict(overrides)
        if root is not None:
            core.handle(Declared(root, global_variables), header.now)
            core.run(header.now)
            core.take()
        cores.append(core)
    before, after = cores
    return before, after


def make_plan(
    task: PlanTask, plant: Plant, before: Core, after: Core, settings: DocumentSettings
) -> ChangePlan:
    """What the document would change; `settings` is what the one that runs says beside workers."""
    digest = digest_of(task.files)
    return compare(
        before,
        after,
        plant.root,
        settings_before=settings,
        settings_after=DocumentSettings.of(plant),
        warnings=plant.diagnostics,
        based_on=task.generation,
        digest=digest,
        source=task.source,
        same_text=bool(task.digest) and digest == task.digest,
    )
