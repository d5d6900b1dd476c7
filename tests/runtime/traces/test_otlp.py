"""A tree sends what it decides to a real receiver, which finds what led to what."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, ClassVar

import pytest

from fsmv2 import (
    ChildSpec,
    DesiredState,
    ObservedState,
    Runtime,
    UserSpec,
    VariableBundle,
    Worker,
    WorkerFactory,
    act,
    action,
    goto,
    render_template,
    state,
    stay,
)
from fsmv2.core import Report
from fsmv2.operate import open_tree
from fsmv2.runtime.traces import open_traces
from fsmv2.runtime.traces.otlp import OtlpSender
from otlp_receiver import attributes, links, receiving


class MotorSpec(UserSpec):
    speed: int = 0


class Turns(ObservedState):
    speed: int = 0


class Line(Worker[UserSpec, ObservedState]):
    """Has one motor, at the speed of its variable."""

    update_policy = "in_place"

    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        speed = int(render_template("{{ .SPEED }}", spec.variables))
        return DesiredState("running", (ChildSpec("motor", "motor", MotorSpec(speed=speed)),))

    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> ObservedState:
        return ObservedState()

    @state("stopped", to="running")
    def stopped(self, s: Any) -> Any:
        return stay("off") if s.should_stop else goto(self.running, "asked to run")

    @state("running", to="stopped")
    def running(self, s: Any) -> Any:
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("on")


class Motor(Worker[MotorSpec, Turns]):
    """Is set to its speed, and takes a moment."""

    update_policy = "in_place"
    interval = 0.2
    speed: ClassVar[int] = 0

    def derive_desired_state(self, spec: MotorSpec, previous_observed: Any) -> DesiredState:
        return DesiredState("running", config=spec.speed)

    async def collect_observed_state(self, spec: MotorSpec, resources: Any) -> Turns:
        return Turns(speed=Motor.speed)

    @action(timeout=30)
    async def turn(self, spec: MotorSpec, resources: Any) -> None:
        await asyncio.sleep(0.3)
        Motor.speed = spec.speed

    @state("stopped", to="adjusting")
    def stopped(self, s: Any) -> Any:
        return stay("off") if s.should_stop else goto(self.adjusting, "asked to run")

    @state("starting", to="running stopped")
    def adjusting(self, s: Any) -> Any:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        if s.observed.speed == s.spec.speed:
            return goto(self.running, "at its speed\x1b[2J\nnext line")
        return act(self.turn, f"turns at {s.observed.speed}")

    @state("running", to="adjusting stopped")
    def running(self, s: Any) -> Any:
        if s.should_stop or s.observed.speed != s.spec.speed:
            return goto(self.adjusting, "to have another speed")
        return stay("turns")


def factory() -> WorkerFactory:
    found = WorkerFactory()
    found.register(Line)
    found.register(Motor)
    Motor.speed = 0
    return found


ROOT = ChildSpec("line", "line", UserSpec(variables=VariableBundle({"SPEED": 5})))


def turning(speed: int) -> Any:
    def done(view: Any) -> bool:
        motor = view.get("line/motor")
        return motor is not None and motor.state == "running" and Motor.speed == speed

    return done


async def test_from_a_changed_variable_to_what_is_seen_then_through_links_and_parents() -> None:
    with receiving() as receiver:
        traces = open_traces(receiver.url)
        async with Runtime(ROOT, factory(), traces=traces) as tree:
            await tree.until(turning(5), timeout=200)
            tree.set_variable("line", "SPEED", 7, who="a test")
            await tree.until(turning(7), timeout=200)
        by_id = {span.span_id: span for span in receiver.spans}
        assert len(by_id) == len(receiver.spans), "each was sent once"

        # A variable of the line changed, and so its child: derive and reconcile are in one tick.
        changed = next(one for one in receiver.of(path="line", kind="tick") if _asked(one))
        said = attributes(changed)
        assert (said["fsmv2.cause.kinds"], said["fsmv2.worker_type"]) == (["command"], "line")
        assert changed.name == "tick line"
        assert [event.name for event in changed.events] == ["derive", "reconcile"]
        derive, reconcile = map(attributes, changed.events)
        assert derive == {"fsmv2.changed": ["variables"]}
        assert reconcile == {"fsmv2.children.updated": 1}

        # The motor derives because of that, and asks for an action, at once or when it has looked.
        ticks = receiver.of(path="line/motor", kind="tick")
        derived = next(one for one in ticks if changed.span_id in links(one))
        assert attributes(derived.events[0]) == {"fsmv2.changed": ["variables", "config"]} or (
            attributes(derived.events[0]) == {"fsmv2.changed": ["config"]}
        )
        actions = receiver.of(path="line/motor", kind="action")
        action_ = actions[-1]
        asked = by_id[action_.parent_span_id]
        assert "action turn" in attributes(asked)["fsmv2.decisions"]
        assert derived.span_id == asked.span_id or derived.span_id in _before(asked, by_id)
        assert attributes(action_)["fsmv2.outcome"] == "succeeded"
        assert action_.end_time_unix_nano - action_.start_time_unix_nano >= 250_000_000
        assert asked.end_time_unix_nano < action_.end_time_unix_nano, "which holds no tick open"

        # What is seen after it is its child, and what the next tick decided by.
        observation = next(
            one
            for one in receiver.of(path="line/motor", kind="observation")
            if one.parent_span_id == action_.span_id
        )
        assert observation.trace_id == action_.trace_id == asked.trace_id
        decided = next(one for one in ticks if observation.span_id in links(one))
        said = attributes(decided)
        assert (said["fsmv2.state.from"], said["fsmv2.state.to"]) == ("adjusting", "running")
        assert said["fsmv2.incarnation"] == 1
        assert any("at its speed\\x1b[2J\\nnext" in one for one in said["fsmv2.decisions"])
        assert {action_.span_id, changed.span_id} <= _before(decided, by_id)
        assert receiver.resource["service.name"] == "fsmv2"
        texts = [str(value) for span in receiver.spans for value in attributes(span).values()]
        assert all(text.isprintable() for text in texts)

        # No trace goes on for as long as the tree: a tick begins one, or stands alone.
        assert all(not one.parent_span_id for one in receiver.of(kind="tick"))
        for span in receiver.spans:
            assert links(span) <= set(by_id), "what is linked to has been sent"


def _asked(span: Any) -> bool:
    return any("SPEED set" in cause for cause in attributes(span)["fsmv2.causes"])


def _before(span: Any, by_id: dict[bytes, Any]) -> set[bytes]:
    """All spans that a span is reached from."""
    found: set[bytes] = set()
    left = [span]
    while left:
        one = left.pop()
        for id_ in links(one) | {one.parent_span_id} - {b""}:
            if id_ not in found:
                found.add(id_)
                left.append(by_id[id_])
    return found


async def test_a_receiver_that_hangs_delays_no_tick_and_is_told_of_once() -> None:
    reports: list[Report] = []

    def told() -> list[str]:
        return [one.text for one in reports if one.kind == "traces"]

    with receiving() as receiver:
        receiver.hang.clear()
        traces = open_traces(receiver.url)
        assert traces is not None
        traces._most = 3
        async with Runtime(ROOT, factory(), traces=traces, listener=reports.append) as tree:
            await tree.until(turning(5), timeout=200)
            assert await asyncio.to_thread(receiver.until, lambda: receiver.asked > 0)
            for speed in (7, 9):
                tree.set_variable("line", "SPEED", speed)
                await tree.until(turning(speed), timeout=200)
            assert len(traces._queue) <= 3
            assert not receiver.spans
            receiver.hang.set()
            assert await asyncio.to_thread(receiver.until, lambda: bool(told()))
        assert receiver.spans
    (text,) = told()
    assert text.startswith(f"{traces.dropped} spans for {receiver.url}/v1/traces were dropped, as")


async def test_one_that_is_not_there_is_told_of_with_why_and_what_was_dropped() -> None:
    reports: list[Report] = []
    traces = open_traces("http://127.0.0.1:1")
    async with Runtime(ROOT, factory(), traces=traces, listener=reports.append) as tree:
        await tree.until(turning(5), timeout=200)
    told = [r.text for r in reports if r.kind == "traces"]
    assert traces is not None
    assert traces.dropped > 0
    sender = traces._sender
    assert isinstance(sender, OtlpSender)
    assert "refused" in await asyncio.to_thread(sent_within, sender, 1.5)
    assert f"{traces.dropped} spans for http://127.0.0.1:1/v1/traces were dropped" in told[-1]
    assert "up to the end" in told[-1]


def sent_within(sender: OtlpSender, seconds: float) -> str:
    """What a sender says that gives up after so long."""
    return OtlpSender(sender.where, timeout=seconds).send([])


DOCUMENT = """
agent: {name: edge}
broker: {url: "nats://127.0.0.1:1"}
"""


@pytest.mark.parametrize("by", ["the document", "the environment"])
async def test_it_is_switched_on_by(
    by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = tmp_path / "plant.yaml"
    with receiving() as receiver:
        text = DOCUMENT
        if by == "the document":
            text += f"traces: {{endpoint: {receiver.url}}}\n"
        else:
            monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
            monkeypatch.setenv("OTEL_SERVICE_NAME", "bottling")
        await asyncio.to_thread(document.write_text, text)
        async with open_tree(document, state_dir=tmp_path / "state") as tree:
            await tree.until(lambda view: view.get("edge/broker") is not None, timeout=200)
        assert receiver.of(path="edge", kind="tick")
        named = "fsmv2" if by == "the document" else "bottling"
        assert receiver.resource["service.name"] == named
