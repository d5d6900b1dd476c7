"""Who decides the control state, in words: what `why` and the lists of workers show."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from job_tree import Job, Jobs, JobSeen, JobSpec, Team, job, team
from lamp_tree import World, device, group, simulate

from fsmv2 import ChildSpec, DesiredState, EngineSettings, Phase, WorkerFactory
from fsmv2.testing import Simulation


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


class Wishing(Job):
    """Wishes what it sees."""

    derive_from = "own"

    def derive_desired_state(
        self, spec: JobSpec, previous_observed: JobSeen | None
    ) -> DesiredState:
        out = previous_observed.out if previous_observed is not None else ""
        hold = "the door is open" if out == "held" else None
        return DesiredState("stopped" if out == "enough" else "running", hold_reason=hold)


@pytest.mark.parametrize(
    ("mapping", "seen", "phase"),
    [
        ({}, "well", Phase.FAILED),
        ({}, "enough", Phase.STOPPED),
        ({"running": "stopped"}, "well", Phase.STOPPED),
        ({"running": "stopped"}, "held", Phase.FAILED),
        ({"running": "running"}, "well", Phase.FAILED),
    ],
    ids=["nobody", "its wish", "its parent", "its hold before its parent", "its parent to run"],
)
def test_who_rests_after_a_person_was_called_is_seen_stopped_if_somebody_asks_for_it(
    mapping: dict[str, str], seen: str, phase: Phase
) -> None:
    """It stands either way; that it rests before it is restarted is no such wish."""
    jobs = Jobs()
    factory = WorkerFactory()
    factory.register(Wishing, name="job", make=lambda: Wishing(jobs))
    factory.register(Team)
    settings = EngineSettings(warn_at=1, escalate_at=2, backoff_base=60.0)
    with Simulation(team("t", job("a")), factory, settings=settings) as sim:
        jobs.short.add("t/a")
        sim.run(1)
        sim.until(lambda sim: sim["t/a"].attempts == 2, within=200)
        sim.run(3)
        assert sim.supervisor("t").statuses["a"].phase is Phase.FAILED
        jobs.end("t/a", seen)
        sim.declare(team("t", job("a", state_mapping=mapping)))
        sim.run(3)
        assert sim["t/a"].control_reason.startswith("finished")
        assert sim["t/a"].state == "stopped"
        assert sim.supervisor("t").statuses["a"].phase is phase
