"""The bridge's two checks: which flow is at fault, and when nothing can be said."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from snapshots import status

from fsmv2 import CheckResult, CheckView, ObservedState, healthy, unknown
from fsmv2.builtin.bridge import Bridge
from fsmv2.builtin.dataflow import DataFlowObserved
from fsmv2.worker.check import Fault, Subject

READS = {"running": True, "input_connected": True, "output_connected": True}


def view(
    *,
    device: str = "up",
    broker: str = "active",
    up_since: float = 1.0,
    looked_at: float = 29.0,
    lost_at: float = 20.0,
    **flows: dict[str, Any],
) -> CheckView:
    """Connection, broker and flows as a check sees them at 30 s."""

    def subject(
        state: str, phase: str, observed: ObservedState | None = None, since: float = 1.0
    ) -> Subject:
        found = msgspec.structs.replace(status(state, phase), since=since)
        return Subject(found, observed, looked_at)

    phase = "running" if device == "up" else "degraded"
    children = {"connection": subject(device, phase, since=up_since)}
    for name, seen in flows.items():
        well = seen.get("input_connected") and seen.get("output_connected")
        state, phase = ("active", "running") if well else ("degraded", "degraded")
        if not seen:
            state = phase = "stopped"
        children[name] = subject(state, phase, DataFlowObserved(**seen), lost_at)
    phase = "running" if broker == "active" else "failed"
    return CheckView(30.0, children, {"plant/broker": subject(broker, phase, since=up_since)})


def outcome(result: CheckResult) -> tuple[str, str]:
    """(at fault, reason)."""
    assert isinstance(result, Fault)
    assert result.affected == frozenset()
    return result.at_fault, result.reason


@pytest.mark.parametrize(
    ("check", "lost", "error", "flow"),
    [
        ("output_connected", "output_connected", "output_error", "dfc_read"),
        ("output_connected", "input_connected", "input_error", "dfc_write"),
        ("input_connected", "input_connected", "input_error", "dfc_read"),
        ("input_connected", "output_connected", "output_error", "dfc_write"),
    ],
)
def test_each_check_looks_at_the_right_end_of_each_flow(
    check: str, lost: str, error: str, flow: str
) -> None:
    """A flow to a device has the broker on its input side and the device on its output side."""
    flows = {"dfc_read": READS, "dfc_write": READS}
    flows[flow] = {**READS, lost: False, error: "because"}
    at_fault, reason = outcome(getattr(Bridge(), check)(view(**flows)))
    assert at_fault == flow
    assert reason.endswith(f"{flow} is not connected to it: because")
    other = "input_connected" if check == "output_connected" else "output_connected"
    assert getattr(Bridge(), other)(view(**flows)) == healthy()


def test_a_device_that_accepts_and_is_in_trouble_is_no_fault_of_a_flow() -> None:
    """H63: one that never answers is connected; its error makes the flow degraded, no more."""
    hung = {**READS, "input_error": "no answer within 1 s from unit 1"}
    assert Bridge().input_connected(view(dfc_read=hung)) == healthy()


def test_nothing_can_be_said_without_a_flow_or_its_other_side() -> None:
    """A stopped flow is no fault of anyone; one that runs is looked at all the same."""
    bridge, lost = Bridge(), {**READS, "input_connected": False, "output_connected": False}
    for check in (bridge.input_connected, bridge.output_connected):
        assert check(view()) == unknown(check(view()).reason)  # type: ignore[union-attr]
        assert check(view(dfc_read={}, dfc_write={})) == check(view())
        assert check(view(dfc_read=READS)) == healthy()
        assert outcome(check(view(dfc_read={}, dfc_write=lost)))[0] == "dfc_write"
    assert bridge.input_connected(view(device="down", dfc_write=lost)) != healthy()
    assert not isinstance(bridge.input_connected(view(device="down", dfc_write=lost)), Fault)
    assert not isinstance(bridge.output_connected(view(broker="crashed", dfc_read=lost)), Fault)


LOST = {**READS, "input_connected": False, "output_connected": False}
CHECKS = ["input_connected", "output_connected"]


@pytest.mark.parametrize("check", CHECKS)
def test_a_look_from_before_the_loss_proves_nothing(check: str) -> None:
    """The flow notices first that a device is gone: "the device answers" was a second ago."""
    asked = getattr(Bridge(), check)
    early = asked(view(dfc_read=LOST, looked_at=20.0, lost_at=20.0))
    assert early == unknown(early.reason, again_in=1.0)
    assert outcome(asked(view(dfc_read=LOST, looked_at=20.1, lost_at=20.0)))[0] == "dfc_read"


@pytest.mark.parametrize("check", CHECKS)
def test_a_flow_has_the_time_to_connect_again(check: str) -> None:
    """Or it would be restarted in the very moment in which it recovers by itself."""
    asked = getattr(Bridge(), check)
    early = asked(view(dfc_read=LOST, up_since=28.0))
    assert early == unknown(early.reason, again_in=3.0)
    assert outcome(asked(view(dfc_read=LOST, up_since=25.0)))[0] == "dfc_read"
