"""What the core says, as entries of the log."""

from __future__ import annotations

from typing import Any

from lamp_tree import World, device, group, simulate

from fsmv2 import (
    EngineSettings,
    PermanentError,
)
from fsmv2.runtime.log.log_levels import LogLevels
from fsmv2.testing import SimulatedStore


def test_an_author_writes_over_no_field_of_ours(lines: list[dict[str, Any]]) -> None:
    line = next(line for line in lines if line["event"] == "worker_log")
    assert (line["path"], line["worker_type"], line["level"]) == ("t", "talker", "warning")
    assert line["fields"] == {"seconds": 3, "path": "/dev/ttyS0", "level": "mine"}
    repeats = [one for one in lines if one["event"] == "worker_log" and one.get("repeated")]
    assert len(repeats) == 1


def test_an_escalation_says_what_to_do(lines: list[dict[str, Any]]) -> None:
    line = next(line for line in lines if line["event"] == "escalation_required")
    assert (line["level"], line["child_name"]) == ("error", "a")
    assert line["runbook_url"] == "docs/runbook/escalation.md"
    assert line["explain"] == "fsmv2 explain escalation"
    assert line["total_downtime"] > 0
    warned = next(line for line in lines if line["event"] == "escalation_warning")
    assert warned["attempts_remaining"] == 1


def test_a_runbook_has_the_address_of_the_settings_or_that_of_the_type() -> None:
    world, settings = World(), EngineSettings(runbook_url="https://wiki.example/plant/")
    world.act["g/a"] = PermanentError("dead")
    with simulate(world, group("g", device("a")), settings=settings, log=LogLevels()) as sim:
        sim.run(400)
        (line,) = [one for one in sim.lines if one.event == "escalation_required"]
    assert getattr(line.fields, "runbook_url", "") == "https://wiki.example/plant/device"


def test_h96_an_operator_has_one_path_logged_from_debug_on_for_a_while() -> None:
    root, often = group("g", device("a"), group("b", device("c"))), EngineSettings(resync=5.0)
    with simulate(World(), root, settings=often, log=LogLevels()) as sim:
        sim.run(10)
        sim.log_level("g/b", "debug", until=sim.core.wall() + 60)
        before = len(sim.lines)
        sim.run(300)
        debug = [one for one in sim.lines[before:] if one.level == "debug"]
        assert {one.path for one in debug} == {"g/b", "g/b/c"}
        assert max(one.time for one in debug) < sim.core.wall() - 200
        assert not sim.core.log.debugging


def test_h96_a_level_that_was_asked_for_is_in_force_again_after_a_restart() -> None:
    store = SimulatedStore()
    root = group("g", device("a"))
    with simulate(World(), root, log=LogLevels(), store=store) as sim:
        sim.run(10)
        sim.log_level("g/a", "debug", until=sim.core.wall() + 600)
        sim.run(1)
    with simulate(World(), root, log=LogLevels(), store=store) as sim:
        sim.run(5)
        assert {one.path for one in sim.lines if one.level == "debug"} == {"g/a"}
