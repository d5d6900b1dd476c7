"""Valves that are declared anew, break, are mended, stopped and restarted, all at random.

Two of them may swap their machines, or one take over that of another. Whatever happened: never do
two act on one machine, and when all is mended and let go, the tree is what was declared last.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from valves import Valves, ValveSpec, line, simulate, valve

from fsmv2 import ChildSpec
from fsmv2.testing import Simulation

DECLARED: dict[str, tuple[ChildSpec, ...]] = {
    "both": (valve("a"), valve("b")),
    "changed": (valve("a", pin=2), valve("b")),
    "renamed": (valve("z", unit="a"), valve("b")),
    "swapped": (valve("a", unit="b"), valve("b", unit="a")),
    "swapped levers": (valve("a", "lever", unit="b"), valve("b", "lever", unit="a")),
    "taken over": (valve("b", unit="a", pin=3),),
    "levers": (valve("a", "lever"), valve("b", "lever", pin=2)),
    "off": (valve("a", enabled=False), valve("b", user={"WORD": 5})),
    "none": (),
}
TROUBLES = ("failing", "silent", "stubborn", "raising", "circling", "leaking", "deaf")
PATHS = ("line/a", "line/b", "line/z")

Deed = tuple[Any, ...]
deeds = st.lists(
    st.one_of(
        st.tuples(st.just("declare"), st.sampled_from(sorted(DECLARED))),
        st.tuples(st.just("declare"), st.sampled_from(sorted(DECLARED))),
        st.tuples(st.sampled_from(TROUBLES), st.sampled_from("ab")),
        st.tuples(st.sampled_from(("slow", "closed by hand")), st.sampled_from("ab")),
        st.tuples(
            st.sampled_from(("pause", "resume", "stop_path", "start_path", "restart", "retry")),
            st.sampled_from(PATHS),
        ),
        st.tuples(st.just("mend")),
        st.tuples(st.just("wait"), st.sampled_from((0.0, 0.05, 0.3, 2.0, 40.0))),
    ),
    max_size=14,
)


def happen(sim: Simulation, valves: Valves, deed: Deed) -> None:
    match deed:
        case ("declare", name):
            sim.declare(line(*DECLARED[name]))
        case ("mend",):
            valves.heal()
        case ("wait", seconds):
            sim.run(seconds)
        case ("slow", unit):
            valves.slow[unit] = 6.0
        case ("closed by hand", unit):
            valves.open_at[unit] = 0
        case (verb, path) if path in PATHS:
            getattr(sim, verb)(path)
        case (wrong, unit):
            getattr(valves, wrong).add(unit)


def play(done: list[Deed]) -> None:
    valves, last = Valves(), "both"
    with simulate(valves, line(*DECLARED[last]), restarts_at_once=1) as sim:
        sim.run(10)
        for deed in done:
            happen(sim, valves, deed)
            last = deed[1] if deed[0] == "declare" else last
        sim.run(100)
        valves.heal()
        for path in list(sim.core.overrides):
            sim.resume(path)
            sim.start_path(path)
        sim.run(1500)
        wanted = {f"line/{one.name}": one for one in DECLARED[last]}
        assert sim.core.by_path.keys() - {"line"} == wanted.keys()
        for path, spec in wanted.items():
            s = sim.supervisor(path)
            assert isinstance(spec.user_spec, ValveSpec)
            assert s.declared == spec
            assert s.status.healthy or not spec.enabled, s.status.reason
            open_at = spec.user_spec.pin if spec.enabled else 0
            assert valves.open_at[spec.user_spec.unit] == open_at, path
        if not any(deed[0] == "deaf" for deed in done):  # whose action is given up in the end
            assert valves.at_once == []


QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=8, deadline=None, suppress_health_check=QUIET, derandomize=True)
@given(deeds)
def test_in_the_end_the_tree_is_what_was_declared_last(done: list[Deed]) -> None:
    play(done)


@pytest.mark.slow
@settings(max_examples=3000, deadline=None, suppress_health_check=QUIET)
@given(deeds)
def test_in_the_end_the_tree_is_what_was_declared_last_at_length(done: list[Deed]) -> None:
    play(done)
