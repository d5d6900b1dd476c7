"""What is a span, and what it is linked to; on a virtual clock, in order."""

from __future__ import annotations

import msgspec
from lamp_tree import World, device, group, simulate

from fsmv2 import EngineSettings, PermanentError
from fsmv2.core import Cause, Report
from fsmv2.runtime.log.log_levels import LogLevels
from fsmv2.runtime.traces import core_traces
from fsmv2.runtime.traces.core_traces import CoreTraces
from fsmv2.runtime.traces.span import Span, SpanRef
from fsmv2.testing import Simulation


def traced(sim: Simulation) -> list[Span]:
    """What it sends from now on."""
    spans: list[Span] = []
    sim.core.log = CoreTraces(
        LogLevels("error"),
        lambda _: None,
        spans.append,
        clock=lambda: round(1e9 * sim.core.wall()),
    )
    return spans


def before(span: Span, spans: list[Span]) -> list[Span]:
    """All that led to a span, by links and parents."""
    by_ref = {one.ref.span: one for one in spans}
    found: dict[int, Span] = {}
    left = [span]
    while left:
        one = left.pop()
        for number in (*(ref.span for ref in one.links), one.parent):
            if number and number not in found:
                found[number] = by_ref[number]
                left.append(by_ref[number])
    return list(found.values())


def of(spans: list[Span], path: str, kind: str = "tick") -> list[Span]:
    return [one for one in spans if one.attributes["fsmv2.path"] == path and one.kind == kind]


def decided(span: Span) -> str:
    return " ".join(map(str, span.attributes.get("fsmv2.decisions", ())))  # type: ignore[arg-type]


def test_a_quiet_tree_has_no_spans_and_each_has_decided_something() -> None:
    with simulate(World(), group("g", device("a"))) as sim:
        spans = traced(sim)
        sim.run(20)
        for one in of(spans, "g") + of(spans, "g/a"):
            assert one.attributes["fsmv2.decisions"] or one.events
        ticks = sim.core.counters.ticks
        spans.clear()
        sim.run(600)
        assert sim.core.counters.ticks > ticks
        assert not spans


def test_a_new_instance_is_linked_to_the_change_that_asked_for_it() -> None:
    """By way of a timer, a stop and the end of its tasks."""
    with simulate(World(), group("g", device("a", user={"X": 1}, template="{{ .X }}"))) as sim:
        spans = traced(sim)
        sim.run(20)
        spans.clear()
        sim.declare(group("g", device("a", user={"X": 2}, template="{{ .X }}")))
        sim.run(60)
        changed = next(one for one in of(spans, "g") if one.events)
        assert dict(changed.events)["reconcile"] in (
            {"fsmv2.children.recreated": 1},
            {"fsmv2.children.updated": 1},
        )
        up = next(
            one
            for one in of(spans, "g/a")
            if one.attributes["fsmv2.incarnation"] == 2 and "goto" in decided(one)
        )
        assert changed in before(up, spans)


def test_links_lead_past_a_tick_that_decided_nothing() -> None:
    with simulate(World(), group("g", device("a"))) as sim:
        spans = traced(sim)
        sim.run(20)
        traces, s = sim.core.log, sim.core.root
        assert traces is not None
        assert s is not None
        tick = next(one.ref.span for one in reversed(spans) if one.kind == "tick")
        for number, decisions in ((10_001, []), (10_002, []), (10_003, ["goto up: why"])):
            traces.ticking(s)
            traces.ticked(s, (Cause("status", "", tick), Cause("timer")), decisions, number)
            tick = number
        assert spans[-1].ref == SpanRef(10_003, 10_003)
        assert [ref.span for ref in spans[-1].links] == [
            next(one.ref.span for one in reversed(spans[:-1]) if one.kind == "tick")
        ]
        known = {one.ref for one in spans}
        assert all(set(one.links) <= known for one in spans)


def test_an_action_that_fails_and_one_that_nobody_waits_for_are_errors() -> None:
    world = World()
    world.act["g/a"] = PermanentError("dead")
    world.deaf.add("g/b")
    world.slow["g/b"] = 1.0
    with simulate(world, group("g", device("a"), device("b"))) as sim:
        spans = traced(sim)
        sim.run(300)
    failed = of(spans, "g/a", "action")[0]
    assert (failed.attributes["fsmv2.outcome"], failed.error) == ("failed", "dead")
    assert failed.parent == failed.ref.trace
    lost = of(spans, "g/b", "action")
    assert any(one.error for one in lost)
    assert all(one.ended >= one.began for one in spans)


def test_a_tree_does_the_same_with_traces_as_without() -> None:
    def lived(*, on: bool) -> tuple[list[Report], int]:
        world = World()
        world.act["g/a"] = PermanentError("dead")
        world.broken["inside"] = "b"
        root = group("g", device("a"), device("b", user={"X": 1}, template="{{ .X }}"))
        with simulate(world, root, settings=EngineSettings(resync=5.0)) as sim:
            spans = traced(sim) if on else []
            sim.run(100)
            sim.stop()
            assert bool(spans) is on
            reports = [msgspec.structs.replace(one, event=None) for one in sim.reports]
            return reports, sim.core.counters.ticks

    assert lived(on=True) == lived(on=False)


def test_what_is_remembered_is_bounded() -> None:
    with simulate(World(), group("g", *[device(f"d{n}") for n in range(20)])) as sim:
        spans = traced(sim)
        traces = sim.core.log
        assert isinstance(traces, CoreTraces)
        kept, paths = core_traces.KEPT, core_traces.PATHS_KEPT
        core_traces.KEPT, core_traces.PATHS_KEPT = 5, 3
        try:
            sim.run(30)
        finally:
            core_traces.KEPT, core_traces.PATHS_KEPT = kept, paths
        assert len(traces._known) <= 5
        assert len(traces._newest) <= 3
        assert len(traces._last) <= 5
        assert not traces._actions
        assert {SpanRef} == {type(one.ref) for one in spans}
