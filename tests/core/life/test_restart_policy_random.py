"""Random teams under random events: what must hold of them whatever happens."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from job_tree import Jobs, simulate
from random_teams import EVENTS, Event, happen, teams

from fsmv2 import ChildSpec, Phase
from fsmv2.core.policy.control import unmet
from fsmv2.testing import Simulation

UP = (Phase.RUNNING, Phase.DEGRADED)


def children_of(sim: Simulation) -> dict[str, Any]:
    return sim.supervisor("t").children


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(teams(), st.lists(EVENTS, max_size=25))
@pytest.mark.thorough
def test_a_team_comes_to_what_it_is_to_be_and_stops_in_order(
    root: ChildSpec, events: list[Event]
) -> None:
    """Once nothing breaks any more, everybody runs who has not ended and lacks nobody."""
    jobs = Jobs()
    with simulate(jobs, root) as sim:
        sim.run(3)
        for event in events:
            happen(sim, jobs, event)
        jobs.broken.clear()
        sim.run(1)
        for path in list(sim.core.overrides):  # those of who is gone, too
            sim.resume(path)
        sim.run(700)
        for name, child in children_of(sim).items():
            phase = child.definition.states[child.state].phase
            lacks = unmet(child)
            off = not child.declared.enabled or child.ended is not None or bool(lacks)
            assert (phase in UP) is not off, (name, child, child.gate, lacks, child.ended)
            assert child.ended is None or child.declared.restart != "permanent", child
            assert bool(jobs.works.get(f"t/{name}")) is not off, (name, child, jobs.log)
        up = {n for n, c in children_of(sim).items() if c.definition.states[c.state].phase in UP}
        edges = {
            (name, path.rpartition("/")[2])
            for name, child in children_of(sim).items()
            for path in child.upstream
        }
        done = len(jobs.log)
        assert sim.stop() < 20
        ended = [line[1:] for line in jobs.log[done:]]
        assert sorted(ended) == sorted(up)
        for later, earlier in edges:
            if {later, earlier} <= up:
                assert ended.index(later) < ended.index(earlier), (later, earlier, ended)
        assert sim.texts("forced") == []
        assert sim.core.dependents == {}
        assert sim.core.overrides == {}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(teams(), st.lists(EVENTS, max_size=20))
def test_nobody_works_long_without_those_it_requires(root: ChildSpec, events: list[Event]) -> None:
    jobs = Jobs()
    with simulate(jobs, root) as sim:
        for event in events:
            happen(sim, jobs, event)
            sim.run(4)  # a look each second, and the stop of a chain of at most five
            sim.run(6)
            for name, child in children_of(sim).items():
                if child.stop is None and jobs.works.get(f"t/{name}") and unmet(child):
                    raise AssertionError((name, child, unmet(child), jobs.log))
