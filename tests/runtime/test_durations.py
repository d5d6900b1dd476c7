"""How long the core takes: a share of its ticks, renderings, a change from the root down."""

from __future__ import annotations

import pytest
from lamp_tree import World, device, group, simulate

from fsmv2 import render_template
from fsmv2.model.template.render_watch import RENDER_WATCH
from fsmv2.runtime.durations import Durations
from fsmv2.testing import Simulation


def measured(sim: Simulation) -> Durations:
    found = sim.supervision.durations = sim.core.observer = Durations(sim.core)
    return found


def counts(found: dict[str, object]) -> dict[str, int]:
    return {key: sum(one.read().counts) for key, one in found.items()}  # type: ignore[attr-defined]


def test_about_one_tick_in_thirty_two_is_measured() -> None:
    with simulate(World(), group("p", *(device(f"d{n}") for n in range(16)))) as sim:
        found = measured(sim)
        sim.run(2_000)
        ticks = sim.core.counters.ticks
        assert ticks > 500
        assert ticks / 48 < sum(found.ticks.read().counts) < ticks / 20


def test_a_rendering_counts_for_the_type_of_the_worker_that_derives() -> None:
    """And only while the core runs: collections and actions of authors may render as well."""
    with simulate(World(), group("p", device("a", template={"x": "{{ .V }}"}, user={"V": 1}))) as s:
        found = measured(s)
        s.run(1)
        assert counts(found.renderings) == {"device": 1}
        assert RENDER_WATCH.get() is None
        render_template("{{ .V }}", {"V": 1})
        assert counts(found.renderings) == {"device": 1}


def test_a_change_at_the_root_is_followed_to_the_last_derive() -> None:
    """Each once, a start included; what changes below it is another matter."""
    with simulate(World(), group("p", device("a"), user={"A": 1})) as sim:
        found = measured(sim)
        sim.run(1)
        assert sum(found.propagations.read().counts) == 1
        sim.set_variable("p", "A", 2)
        sim.run(1)
        assert sum(found.propagations.read().counts) == 1
        sim.declare(group("p", device("a"), user={"A": 3}))
        sim.run(1)
        assert sum(found.propagations.read().counts) == 2


def test_a_change_is_measured_also_in_a_tree_that_always_has_more_to_decide(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """That tree is the one which somebody is to be paged for."""
    now = 100.0
    monkeypatch.setattr(Durations, "now", staticmethod(lambda: now))
    with simulate(World(), group("p", device("a"))) as sim:
        found, core = Durations(sim.core), sim.core
        core.tallies.root_changes += 1
        for _ in range(4):
            core.counters.derives += 1
            found.slice_ends(now, more=True)
            now += 2
    assert found.propagations.read().counts[-1] == 1


def test_of_many_that_derive_at_once_some_are_measured_and_later_others() -> None:
    children = [device(f"d{n}", template="{{ .A }}") for n in range(40)]
    with simulate(World(), group("p", *children, user={"A": 1})) as sim:
        found = measured(sim)
        sim.run(1)
        first = sum(found.merges.read().counts)
        assert 0 < first < 40
        sim.set_variable("p", "A", 2)
        sim.run(1)
        assert first < sum(found.merges.read().counts) < 80
        assert 0 < counts(found.renderings)["device"] < 80
