"""The last look at a worker that stopped."""

from __future__ import annotations

from lamp_tree import DeviceObserved, World, device, factory_for

from fsmv2.core import RestartAsked
from fsmv2.testing import ByHand


def test_a_last_look_that_comes_at_the_moment_it_is_given_up_counts() -> None:
    """Found by a simulation: the worker was released with an action begun in the same tick."""
    tree = ByHand(device("d"), factory_for(World()))
    tree.tick()
    tree.observe("d", DeviceObserved(lit=True))
    tree.tick()
    assert tree["d"].state == "running"
    tree.core.handle(RestartAsked("d"), tree.now)
    tree.tick()
    tree.end("d")
    tree.observe("d", DeviceObserved(lit=False))
    tree.tick()
    assert (tree["d"].state, "final" in tree["d"].timers) == ("stopped", True)
    tree.now += 10.0  # as after a stall: the look and the end of its time in one moment
    tree.observe("d", DeviceObserved(lit=True))
    tree.advance(0.0)
    tree.tick()
    assert (tree["d"].incarnation, tree["d"].state) == (1, "stopping")
    assert tree.asked("d") == "switch_off"
