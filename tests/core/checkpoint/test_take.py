"""A checkpoint holds everything a core decides by, and does not change with it."""

from __future__ import annotations

import gc
import importlib
import inspect
import pkgutil
import weakref

import msgspec
from busy_tree import busy, restore
from lamp_tree import World, device, group, simulate

import fsmv2.core
from fsmv2.core import Core, Supervisor
from fsmv2.core.checkpoint.restore import first_difference
from fsmv2.core.checkpoint.take import (
    CORE_LEFT_OUT,
    DATA,
    IDENTITY,
    LEFT_OUT,
    LOOK_EVERY,
    STATE,
    Copying,
    attributes_of,
    checkpoint,
    parts_of,
)
from fsmv2.core.state.backoff import Attempts
from fsmv2.core.state.tick_record import Cause
from fsmv2.worker import WorkerFactory

WITHOUT_STATE = {
    "DecidedBy",
    "Core",
    "Tree",
    "OwnTree",
    "LogSink",
    "Observer",
    "StopKind",
    "Supervisor",
    "_Subjects",
    "Checkpoint",
    "Copying",
    "CheckpointReader",
    "_Copiers",
}
"""Classes of the core that no supervisor and no attribute of a core holds."""


def test_every_slot_of_a_supervisor_is_held_or_left_out_with_a_reason() -> None:
    assert {*IDENTITY, *STATE, *LEFT_OUT} == {*Supervisor.__slots__}
    assert {*DATA} <= {*STATE}
    assert all(LEFT_OUT.values())


def test_every_attribute_of_a_core_is_held_or_left_out_with_a_reason() -> None:
    core = Core(WorkerFactory())
    assert {*attributes_of(core), *CORE_LEFT_OUT} == {*vars(core)}
    assert all(CORE_LEFT_OUT.values())


def test_every_class_of_the_core_that_holds_state_can_be_copied() -> None:
    """Who adds one without slots is told here, not by a replay that differs."""
    for module in pkgutil.walk_packages(fsmv2.core.__path__, "fsmv2.core."):
        for name, cls in vars(importlib.import_module(module.name)).items():
            if not inspect.isclass(cls) or cls.__module__ != module.name or name in WITHOUT_STATE:
                continue
            known = issubclass(cls, msgspec.Struct) or hasattr(cls, "collect_observed_state")
            assert known or parts_of(cls), f"{module.name}.{name} needs __slots__"


def test_a_copy_does_not_change_with_the_tree() -> None:
    """It is written on another thread while the tree goes on."""
    with busy(World()) as sim:
        sim.run(5)
        taken = checkpoint(sim.core)
        at_once = restore(taken, sim.core.factory)
        sim.run(30)
        later = restore(taken, sim.core.factory)
        assert first_difference(at_once, later) is None
        assert first_difference(at_once, sim.core) is not None


def test_it_is_copied_in_pieces_when_that_is_enough_for_now() -> None:
    with simulate(World(), group("plant", *(device(f"d{n}") for n in range(100)))) as sim:
        sim.run(5)
        copying, pieces = Copying(sim.core), 1
        while not copying.go_on(lambda: True):
            pieces += 1
        assert pieces > 3
        restored = restore(copying.checkpoint, sim.core.factory)
        assert first_difference(sim.core, restored) is None


def test_what_is_no_data_is_reported_with_its_path() -> None:
    with busy(World()) as sim:
        sim.run(5)
        sim.supervisor("plant/east/a").live_config = {"client": object()}
        taken = checkpoint(sim.core)
        restore(taken, sim.core.factory)
        assert taken.unkept == [("plant/east/a", "builtins:object")]


def test_internal_variables_are_in_no_checkpoint() -> None:
    with busy(World()) as sim:
        sim.run(5)
        raw = b"".join(msgspec.msgpack.encode(part) for part in checkpoint(sim.core).parts())
        assert b"parent_id" not in raw
        assert b"plant/east/a" in raw


def test_what_the_core_changes_in_place_is_copied() -> None:
    with busy(World()) as sim:
        sim.run(5)
        core, s = sim.core, sim.supervisor("plant/east/a")
        core.fences = {"plant/east/a": {1}}
        s.attempts = Attempts()
        s.causes = [Cause("test")]
        taken = checkpoint(core)
        core.fences["plant/east/a"].add(2)
        s.attempts.count = 7
        s.causes.append(Cause("later"))
        restored = restore(taken, core.factory)
        found = restored.by_path["plant/east/a"]
        assert restored.fences == {"plant/east/a": {1}}
        assert found.attempts is not None
        assert found.attempts.count == 0
        assert found.causes == [Cause("test")]


def test_no_part_of_the_copy_grows_with_the_tree_or_with_what_its_store_knows() -> None:
    """Supervision waits for a part: a store that knew ten thousand paths took 25 ms at once."""
    core = Core(WorkerFactory())
    core.keep({f"plant/w{n}": float(n) for n in range(10 * LOOK_EVERY)}, {})
    copying, parts = Copying(core), 1
    while not copying.go_on(lambda: True):
        parts += 1
    assert parts > 10
    restored = restore(copying.checkpoint, core.factory)
    assert first_difference(core, restored) is None
    assert core.store is not None
    assert restored.store is not None
    assert restored.store.kept.keys() == core.store.kept.keys()


def test_a_checkpoint_that_was_written_is_no_garbage() -> None:
    """It holds as much as the tree, and a process may collect what is in circles in hours only."""
    with busy(World()) as sim:
        sim.run(5)
        taken = checkpoint(sim.core)
        for parts in (list(taken.parts()), next(taken.parts())):
            assert parts
        held = weakref.ref(taken)
        gc.disable()
        try:
            del taken
            assert held() is None
        finally:
            gc.enable()
