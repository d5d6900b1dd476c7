"""Who decides the control state, in words: what `why` and the lists of workers show."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from lamp_tree import World, device, group, simulate

from fsmv2 import ChildSpec


def wrong(world: World) -> None:
    world.derive["a"] = ValueError("bad")


@pytest.mark.parametrize(
    ("child", "parent", "before", "control", "said"),
    [
        (device("a"), {}, None, "running", "its own desired state"),
        (device("a", wish="stopped"), {}, None, "stopped", "its own desired state"),
        (device("a", enabled=False), {}, None, "stopped", "disabled"),
        (device("a"), {"enabled": False}, None, "stopped", "g/p is disabled"),
        (device("a", enabled=False), {"enabled": False}, None, "stopped", "disabled"),
        (device("a", hold="the door is open"), {}, None, "running", "held: the door is open"),
        (device("a"), {}, wrong, "stopped", "no desired state could be derived yet"),
        (
            device("a", state_mapping={"maintenance": "stopped"}),
            {"wish": "maintenance"},
            None,
            "stopped",
            "g/p is maintenance and asks for it",
        ),
    ],
)
def test_who_decides_is_said(
    child: ChildSpec,
    parent: dict[str, object],
    before: Callable[[World], None] | None,
    control: str,
    said: str,
) -> None:
    world = World()
    if before:
        before(world)
    with simulate(world, group("g", group("p", child, **parent))) as sim:
        sim.run(15)
        assert (sim["g/p/a"].control, sim["g/p/a"].control_reason) == (control, said)


def test_a_root_that_is_disabled_says_so() -> None:
    with simulate(World(), device("a", enabled=False)) as sim:
        sim.run(5)
        assert sim["a"].control_reason == "disabled"
