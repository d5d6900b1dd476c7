"""A person is called when retries do not help, and it is shown until it is over."""

from __future__ import annotations

import pytest
from job_tree import Jobs, job, simulate, team
from lamp_tree import condition


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


def test_an_escalation_is_shown_until_it_is_over_and_by_whom_it_was_taken(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a"))) as sim:
        sim.run(10)
        sim.acknowledge("t/a", "too early")
        jobs.broken.add("t/a")
        jobs.end("t/a", "badly")
        sim.until(lambda sim: condition(sim, "t/a", "Recovers") != "", within=400, step=1)
        assert sim.texts("command", "t/a") == [
            "test acknowledges, but there is no escalation of t/a"
        ]
        assert condition(sim, "t/a", "Recovers").startswith("EscalationRequired: 5 attempts")
        sim.acknowledge("t/a", "on my way")
        sim.acknowledge("t/a", "there")
        sim.restart("t/a")
        sim.run(30)
        said = condition(sim, "t/a", "Recovers")
        assert said.endswith(" — acknowledged by test: there")
        assert said.count("acknowledged") == 1
        jobs.broken.clear()
        sim.retry("t/a")
        sim.run(400)
        assert condition(sim, "t/a", "Recovers") == ""
