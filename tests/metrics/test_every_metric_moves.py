"""Each metric moves under the fault or work that it is about: one that never does is a defect."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from lamp_tree import World, device, group, simulate
from measured_simulation import MeasuredSimulation, measured, series
from moving import MOVED, moves

from fsmv2 import ChildSpec, EngineSettings
from fsmv2.core.contract.settings import MetricsSettings
from fsmv2.metrics.catalogue import METRICS
from fsmv2.runtime.durations import Durations
from fsmv2.testing import Simulation

QUICK = EngineSettings(backoff_base=1.0, backoff_cap=2.0, warn_at=1, escalate_at=2, resync=20.0)


@pytest.fixture
def world() -> World:
    return World()


def guarded(**more: object) -> ChildSpec:
    return group("g", device("a"), device("b"), kind="guarded", **more)


@moves(
    "circuit_open circuits_open infrastructure_recovery_total child_health_check_total "
    "infrastructure_recovery_duration_seconds infrastructure_check_failures_total "
    "escalations_total escalation_active escalations_active restarts_total restart_failures_total "
    "actions_during_circuit_total action_post_circuit_duration_seconds"
)
def test_a_circuit_opens_and_its_child_is_restarted_and_escalated_and_recovers(
    world: World,
) -> Iterator[MeasuredSimulation]:
    with simulate(world, guarded(), settings=QUICK) as sim:
        source = measured(sim)
        yield source
        sim.run(3)
        assert series(sim, "circuits_open") == {("guarded",): 0}
        assert series(sim, "escalations_total") == {("guarded",): 0, ("device",): 0}
        world.broken["inside"], world.lit["g/b"], world.slow["g/b"] = "a", False, 9.0
        sim.until(lambda sim: bool(series(sim, "circuit_open")), within=60)
        assert series(sim, "circuit_open") == {("guarded", "g"): 1}
        assert series(sim, "circuits_open") == {("guarded",): 1}
        assert series(sim, "infrastructure_check_failures_total") == {("guarded", "inside"): 1}
        yield source
        sim.until(lambda sim: bool(series(sim, "escalation_active")), within=200, step=0.5)
        assert series(sim, "escalation_active") == {("device", "g/a"): 1}
        assert series(sim, "escalations_active") == {("device",): 1, ("guarded",): 0}
        assert series(sim, "restarts_total")["device", "fault"] >= 1
        assert series(sim, "infrastructure_recovery_total") == {("guarded",): 0}
        yield source
        world.broken.clear()
        sim.until(lambda sim: not series(sim, "circuit_open"), within=200, step=0.5)
        assert series(sim, "infrastructure_recovery_total") == {("guarded",): 1}
        sim.run(400)
        assert series(sim, "escalations_active") == {("device",): 0, ("guarded",): 0}
        yield source


@moves(
    "action_queued_total actions_completed_total action_queue_size action_queue_wait_seconds "
    "action_execution_duration_seconds action_timeout_total worker_pool_utilization "
    "worker_pool_queue_size action_stuck actions_stuck"
)
def test_actions_wait_succeed_fail_time_out_and_are_stuck(
    world: World,
) -> Iterator[MeasuredSimulation]:
    few = EngineSettings(action_slots=2, type_percent=100, backoff_cap=2.0)
    names = "abcde"
    with simulate(world, group("g", *map(device, names)), settings=few) as sim:
        source = measured(sim)
        world.deaf.add("g/a")
        world.hangs.add("g/b")
        world.act["g/c"] = RuntimeError("no")
        world.slow["g/d"] = 0.5
        yield source
        sim.run(0.2)
        assert series(sim, "action_queue_size") == {(): 3}
        assert series(sim, "worker_pool_utilization") == {("actions",): 1, ("urgent",): 0}
        assert series(sim, "worker_pool_queue_size") == {("actions",): 3, ("urgent",): 0}
        yield source
        sim.run(60)
        assert series(sim, "action_stuck") == {("device", "g/a"): 1}
        assert series(sim, "actions_stuck")["device",] == 1
        ended = series(sim, "actions_completed_total")
        for status in ("succeeded", "failed", "timed_out", "stuck"):
            assert ended["device", "switch_on", status] >= 1, status
        executed = series(sim, "action_execution_duration_seconds")
        assert executed["device", "switch_on", "stuck"] == 1
        yield source
        world.deaf.clear()
        sim.run(5)
        assert series(sim, "actions_stuck")["device",] == 0


@moves(
    "workers active_supervisors children children_declared reconciliation_total tick_depth "
    "ticks_total "
    "tick_causes_total supervisor_cleanup_total supervisor_cleanup_failures_total paused pauses "
    "reconciliation_duration_seconds tick_duration_seconds tick_propagation_duration_seconds "
    "state_transitions_total observations_total observation_age_seconds"
)
def test_workers_are_added_updated_recreated_paused_and_removed(
    world: World,
) -> Iterator[MeasuredSimulation]:
    with simulate(world, group("g", device("a"), device("b"))) as sim:
        source = timed(sim)
        yield source
        sim.run(3)
        assert series(sim, "workers")["device", "running", "running"] == 2
        assert series(sim, "tick_depth") == {(): 2}
        assert series(sim, "reconciliation_total")["group", "add"] == 2
        yield source
        world.stubborn.add("g/b")
        sim.declare(group("g", device("a", pin=7), group("c", device("d"))))
        sim.pause("g")
        sim.resume("g")
        sim.pause("g/a", "cleaning")
        sim.run(8)
        assert series(sim, "paused") == {("device", "g/a"): 1}
        assert series(sim, "pauses") == {("device",): 1, ("group",): 0}
        yield source
        sim.resume("g/a")
        sim.run(60)
        done = series(sim, "reconciliation_total")
        assert all(
            done["group", operation] for operation in ("add", "update", "remove", "recreate")
        )
        assert series(sim, "tick_depth") == {(): 3}
        assert series(sim, "supervisor_cleanup_failures_total") == {(): 1}, "it would not stop"
        assert "g/b" not in sim
        yield source


@moves(
    "template_rendering_errors_total template_failing templates_failing "
    "template_rendering_duration_seconds template_cache_hits_total template_cache_misses_total "
    "variable_propagation_depth variable_merge_duration_seconds"
)
def test_templates_render_and_fail_and_a_variable_is_passed_down(
    world: World,
) -> Iterator[MeasuredSimulation]:
    made = {f"n{n}": "{{ .A }}-of-this-test" for n in range(2)}
    tree = group("g", device("a", template=made), device("b", template="{{ .NO }}"), user={"A": 1})
    with simulate(world, tree) as sim:
        source = timed(sim)
        yield source
        sim.run(3)
        key = ("device", "UndefinedVariableError")
        assert series(sim, "template_rendering_errors_total") == {key: 1}
        assert series(sim, "template_failing") == {("device", "g/b"): 1}
        assert series(sim, "templates_failing") == {("device",): 1, ("group",): 0}
        assert series(sim, "variable_propagation_depth") == {(): 0}
        yield source
        sim.set_variable("g", "A", 2)
        sim.run(3)
        assert series(sim, "variable_propagation_depth") == {(): 1}
        yield source


@moves("variable_propagation_errors_total")
def test_a_location_that_cannot_be_put_together(world: World) -> Iterator[MeasuredSimulation]:
    child = device("a")
    with simulate(world, group("g", child)) as sim:
        sim.run(1)
        yield measured(sim)
        wrong = msgspec.structs.replace(child.user_spec, location={"no such level": "x"})
        sim.declare(group("g", msgspec.structs.replace(child, user_spec=wrong)))
        sim.run(1)
        yield measured(sim)


@moves("observation_errors_total observation_stale_seconds observations_stale")
def test_a_device_answers_with_an_error_and_one_is_silent(
    world: World,
) -> Iterator[MeasuredSimulation]:
    with simulate(world, group("g", device("a"), device("b"))) as sim:
        sim.run(5)
        yield measured(sim)
        assert series(sim, "observations_stale") == {("device",): 0, ("group",): 0}
        world.collect["g/a"] = OSError("no route")
        world.silent.add("g/b")
        sim.run(25)
        assert series(sim, "observation_errors_total")["device",] > 2
        assert series(sim, "observations_stale") == {("device",): 1, ("group",): 0}
        ((who, age),) = series(sim, "observation_stale_seconds").items()
        assert (who, 10 < age < 30) == (("device", "g/b"), True)
        assert series(sim, "observation_age_seconds")["device", "1"] == age
        yield measured(sim)


@moves("worker_in_trouble workers_in_trouble")
def test_a_dead_device_is_named_with_the_reason(
    world: World,
) -> Iterator[MeasuredSimulation]:
    with simulate(world, group("g", device("a"), device("b"))) as sim:
        sim.run(5)
        yield measured(sim)
        assert series(sim, "workers_in_trouble") == {("device",): 0, ("group",): 0}
        world.silent.add("g/a")
        sim.run(25)
        assert series(sim, "workers_in_trouble") == {("device",): 1, ("group",): 0}
        ((labels, one),) = series(sim, "worker_in_trouble").items()
        assert (labels[:3], one) == (("device", "g/a", "running"), 1)
        assert labels[3]
        yield measured(sim)


@moves("resync_healed_total")
def test_a_lost_wake_up_is_made_up_for(world: World) -> Iterator[MeasuredSimulation]:
    with simulate(world, group("g", device("a")), settings=QUICK) as sim:
        sim.run(5)
        yield measured(sim)
        s = sim.supervisor("g/a")
        s.state = "stopped"  # as if its transition had been forgotten
        sim.run(60)
        yield measured(sim)


@moves("overrides override_oldest_seconds")
def test_an_operator_overrides_the_document(world: World) -> Iterator[MeasuredSimulation]:
    with simulate(world, group("g", device("a"), user={"A": 1})) as sim:
        sim.run(1)
        yield measured(sim)
        sim.pause("g/a")
        sim.run(10)
        sim.stop_path("g/a")
        sim.silence("g/a")
        sim.log_level("g/a", "debug")
        sim.set_variable("g", "A", 2)
        sim.run(5)
        assert series(sim, "overrides") == {
            ("pause",): 1,
            ("stop",): 1,
            ("silence",): 1,
            ("log-level",): 1,
            ("variable",): 1,
        }
        assert 14 < series(sim, "override_oldest_seconds")[()] < 16
        yield measured(sim)


@moves(
    "worker_state worker_healthy worker_incarnation worker_attempts "
    "worker_observation_age_seconds series_dropped"
)
def test_single_workers_have_series_where_the_settings_ask_for_it(
    world: World,
) -> Iterator[MeasuredSimulation]:
    wanted = EngineSettings(metrics=MetricsSettings(series=2, paths="…/d?"))
    tree = group("g", *map(device, ("d1", "d2", "d3", "x")))
    with simulate(world, tree, settings=wanted) as sim:
        world.act["g/d1"] = RuntimeError("no")
        yield measured(sim)
        sim.run(8)
        sim.restart("g/d2")
        sim.run(7)
        assert {path for _, path, _ in series(sim, "worker_state")} == {"g/d1", "g/d2"}
        assert series(sim, "worker_incarnation")["device", "g/d2"] == 2
        assert series(sim, "worker_attempts")["device", "g/d1"] >= 1
        assert series(sim, "series_dropped")["fsmv2_worker_state",] == 1
        yield measured(sim)


def timed(sim: Simulation) -> MeasuredSimulation:
    """Measured by a real clock: what the core takes, which has nothing to do with virtual time."""
    source = measured(sim)
    source.durations = sim.supervision.durations = sim.core.observer = Durations(sim.core)
    return source


CONSTANT = {"fsmv2_build_info"}


def test_there_is_no_metric_that_no_scenario_moves() -> None:
    """Those included that are measured by other files of this folder."""
    for file in Path(__file__).parent.glob("test_*.py"):
        if "@moves(" in file.read_text():
            importlib.import_module(file.stem)
    assert {*METRICS} - MOVED == CONSTANT
    assert {*METRICS} >= MOVED
