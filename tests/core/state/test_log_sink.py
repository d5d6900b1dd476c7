"""What the core says for a log: nothing is decided by it, and it costs nothing where it is off."""

from __future__ import annotations

import msgspec
from lamp_tree import World, device, group, simulate

from fsmv2 import EngineSettings, PermanentError
from fsmv2.core import Report
from fsmv2.runtime.log.log_levels import LogLevels
from fsmv2.testing import Simulation


def troubled(world: World) -> World:
    world.act["g/a"] = PermanentError("dead")
    world.broken["inside"] = "b"
    return world


def lived(log: LogLevels | None) -> tuple[list[Report], int]:
    """What is reported of a tree in trouble, and its ticks."""
    root = group("g", device("a"), device("b", user={"X": 1}, template="{{ .X }}"), kind="guarded")
    settings = EngineSettings(resync=5.0)
    with simulate(troubled(World()), root, settings=settings, log=log) as sim:
        sim.run(100)
        sim.stop()
        # An event has durations, which are measured only where there is a log.
        reports = [msgspec.structs.replace(one, event=None) for one in sim.reports]
        return reports, sim.core.counters.ticks


def test_a_tree_does_the_same_with_a_log_as_without() -> None:
    plain, debugged = lived(None), lived(LogLevels("debug"))
    assert plain == debugged
    assert plain[0]


def events(sim: Simulation, path: str) -> list[str]:
    return [line.event for line in sim.lines if line.path == path]


def test_debug_events_are_made_for_those_paths_alone_that_want_them() -> None:
    from fsmv2.path_pattern import path_pattern

    levels = LogLevels("info", {"…/b": (path_pattern("…/b"), "debug")})
    root = group("g", device("a"), device("b", user={"X": 1}, template="{{ .X }}"))
    with simulate(World(), root, log=levels) as sim:
        sim.run(10)
        assert {"tick", "variables_propagated", "template_rendered"} <= set(events(sim, "g/b"))
        assert not {"tick", "variables_propagated"} & set(events(sim, "g/a"))


def test_a_worker_that_merely_waits_says_its_error_at_debug() -> None:
    world = World()
    world.collect["g/a"] = world.collect["g/b"] = OSError("no answer")
    root = group("g", device("a", enabled=False), device("b"))
    with simulate(world, root, log=LogLevels("debug")) as sim:
        sim.run(10)
        levels = {line.path: line.level for line in sim.lines if line.event == "worker_error"}
        assert levels == {"g/a": "debug", "g/b": "warning"}


def test_reconciling_is_logged_when_something_changed_with_what_it_was() -> None:
    with simulate(World(), group("g", device("a"), device("b")), log=LogLevels()) as sim:
        sim.run(10)
        sim.declare(group("g", device("a", pin=2), device("c")))
        sim.run(10)
        sim.declare(group("g", device("a", pin=2), device("c")))
        sim.run(10)
        found = [line.message for line in sim.lines if line.event == "children_reconciled"]
        assert found[0] == "2 added"
        assert len(found) == 2
        assert {"1 removed", "1 added"} <= set(found[1].split(", "))
