"""The bridge: for each situation of its parts, one state and one sentence."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from snapshots import ask, status

from fsmv2 import ChildStatus
from fsmv2.builtin.bridge import START_PATIENCE, Bridge, BridgeSpec
from fsmv2.worker import Goto, Stay

UP = status("up", "running", "10.0.0.5:502 answers", kind="connection")
DOWN = status("down", "degraded", "connection refused", kind="connection")
FLOWS = status("active", "running", "reads 8 tags every 0.5 s")
IDLE = status("idle", "running", "connected, but no sample lately")
SICK = status("degraded", "degraded", "no such address on the device")
BEGINS = status("starting", "starting", "connects its input")
BROKER = status("active", "running", "pid 7 answers", kind="broker")
CRASHED = status("crashed", "failed", "the server is gone", kind="broker")
RUNNING = ("idle", "active", "degraded_connection", "degraded_broker", "degraded_flow")
SPEC = BridgeSpec(connection={}, read={}, broker="plant/broker")


def situation(
    state: str,
    connection: ChildStatus = UP,
    flow: ChildStatus = FLOWS,
    broker: ChildStatus = BROKER,
    **more: Any,
) -> Any:
    """What the bridge does in `state` when its parts are so."""
    return ask(
        Bridge(),
        state,
        spec=more.pop("spec", SPEC),
        children={"connection": connection, "dfc_read": flow},
        dependencies={"plant/broker": broker},
        **more,
    )


@pytest.mark.parametrize("state", RUNNING)
@pytest.mark.parametrize(
    ("parts", "target", "reason"),
    [
        ({}, "active", "reads 8 tags"),
        ({"flow": IDLE}, "idle", "no sample lately"),
        ({"connection": DOWN}, "degraded_connection", "connection refused"),
        ({"connection": DOWN, "flow": SICK, "broker": CRASHED}, "degraded_connection", "refused"),
        ({"broker": CRASHED, "flow": SICK}, "degraded_broker", "the broker is crashed"),
        ({"flow": SICK}, "degraded_flow", "no such address"),
    ],
    ids=["well", "idle", "device", "all", "broker", "flow"],
)
def test_running_it_names_what_explains_the_rest(
    state: str, parts: dict[str, ChildStatus], target: str, reason: str
) -> None:
    """The device before the broker before the flow, from every running state."""
    answer = situation(state, **parts)
    if state == target:
        assert isinstance(answer, Stay)
    else:
        assert isinstance(answer, Goto)
        assert answer.state == target
    assert reason in answer.reason


def test_it_starts_with_connection_then_broker_then_flow() -> None:
    """Each step waits for its part, and says for what."""
    assert situation("stopped").state == "starting_connection"
    waits = situation("starting_connection", connection=DOWN)
    assert isinstance(waits, Stay)
    assert waits.reason == "waits for the device: connection refused"
    assert situation("starting_connection").state == "starting_broker"
    assert situation("starting_broker", broker=CRASHED).reason == (
        "waits for plant/broker: the server is gone"
    )
    assert situation("starting_broker").state == "starting_flow"
    assert "waits for the data flow" in situation("starting_flow", flow=BEGINS).reason
    assert situation("starting_flow").state == "active"
    assert situation("starting_flow", flow=IDLE).state == "idle"


def test_a_device_lost_while_starting_begins_the_start_again() -> None:
    """Whatever step it was in."""
    for state in ("starting_broker", "starting_flow"):
        assert situation(state, connection=DOWN).state == "starting_connection"


@pytest.mark.parametrize("state", ["starting_connection", "starting_broker", "starting_flow"])
def test_a_start_that_takes_too_long_is_called_failed_with_its_cause(state: str) -> None:
    """And not earlier."""
    parts = {"connection": DOWN} if state == "starting_connection" else {}
    parts |= {"broker": CRASHED} if state == "starting_broker" else {}
    parts |= {"flow": BEGINS} if state == "starting_flow" else {}
    early = situation(state, since=100 - START_PATIENCE + 1, **parts)
    assert isinstance(early, Stay)
    assert early.wake_after == pytest.approx(1)
    late = situation(state, since=100 - START_PATIENCE, **parts)
    assert late.state == "starting_failed"
    assert "not started within 15 s; waits for" in late.reason


def test_a_failed_start_goes_on_by_itself() -> None:
    """At once when everything flows, after the backoff when the device answers, never before."""
    assert situation("starting_failed").state == "active"
    waits = situation("starting_failed", flow=BEGINS, retry_at=104.0)
    assert isinstance(waits, Stay)
    assert waits.wake_after == pytest.approx(4)
    assert situation("starting_failed", flow=BEGINS, retry_at=100.0).state == "starting_connection"
    gone = situation("starting_failed", connection=DOWN, retry_at=0.0)
    assert gone == Stay("connection: connection refused")


@pytest.mark.parametrize("state", ["starting_flow", "starting_failed"])
def test_a_flow_that_runs_and_is_in_trouble_is_no_start_to_be_tried_again(state: str) -> None:
    """H63: a device that accepts and does not answer; to begin anew would mend nothing."""
    answer = situation(state, flow=SICK, retry_at=0.0)
    assert (answer.state, answer.reason) == (
        "degraded_flow",
        "dfc_read: no such address on the device",
    )


@pytest.mark.parametrize(
    "state",
    [*RUNNING, "starting_connection", "starting_broker", "starting_flow", "starting_failed"],
)
def test_every_state_stops(state: str) -> None:
    """Asked to stop, whatever its parts are."""
    assert situation(state, connection=DOWN, control="stopped").state == "stopping"


def test_stopping_waits_for_the_flow_and_never_turns_back() -> None:
    """The last samples are sent before the bridge is stopped; H28."""
    waits = situation("stopping", control="stopped")
    assert isinstance(waits, Stay)
    assert "waits for the data flow dfc_read to end" in waits.reason
    stopped = status("stopped", "stopped")
    assert situation("stopping", flow=stopped, control="active").state == "stopped"


def test_a_bridge_without_a_flow_is_idle_when_connected() -> None:
    """`read` may be left out."""
    spec = BridgeSpec(connection={}, read=None)
    assert situation("starting_flow", spec=spec).state == "idle"


BOTH = BridgeSpec(connection={}, read={}, write={}, broker="plant/broker")
HEARS = status("idle", "running", "waits for commands on cmd.v1.acme._write")
WRITES = status("active", "running", "writes what is asked for")


def both_ways(state: str, read: ChildStatus, write: ChildStatus | None, **more: Any) -> Any:
    """What a bridge with both flows does."""
    children = {"connection": UP, "dfc_read": read}
    if write is not None:
        children["dfc_write"] = write
    dependencies = {"plant/broker": BROKER}
    return ask(Bridge(), state, spec=BOTH, children=children, dependencies=dependencies, **more)


@pytest.mark.parametrize(
    ("read", "write", "target", "reason"),
    [
        (FLOWS, HEARS, "active", "reads 8 tags every 0.5 s"),
        (IDLE, WRITES, "active", "writes what is asked for"),
        (FLOWS, WRITES, "active", "reads 8 tags every 0.5 s; writes what is asked for"),
        (IDLE, HEARS, "idle", "no sample lately; waits for commands"),
        (FLOWS, SICK, "degraded_flow", "dfc_write: no such address"),
        (SICK, HEARS, "degraded_flow", "dfc_read: no such address"),
        (FLOWS, None, "degraded_flow", "dfc_write: it does not exist yet"),
    ],
)
def test_with_both_flows_data_moves_either_way_and_trouble_is_named(
    read: ChildStatus, write: ChildStatus | None, target: str, reason: str
) -> None:
    """Active when one of them is; degraded by whichever is in trouble."""
    state = "idle" if target != "idle" else "active"
    answer = both_ways(state, read, write)
    assert isinstance(answer, Goto)
    assert answer.state == target
    assert reason in answer.reason


def test_with_both_flows_start_and_stop_wait_for_each() -> None:
    """And say for which."""
    starting = status("starting", "starting", "connects its output")
    waits = both_ways("starting_flow", FLOWS, starting)
    assert "waits for the data flow dfc_write: connects its output" in waits.reason
    assert both_ways("starting_flow", FLOWS, HEARS).state == "active"
    stopped = status("stopped", "stopped")
    waits = both_ways("stopping", stopped, WRITES, control="stopped")
    assert "waits for the data flow dfc_write to end" in waits.reason
    assert both_ways("stopping", stopped, stopped, control="stopped").state == "stopped"


@pytest.mark.parametrize("state", ["active", "idle"])
def test_the_trouble_of_a_flow_is_held_back_while_its_cause_may_be_found(state: str) -> None:
    """A flow notices before the next look at the device does; at most a second, which is told."""
    sick = msgspec.structs.replace(SICK, since=99.4)
    held = situation(state, flow=sick)
    assert isinstance(held, Stay)
    assert held.reason == "dfc_read: no such address on the device; looks for the cause"
    assert held.wake_after == pytest.approx(0.4)
    assert situation(state, flow=sick, connection=DOWN).state == "degraded_connection"
    assert situation(state, flow=sick, broker=CRASHED).state == "degraded_broker"
    assert situation(state, flow=msgspec.structs.replace(SICK, since=99.0)).state == "degraded_flow"


@pytest.mark.parametrize(
    ("state", "back"),
    [
        ("degraded_connection", "the device answers"),
        ("degraded_broker", "the broker is active"),
    ],
)
def test_a_flow_is_not_blamed_for_a_cause_that_is_just_gone(state: str, back: str) -> None:
    """What it says of the device then is from before: "connection refused" by one that answers."""
    parts = {
        "connection": msgspec.structs.replace(UP, since=97.0),
        "broker": msgspec.structs.replace(BROKER, since=97.0),
    }
    waits = situation(state, flow=SICK, **parts)
    assert isinstance(waits, Stay)
    assert waits.reason == f"{back}; waits for dfc_read to reconnect"
    assert waits.wake_after == pytest.approx(2.0)
    assert situation(state, **parts).state == "active"
    parts = {name: msgspec.structs.replace(part, since=95.0) for name, part in parts.items()}
    assert situation(state, flow=SICK, **parts).state == "degraded_flow"


@pytest.mark.parametrize("state", ["starting_connection", *RUNNING])
def test_without_a_device_to_reach_nothing_is_asked_of_a_connection(state: str) -> None:
    """A flow that makes its values: there is no connection that could be up."""
    spec = BridgeSpec(read={}, broker="plant/broker")
    answer = ask(
        Bridge(),
        state,
        spec=spec,
        children={"dfc_read": FLOWS},
        dependencies={"plant/broker": BROKER},
    )
    if state == "starting_connection":
        assert answer == Goto("starting_broker", "there is no device to reach")
    else:
        assert getattr(answer, "state", state) == "active"
