"""A core made of a checkpoint is equal, and goes on the same."""

from __future__ import annotations

import msgspec
import pytest
from busy_tree import busy, find, restore
from lamp_tree import World, device, factory_for, group

from fsmv2.core import Core, Declared, PauseRequested, StopRequested
from fsmv2.core.checkpoint.restore import CheckpointReader, first_difference
from fsmv2.core.checkpoint.take import (
    DATA,
    STATE,
    attributes_of,
    checkpoint,
)
from fsmv2.errors import JournalError
from fsmv2.runtime.journal.descriptions import decided
from fsmv2.worker import WorkerFactory


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
        restored = restore(taken, sim.core.factory)
        found = getattr(restored.by_path["plant/east/a"], slot)
        assert found == {"marked": [slot, 1.5], "then": []}
        others = [getattr(s, slot) for p, s in restored.by_path.items() if p != "plant/east/a"]
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
        assert getattr(restore(taken, sim.core.factory), name) == {"marked": [name, 2.0]}


def test_a_restored_core_is_equal_and_shares_no_supervisor() -> None:
    with busy(World()) as sim:
        for _ in range(40):
            sim.run(0.7)
            taken = checkpoint(sim.core)
            restored = restore(taken, sim.core.factory)
            assert first_difference(sim.core, restored) is None
            assert taken.unkept == []
            for path, s in restored.by_path.items():
                assert s is not sim.core.by_path[path]
                assert s.tree is restored
                assert all(child.parent is s for child in s.children.values())
                assert s.internal == sim.core.by_path[path].internal


def test_what_was_one_object_is_one_again() -> None:
    """A deep tree shares its variables: ten thousand copies would be no checkpoint."""
    with busy(World()) as sim:
        sim.run(5)
        restored = restore(checkpoint(sim.core), sim.core.factory).by_path
        assert restored["plant/east/a"].user is restored["plant/east"].user
        child, parent = restored["plant/east/a"], restored["plant/east"]
        assert child.declared is parent.accepted[0]
        assert child.derive_key[0] is child.declared.user_spec


@pytest.mark.thorough
def test_in_the_middle_of_a_large_change_it_goes_on_the_same() -> None:
    """Children that are still to be compared, and many that are still to be told of something."""
    factory = factory_for(World())
    core = Core(factory)
    children = [device(f"d{n}") for n in range(700)]
    once_reconciling = once_spreading = 0
    changes = [
        Declared(group("plant", *children), {"rate": 1}),
        Declared(group("plant", *children[150:]), {"rate": 2}),
        PauseRequested("plant"),
        StopRequested(),
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
            restored = restore(taken, factory)
            assert taken.unkept == []
            assert first_difference(core, restored) is None
            while more:
                more = core.run(now, enough=lambda: True)
                told = [decided(one) for one in core.take()]
                assert restored.run(now, enough=lambda: True) is more
                assert [decided(one) for one in restored.take()] == told
                if rounds % 90 == 3 and told:
                    break
            assert first_difference(core, restored) is None
    assert once_reconciling > 1
    assert once_spreading > 1


def test_a_checkpoint_of_another_core_is_refused_in_words() -> None:
    with busy(World()) as sim:
        head = checkpoint(sim.core).head
        factory = sim.core.factory
    more = msgspec.structs.replace(head, slots=(*head.slots, "mood"))
    with pytest.raises(
        JournalError, match="the supervisors of the version that recorded it kept mood"
    ):
        CheckpointReader(more, factory, find)
    less = msgspec.structs.replace(head, attributes=head.attributes[1:])
    with pytest.raises(JournalError, match=f"did not keep {head.attributes[0]}"):
        CheckpointReader(less, factory, find)
    with pytest.raises(JournalError, match="worker types that are not given: device, group"):
        CheckpointReader(head, WorkerFactory(), find)


def test_a_damaged_part_is_an_error_with_words() -> None:
    with busy(World()) as sim:
        sim.run(5)
        taken = checkpoint(sim.core)
        for wrong in ([[1]], [[None, ["?"]]], "text", [None]):
            with pytest.raises(JournalError):
                CheckpointReader(taken.head, sim.core.factory, find).take(wrong)


def test_a_constructor_that_fails_when_restoring_is_named() -> None:
    world = World()
    with busy(world) as sim:
        sim.run(5)
        taken = checkpoint(sim.core)
        world.construct = ValueError("no licence")
        with pytest.raises(JournalError, match="constructor of device raised ValueError: no lic"):
            restore(taken, sim.core.factory)
