"""A checkpoint holds everything a core decides by, and a core made of it goes on the same."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from typing import Any

import msgspec
import pytest
from lamp_tree import World, device, factory_for, group, simulate

import fsmv2.core
from fsmv2.core import Core, Declared, PauseAsked, StopAsked, Supervisor
from fsmv2.core.checkpoint.restore import Thawing, first_difference
from fsmv2.core.checkpoint.take import (
    CORE_LEFT_OUT,
    DATA,
    IDENTITY,
    LEFT_OUT,
    STATE,
    Checkpoint,
    Copying,
    attributes_of,
    checkpoint,
    parts_of,
)
from fsmv2.errors import JournalError
from fsmv2.runtime.journal.words import decided
from fsmv2.testing import Simulation
from fsmv2.worker import WorkerFactory

WITHOUT_STATE = {
    "DecidedBy",
    "Core",
    "Tree",
    "OwnTree",
    "StopKind",
    "Supervisor",
    "_Subjects",
    "Checkpoint",
    "Copying",
    "Thawing",
    "_Copiers",
}
"""Classes of the core that no supervisor and no attribute of a core holds."""


def find(name: str) -> Any:
    module, _, inner = name.partition(":")
    return vars(sys.modules[module])[inner]


def thaw(taken: Checkpoint, factory: WorkerFactory) -> Core:
    """A core of a checkpoint that went through bytes."""
    thawing = Thawing(taken.head, factory, find)
    raw = [msgspec.msgpack.encode(part) for part in taken.parts()]
    assert [thawing.take(msgspec.msgpack.decode(one)) for one in raw][-1]
    return thawing.core


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


@pytest.mark.parametrize("slot", STATE)
def test_what_a_slot_holds_comes_through(slot: str) -> None:
    with busy(World()) as sim:
        sim.run(5)
        marked = {"marked": [slot, 1.5], "then": []}
        setattr(sim.supervisor("plant/east/a"), slot, marked)
        taken = checkpoint(sim.core)
        if slot not in DATA:  # the core may change what is in it while the copy is written
            marked["marked"].append("later")
            marked["later"] = []
        thawed = thaw(taken, sim.core.factory)
        found = getattr(thawed.by_path["plant/east/a"], slot)
        assert found == {"marked": [slot, 1.5], "then": []}
        others = [getattr(s, slot) for p, s in thawed.by_path.items() if p != "plant/east/a"]
        assert found not in others


@pytest.mark.parametrize("name", attributes_of(Core(WorkerFactory())))
def test_what_an_attribute_of_the_core_holds_comes_through(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is put in here fits to nothing: a checkpoint of a core is refused for that.
    monkeypatch.setattr(Core, "check_dirty", lambda *_: None)
    with busy(World()) as sim:
        sim.run(5)
        marked = {"marked": [name, 2.0]}
        setattr(sim.core, name, marked)
        taken = checkpoint(sim.core)
        marked["marked"].append("later")
        marked["later"] = []
        assert getattr(thaw(taken, sim.core.factory), name) == {"marked": [name, 2.0]}


def test_a_copy_does_not_change_with_the_tree() -> None:
    """It is written on another thread while the tree goes on."""
    with busy(World()) as sim:
        sim.run(5)
        taken = checkpoint(sim.core)
        at_once = thaw(taken, sim.core.factory)
        sim.run(30)
        later = thaw(taken, sim.core.factory)
        assert first_difference(at_once, later) is None
        assert first_difference(at_once, sim.core) is not None


def test_a_thawed_core_is_equal_and_made_anew() -> None:
    with busy(World()) as sim:
        for _ in range(40):
            sim.run(0.7)
            taken = checkpoint(sim.core)
            thawed = thaw(taken, sim.core.factory)
            assert first_difference(sim.core, thawed) is None
            assert taken.unkept == []
            for path, s in thawed.by_path.items():
                assert s is not sim.core.by_path[path]
                assert s.tree is thawed
                assert all(child.parent is s for child in s.children.values())
                assert s.internal == sim.core.by_path[path].internal


def test_what_was_one_object_is_one_again() -> None:
    """A deep tree shares its variables: ten thousand copies would be no checkpoint."""
    with busy(World()) as sim:
        sim.run(5)
        thawed = thaw(checkpoint(sim.core), sim.core.factory).by_path
        assert thawed["plant/east/a"].user is thawed["plant/east"].user
        child, parent = thawed["plant/east/a"], thawed["plant/east"]
        assert child.declared is parent.accepted[0]
        assert child.derive_key[0] is child.declared.user_spec


def test_it_is_copied_in_pieces_when_that_is_enough_for_now() -> None:
    with simulate(World(), group("plant", *(device(f"d{n}") for n in range(100)))) as sim:
        sim.run(5)
        copying, pieces = Copying(sim.core), 1
        while not copying.go_on(lambda: True):
            pieces += 1
        assert pieces > 3
        thawed = thaw(copying.checkpoint, sim.core.factory)
        assert first_difference(sim.core, thawed) is None


def test_in_the_middle_of_a_large_change_it_goes_on_the_same() -> None:
    """Children that are still to be compared, and many that are still to be told of something."""
    factory = factory_for(World())
    core = Core(factory)
    children = [device(f"d{n}") for n in range(700)]
    once_reconciling = once_spreading = 0
    changes = [
        Declared(group("plant", *children), {"rate": 1}),
        Declared(group("plant", *children[150:]), {"rate": 2}),
        PauseAsked("plant"),
        StopAsked(),
    ]
    for now, change in enumerate(changes, 1):
        core.handle(change, now)
        more, rounds = True, 0
        while more:
            more, rounds = core.run(now, enough=lambda: True), rounds + 1
            core.take()
            if rounds % 90 not in (3, 4):
                continue
            once_reconciling += core.root is not None and core.root.reconciling is not None
            once_spreading += bool(core.fan_out)
            taken = checkpoint(core)
            thawed = thaw(taken, factory)
            assert taken.unkept == []
            assert first_difference(core, thawed) is None
            while more:
                more = core.run(now, enough=lambda: True)
                told = [decided(one) for one in core.take()]
                assert thawed.run(now, enough=lambda: True) is more
                assert [decided(one) for one in thawed.take()] == told
                if rounds % 90 == 3 and told:
                    break
            assert first_difference(core, thawed) is None
    assert once_reconciling > 1
    assert once_spreading > 1


def test_what_is_no_data_is_said_with_its_path() -> None:
    with busy(World()) as sim:
        sim.run(5)
        sim.supervisor("plant/east/a").live_config = {"client": object()}
        taken = checkpoint(sim.core)
        thaw(taken, sim.core.factory)
        assert taken.unkept == [("plant/east/a", "builtins:object")]


def test_internal_variables_are_in_no_checkpoint() -> None:
    with busy(World()) as sim:
        sim.run(5)
        raw = b"".join(msgspec.msgpack.encode(part) for part in checkpoint(sim.core).parts())
        assert b"parent_id" not in raw
        assert b"plant/east/a" in raw


def test_a_checkpoint_of_another_core_is_refused_in_words() -> None:
    with busy(World()) as sim:
        head = checkpoint(sim.core).head
        factory = sim.core.factory
    more = msgspec.structs.replace(head, slots=(*head.slots, "mood"))
    with pytest.raises(JournalError, match="another version of fsmv2, whose supervisors kept mood"):
        Thawing(more, factory, find)
    less = msgspec.structs.replace(head, attributes=head.attributes[1:])
    with pytest.raises(JournalError, match=f"did not keep {head.attributes[0]}"):
        Thawing(less, factory, find)
    with pytest.raises(JournalError, match="worker types that are not given: device, group"):
        Thawing(head, WorkerFactory(), find)


def test_a_damaged_part_is_an_error_with_words() -> None:
    with busy(World()) as sim:
        sim.run(5)
        taken = checkpoint(sim.core)
        for wrong in ([[1]], [[None, ["?"]]], "text", [None]):
            with pytest.raises(JournalError):
                Thawing(taken.head, sim.core.factory, find).take(wrong)


def test_a_constructor_that_fails_when_thawing_is_named() -> None:
    world = World()
    with busy(world) as sim:
        sim.run(5)
        taken = checkpoint(sim.core)
        world.construct = ValueError("no licence")
        with pytest.raises(JournalError, match="constructor of device raised ValueError: no lic"):
            thaw(taken, sim.core.factory)
