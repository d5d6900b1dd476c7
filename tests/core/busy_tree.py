"""A tree in which something of everything is under way, and a core made of its checkpoint."""

from __future__ import annotations

import sys
from typing import Any

import msgspec
from lamp_tree import World, device, group, simulate

from fsmv2.core import Core
from fsmv2.core.checkpoint.restore import CheckpointReader
from fsmv2.core.checkpoint.take import Checkpoint
from fsmv2.testing import Simulation
from fsmv2.worker import WorkerFactory


def find(name: str) -> Any:
    module, _, inner = name.partition(":")
    return vars(sys.modules[module])[inner]


def restore(taken: Checkpoint, factory: WorkerFactory) -> Core:
    """A core of a checkpoint that went through bytes."""
    reader = CheckpointReader(taken.head, factory, find)
    raw = [msgspec.msgpack.encode(part) for part in taken.parts()]
    assert [reader.take(msgspec.msgpack.decode(one)) for one in raw][-1]
    return reader.core


def busy(world: World) -> Simulation:
    """A tree in which something of everything is under way."""
    world.broken["plant/west"] = "b"
    world.slow["plant/east/a"] = 3.0
    world.collect["plant/east/b"] = ValueError("no answer")
    world.step["plant/east/c"] = ValueError("a mistake")
    root = group(
        "plant",
        group("east", *(device(name) for name in "abc")),
        group("west", *(device(name) for name in "abc"), depends_on=("plant/east",)),
    )
    return simulate(world, root)
