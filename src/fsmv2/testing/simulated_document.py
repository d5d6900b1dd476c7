"""A plant's document as a tree to simulate, with what somebody may change in it meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from fsmv2.builtin.agent import AgentSpec, BridgeEntry, ProcessEntry
from fsmv2.model import ChildSpec
from fsmv2.plant import Plant, load_plant
from fsmv2.testing.plant_surroundings import PlantSurroundings
from fsmv2.testing.simulated_builtins import register_simulated
from fsmv2.testing.simulated_world import SimulatedTree
from fsmv2.worker import WorkerFactory

Entry = TypeVar("Entry", BridgeEntry, ProcessEntry)


def document_tree(
    path: Path | str, *, surroundings: Callable[[], PlantSurroundings] = PlantSurroundings
) -> Callable[[], SimulatedTree]:
    """What makes the tree of the document at `path`, in new `surroundings` each time.

    DocumentError says all that is wrong with it.
    """
    plant = load_plant(Path(path))
    roots = tuple(_changed(plant))

    def make() -> SimulatedTree:
        around, factory = surroundings(), WorkerFactory()
        register_simulated(factory, around)
        return SimulatedTree(roots, factory, around, plant.settings, plant.vault)

    return make


def _changed(plant: Plant) -> list[ChildSpec]:
    """The root as the document says, and as somebody might change it."""
    root, spec = plant.root, plant.root.user_spec
    assert isinstance(spec, AgentSpec)  # noqa: S101  (the root of a document is always an agent)
    changes = (
        spec,
        msgspec.structs.replace(spec, bridges=spec.bridges[:-1], processes=spec.processes[:-1]),
        msgspec.structs.replace(
            spec, bridges=_half_off(spec.bridges), processes=_half_off(spec.processes)
        ),
        msgspec.structs.replace(
            spec,
            bridges=tuple(_patient(entry) for entry in spec.bridges),
            processes=tuple(_graceful(entry) for entry in spec.processes),
        ),
    )
    return [msgspec.structs.replace(root, user_spec=changed) for changed in changes]


def _half_off(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    return tuple(
        entry if number % 2 else msgspec.structs.replace(entry, enabled=False)
        for number, entry in enumerate(entries)
    )


def _patient(entry: BridgeEntry) -> BridgeEntry:
    """With a connection that is given more time, if it has one."""
    if entry.spec.connection is None:
        return entry
    connection = {**entry.spec.connection, "timeout": "1500ms"}
    changed = msgspec.structs.replace(entry.spec, connection=connection)
    return msgspec.structs.replace(entry, spec=changed)


def _graceful(entry: ProcessEntry) -> ProcessEntry:
    """With more time to end; that is a new process to its type's policy."""
    changed = msgspec.structs.replace(entry.spec, grace=entry.spec.grace + 1.0)
    return msgspec.structs.replace(entry, spec=changed)
