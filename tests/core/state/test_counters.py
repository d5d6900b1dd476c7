"""What the core did is counted: the numbers of one short life are known in advance."""

from __future__ import annotations

import msgspec
from lamp_tree import World, device, simulate

from fsmv2.core.state.counters import CoreCounters


def test_a_new_core_has_done_nothing() -> None:
    assert not any(msgspec.structs.astuple(CoreCounters()))


def test_a_start_a_restart_and_a_stop_are_counted() -> None:
    with simulate(World(), device("a")) as sim:
        sim.run(10)
        counted = sim.core.counters
        assert (counted.created, counted.actions, counted.transitions) == (1, 1, 2)
        sim.restart("a")
        sim.run(10)
        assert (counted.restarts, counted.released, counted.created) == (1, 1, 1)
        sim.stop()
        assert counted.released == 2
        assert (counted.dropped, counted.healed, counted.uncontained) == (0, 0, 0)
