"""Conditions: only what is not as it should be is kept, each by a name of its own."""

from __future__ import annotations

from lamp_tree import World, condition, device, simulate

from fsmv2.core.state import conditions

NAMES = [
    value for name, value in vars(conditions).items() if name.isupper() and name != "OF_THE_PATH"
]


def test_every_condition_has_a_name_of_its_own() -> None:
    assert len({*NAMES}) == len(NAMES)
    assert {*conditions.OF_THE_PATH} <= {*NAMES}


def test_an_undisturbed_worker_has_none() -> None:
    with simulate(World(), device("a")) as sim:
        sim.run(30)
        assert sim["a"].state == "running"
        assert sim.supervisor("a").conditions is None


def test_only_what_holds_for_the_path_outlasts_a_restart() -> None:
    with simulate(World(), device("a")) as sim:
        sim.run(10)
        s = sim.supervisor("a")
        for name in NAMES:
            sim.core.set_condition(s, name, "something is wrong")
        s.next_incarnation(s.registered, s.worker)
        kept = [name for name in NAMES if condition(sim, "a", name)]
        assert kept == ["StateKept", "Managed", "Recovers", "NotificationsSent"]
