"""The core as it is driven: events in, ticks in order, instructions out, a deadline to sleep to."""

from __future__ import annotations

from typing import Any

import pytest
from lamp_tree import (
    World,
    by_hand,
    device,
    factory_for,
    group,
    simulate,
)

from fsmv2 import (
    EngineSettings,
)
from fsmv2.core import (
    Core,
    Declared,
    Release,
    Released,
    Report,
    RetryRequested,
    StopRequested,
    Watch,
)
from fsmv2.core.handlers import HANDLERS, TIMERS
from fsmv2.core.machine import TIMERS_AT_ONCE
from fsmv2.core.state.tick_record import Cause


def started(count: int = 3, **settings: Any) -> Core:
    """A core of a group of so many devices, each ticked once."""
    core = Core(factory_for(World()), EngineSettings(**settings))
    core.handle(Declared(group("g", *(device(f"d{n}") for n in range(count)))), 0.0)
    core.run(0.0)
    core.take()
    return core


def fail(*_: Any) -> None:
    raise ValueError("bad")


def test_an_event_decides_nothing_and_marks_who_has_to_look() -> None:
    core = Core(factory_for(World()))
    core.handle(Declared(device("a")), 1.0)
    assert [i for i in core.take() if not isinstance(i, Report)] == []
    core.run(1.0)
    assert [i.path for i in core.take() if isinstance(i, Watch)] == ["a"]


def test_instructions_are_given_once() -> None:
    core = Core(factory_for(World()))
    core.handle(Declared(device("a")), 1.0)
    core.run(1.0)
    assert core.take() != []
    assert core.take() == []


def test_the_clock_never_goes_back() -> None:
    core = started()
    core.run(10.0)
    core.handle(RetryRequested("g"), 5.0)
    core.run(3.0)
    assert core.now == 10.0


def test_a_handler_that_fails_is_the_trouble_of_the_path_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    core = started()
    monkeypatch.setitem(HANDLERS, RetryRequested, fail)
    core.handle(RetryRequested("g/d1"), 0.0)
    assert [path for path, s in core.by_path.items() if s.breaker] == ["g/d1"]
    [report] = [i for i in core.take() if isinstance(i, Report)]
    assert "the event RetryRequested raised ValueError: bad" in report.text


def test_a_timer_that_fails_is_the_trouble_of_its_worker_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    core = started()
    monkeypatch.setitem(TIMERS, "wake", fail)
    core.set_timer(core.by_path["g/d0"], "wake", 1.0)
    core.set_timer(core.by_path["g/d1"], "retry", 1.0)
    core.run(1.0)
    assert core.by_path["g/d0"].breaker is not None
    assert [str(c) for c in core.by_path["g/d1"].records[-1].causes] == ["timer"]


def test_parents_are_ticked_first_and_many_children_reach_them_as_one_tick() -> None:
    core = started()
    before = core.by_path["g"].tick_count
    for path in ("g/d0", "g/d1", "g/d2"):
        core.mark(core.by_path[path], Cause("test"))
        core.by_path[path].state = "starting"  # which their parent is to be told
    core.mark(core.by_path["g"], Cause("test"))
    core.run(0.0)
    ticked = sorted(core.by_path.values(), key=lambda s: s.records[-1].id)
    assert [s.path for s in ticked][-1] == "g"
    assert core.by_path["g"].tick_count == before + 2, "its own, and one for the three"


def test_a_run_that_is_cut_short_goes_on_where_it_was() -> None:
    core = Core(factory_for(World()))
    core.handle(Declared(group("g", *(device(f"d{n}") for n in range(3)))), 0.0)
    turns = 0
    while core.run(0.0, enough=lambda: True):
        turns += 1
    assert turns == core.counters.ticks - 1
    assert all(s.tick_count == 1 for s in core.by_path.values() if s.depth)


def test_h62_one_that_is_marked_in_every_slice_does_not_starve_its_parents() -> None:
    """A worker whose derive takes longer than its interval, say, and a stop of its parent."""
    core = started()
    parent = core.by_path["g"]
    before = parent.tick_count
    for _ in range(6):
        for child in ("g/d0", "g/d1"):  # of which each slice has time for one
            core.mark(core.by_path[child], Cause("observation", "new"))
        core.run(1.0, enough=lambda: True)
        core.mark(parent, Cause("stop", "asked to stop"))
    assert parent.tick_count > before


def test_many_timers_that_are_due_at_once_are_fired_in_parts() -> None:
    core = started(1)
    s = core.by_path["g/d0"]
    for n in range(TIMERS_AT_ONCE + 1):
        core.set_timer(s, "wake", 1.0 + n / 1e6)
    assert core.run(2.0, enough=lambda: False)
    assert not core.run(2.0, enough=lambda: False)


def test_it_is_quiet_until_its_deadline() -> None:
    core = started(0, resync=7.0)
    core.set_timer(core.by_path["g"], "wake", 3.0)
    assert core.deadline() == 3.0
    assert core.quiet(2.9)
    assert not core.quiet(3.0)
    ticks = core.counters.ticks
    core.run(2.9)
    assert core.counters.ticks == ticks
    core.run(3.0)
    assert core.counters.ticks == ticks + 1
    core.mark(core.by_path["g"], Cause("test"))
    assert not core.quiet(3.0)


def test_everybody_is_looked_at_once_in_each_round_of_the_resync() -> None:
    core = started(9, resync=20.0, stale_after=1000.0)
    before = {path: s.tick_count for path, s in core.by_path.items()}
    assert core.deadline() == 20.0
    while (due := core.deadline()) is not None and due < 40.0:
        core.run(due)
    looks = {path: s.tick_count - before[path] for path, s in core.by_path.items()}
    assert set(looks.values()) == {1}


def test_runs_of_a_calm_while_can_be_skipped() -> None:
    one, other = started(), started()
    for _ in range(50):
        one.run(0.5)
    other.skip(50, 0.5)
    assert (one.now, one.serial()) == (other.now, other.serial())


def test_only_what_is_below_is_ticked_by_hand() -> None:
    tree = by_hand(group("g", group("p", device("a")), device("b")))
    tree.tick()
    for path in ("g", "g/p/a", "g/b"):
        tree.core.mark(tree[path], Cause("test"))
    assert tree["g/p"].tick() == 1
    assert (tree["g"].dirty, tree["g/p/a"].dirty, tree["g/b"].dirty) == (True, False, True)


def test_a_count_that_does_not_fit_is_refused() -> None:
    core = started()
    core.check_dirty(2)
    with pytest.raises(ValueError, match="3 levels have supervisors, and 2 are kept"):
        core.check_dirty(3)
    core.by_path["g"].dirty = True
    core._dirty_count = 1
    with pytest.raises(ValueError, match="1 are to be ticked, and 0 are listed"):
        core.check_dirty(2)
    with pytest.raises(RuntimeError, match="1 are to be ticked, and none is listed"):
        core.run(0.0)


def test_a_stop_is_finished_when_all_tasks_have_ended() -> None:
    core = Core(factory_for(World()))
    core.handle(Declared(device("a")), 0.0)
    core.run(0.0)
    assert not core.finished
    core.handle(StopRequested(deadline=0.0), 0.0)
    core.run(0.0)
    core.run(0.0)
    assert any(isinstance(i, Release) for i in core.take())
    assert (core.by_path, core.finished) == ({}, False)
    core.handle(Released("a", 1), 0.0)
    assert core.finished


def test_a_tick_that_fails_does_not_hold_up_the_stop_of_its_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    core = started(1)
    monkeypatch.setattr("fsmv2.core.machine.tick", fail)
    core.handle(StopRequested(), 0.0)
    core.run(0.0)
    assert core.by_path["g"].breaker is not None
    assert core.by_path["g/d0"].stop is not None


@pytest.fixture
def world() -> World:
    return World()


def test_ticking_by_hand_drains_a_subtree_and_is_free_when_clean(world: World) -> None:
    with simulate(world, group("g", group("p", device("a")), device("b"))) as sim:
        sim.run(5)
        top = sim.supervisor("g/p")
        assert top.tick() == 0
        cause = sim.records("g")[-1].causes[0]
        for path in ("g/p/a", "g/b"):
            sim.core.mark(sim.supervisor(path), cause)
        assert top.tick() == 1
        assert sim.supervisor("g/b").dirty
        for _ in range(100):
            sim.core.mark(sim.supervisor("g/p/a"), cause)
            top.tick()
        assert sum(map(len, sim.core._dirty)) <= 2
