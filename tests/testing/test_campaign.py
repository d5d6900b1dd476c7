"""Many seeds: what they cover together, what is thin, and that one that fails ends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmv2.core import StopRequested
from fsmv2.core.handlers import HANDLERS
from fsmv2.testing import FaultKind, SimulationResult, simulate, simulate_many
from fsmv2.testing.faults import IMPOSSIBLE
from fsmv2.worker import Phase


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


@pytest.mark.thorough
def test_seeds_are_spread_over_processes_and_counted_together() -> None:
    on_result: list[SimulationResult] = []
    found = simulate_many(
        "toy_plant:plant", range(3), seconds=1200, every=30, jobs=2, on_result=on_result.append
    )
    assert {outcome.seed for outcome in on_result} == {0, 1, 2}
    assert (found.runs, found.hours, found.workers) == (3, 1.0, 9)
    assert found.hits == sum(sum(outcome.coverage.values()) for outcome in on_result) > 40
    alone = simulate_many("toy_plant:plant", range(3), seconds=1200, every=30)
    assert alone.coverage == found.coverage
    assert alone.ticks == found.ticks


def test_what_was_met_too_seldom_is_named_and_what_cannot_be_met_is_not() -> None:
    found = simulate_many("toy_plant:plant", [0], seconds=600, every=60)
    thin = found.thin(1000)
    possible = len(FaultKind) * len(Phase) - len(IMPOSSIBLE)
    assert len(thin) == possible
    assert not any("action" in line and "initial" in line for line in thin)
    assert found.thin(0) == []
    assert "-" in found.table()


@pytest.mark.thorough
def test_after_a_failure_no_further_seed_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(HANDLERS, StopRequested, lambda core, event: None)
    found = simulate_many("toy_plant:plant", range(50), seconds=60, every=30)
    assert found.runs == 1
    assert [outcome.invariant for outcome in found.failed] == ["Ends"]


@pytest.mark.thorough
def test_a_works_of_a_hundred_workers_holds_for_a_while() -> None:
    """`make test-all` does it for ten thousand hours: `fsmv2 simulate works:works --seeds 400`."""
    from works import works

    outcome = simulate(works, seed=0, seconds=3600, every=30)
    assert outcome.held, "\n".join([outcome.found, *outcome.trace])
    assert outcome.workers >= 100
    assert sum(outcome.coverage.values()) > 60
