"""The data flow worker: starts, follows and ends one flow of the engine."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from snapshots import ask, status

from fsmv2 import ChildStatus, Resources, SpecError
from fsmv2.builtin.dataflow import DataFlow, DataFlowObserved, DataFlowSpec
from fsmv2.flow import (
    AsyncioEngine,
    CommandInput,
    FlowStats,
    ModbusInput,
    ModbusOutput,
    Register,
    UnsOutput,
    WriteConfig,
    WriteRegister,
)
from fsmv2.worker import Act, Goto, Stay
from fsmv2.worker.snapshot import ActionResult, Outcome

SPEC = DataFlowSpec(
    input=ModbusInput(address="10.0.0.5", registers=(Register(name="speed", address=0),)),
    output=UnsOutput(url="nats://127.0.0.1:1", location_path="acme"),
)
WELL = DataFlowObserved(running=True, input_connected=True, output_connected=True, moving=True)


TO_DEVICE = DataFlowSpec(
    input=CommandInput(url="nats://127.0.0.1:1", subject="cmd.v1.acme._write"),
    output=ModbusOutput(address="10.0.0.5", registers=(WriteRegister(name="speed", address=0),)),
)


def situation(state: str, *, control: str = "active", since: float = 0.0, **seen: Any) -> Any:
    """What it does in `state` when the engine says this."""
    observed = msgspec.structs.replace(WELL, **seen)
    worker = DataFlow(AsyncioEngine())
    return ask(worker, state, spec=SPEC, observed=observed, control=control, since=since)


@pytest.mark.parametrize("state", ["active", "idle", "degraded"])
@pytest.mark.parametrize(
    ("seen", "target", "reason"),
    [
        ({}, "active", "reads 1 tag every 1 s"),
        ({"moving": False}, "idle", "no sample lately"),
        (
            {"input_connected": False, "input_error": "refused"},
            "degraded",
            "input is not connected",
        ),
        ({"output_connected": False}, "degraded", "the output is not connected"),
        ({"input_error": "speed: no such address"}, "degraded", "speed: no such address"),
        ({"running": False}, "starting", "no longer running"),
        ({"current": False}, "starting", "its config changed"),
    ],
    ids=["well", "idle", "input", "output", "errors", "gone", "changed"],
)
def test_running_it_follows_the_engine(
    state: str, seen: dict[str, Any], target: str, reason: str
) -> None:
    """From every running state to the one the figures call for."""
    answer = situation(state, **seen)
    if target == state:
        assert isinstance(answer, Stay)
    else:
        assert isinstance(answer, Goto)
        assert answer.state == target
    assert reason in answer.reason


def rate_of(measured: float | None, took: float | None, users: int = 1) -> tuple[Any, str]:
    """What is made of these figures of a flow that is to read every 0.5 s."""
    from fsmv2.builtin.dataflow import _rate
    from fsmv2.flow import FlowStats

    stats: Any = msgspec.structs.replace(
        FlowStats(
            running=True,
            started_at=0.0,
            input_connected=True,
            output_connected=True,
            input_error="",
            output_error="",
            polls_total=9,
            skipped_polls_total=9,
            accepted_total=9,
            acked_total=9,
            errors_total=0,
            messages_per_second=1.0,
            errors_per_second=0.0,
            last_message_ms=None,
            queue_depth=0,
        ),
        measured_every=measured,
        poll_seconds=took,
        device_users=users,
    )
    return _rate(0.5, stats)


def test_what_is_shown_is_how_often_it_is_really_read() -> None:
    """And who is to blame for the difference, and with whom the device is shared."""
    assert rate_of(None, None) == (None, "")
    assert rate_of(0.52, 0.1) == (None, "")
    assert rate_of(2.004, 1.81) == (2.0, "the device is too slow for 0.5 s")
    assert rate_of(1.0, 0.02) == (1.0, "this machine is too busy for 0.5 s")
    shared = (1.5, "the device is too slow for 0.5 s, and 8 data flows share it")
    assert rate_of(1.5, 1.2, users=8) == shared
    answer = situation("active", reads_every=2.0, too_slow="the device is too slow for 0.5 s")
    assert answer.reason == "reads 1 tag every 2 s; the device is too slow for 0.5 s"


def test_starting_asks_for_the_flow_then_gives_it_time_to_connect() -> None:
    """An idle machine and one that connects slowly are no faults."""
    asked = situation("starting", running=False)
    assert isinstance(asked, Act)
    assert asked.action == "start_flow"
    waits = situation("starting", since=98.0, input_connected=False)
    assert waits == Stay("connects its input", wake_after=3.0)
    assert situation("starting", since=95.0, input_connected=False).state == "degraded"
    assert situation("starting").state == "active"


def test_a_flow_that_cannot_be_started_says_why_while_it_is_tried_again() -> None:
    """Such as one whose commands another flow hears already."""
    failed = ActionResult("start_flow", Outcome.FAILED, 90.0, "commands are taken by plant/one")
    unseen = DataFlowObserved()
    worker = DataFlow(AsyncioEngine())
    asked = ask(worker, "starting", spec=SPEC, observed=unseen, last_action=failed)
    assert isinstance(asked, Act)
    assert asked.action == "start_flow"
    assert asked.reason == ("the engine could not start the flow: commands are taken by plant/one")


def test_it_stops_by_ending_the_flow() -> None:
    """Stopped only when the engine has none of it any more."""
    assert situation("active", control="stopped").state == "stopping"
    ends = situation("stopping", control="stopped")
    assert isinstance(ends, Act)
    assert ends.action == "stop_flow"
    assert situation("stopping", control="stopped", running=False).state == "stopped"
    assert situation("stopped", control="stopped").state == "stopping"


def test_the_desired_config_is_named_after_the_path() -> None:
    """The engine knows a flow by the path of its worker."""
    from fsmv2 import VariableBundle

    spec = msgspec.structs.replace(SPEC, variables=VariableBundle(internal={"id": "plant/f/dfc"}))
    desired = DataFlow(AsyncioEngine()).derive_desired_state(spec, None)
    assert desired.config.name == "plant/f/dfc"
    assert desired.config.input == SPEC.input


@pytest.mark.parametrize(
    ("seen", "target", "reason"),
    [
        ({}, "active", "writes what is asked for on cmd.v1.acme._write"),
        ({"moving": False}, "idle", "waits for commands on cmd.v1.acme._write"),
        ({"failing": "speed: no answer"}, "degraded", "the last write failed: speed: no answer"),
        ({"output_connected": False, "output_error": "refused"}, "degraded", "output is not"),
        ({"output_error": "hangs up"}, "degraded", "hangs up"),
        ({"input_connected": False}, "degraded", "the input is not connected"),
    ],
    ids=["writes", "waits", "failing", "device", "hangs up", "broker"],
)
def test_a_flow_to_a_device_has_the_same_states_and_reasons_of_its_own(
    seen: dict[str, Any], target: str, reason: str
) -> None:
    """A refused command is its sender's trouble; a failed one is the flow's for a while."""
    observed = msgspec.structs.replace(WELL, **seen)
    worker = DataFlow(AsyncioEngine())
    answer = ask(worker, "starting", spec=TO_DEVICE, observed=observed, since=0.0)
    assert isinstance(answer, Goto)
    assert answer.state == target
    assert reason in answer.reason


def test_the_ends_of_a_flow_must_fit_each_other() -> None:
    """From a device into the namespace, or from commands to a device; and it survives JSON."""
    from fsmv2 import VariableBundle

    named = VariableBundle(internal={"id": "plant/f/dfc_write"})
    worker = DataFlow(AsyncioEngine())
    spec = msgspec.structs.replace(TO_DEVICE, variables=named)
    config = worker.derive_desired_state(spec, None).config
    assert config == WriteConfig(
        name="plant/f/dfc_write",
        input=TO_DEVICE.input,  # type: ignore[arg-type]
        output=TO_DEVICE.output,  # type: ignore[arg-type]
    )
    data = msgspec.json.encode(TO_DEVICE)
    assert msgspec.json.decode(data, type=DataFlowSpec) == TO_DEVICE
    crossed = msgspec.structs.replace(spec, output=SPEC.output)
    with pytest.raises(SpecError, match="not from CommandInput to UnsOutput"):
        worker.derive_desired_state(crossed, None)


@pytest.mark.parametrize(
    ("reads", "asks_me", "current"),
    [(False, False, False), (False, True, True), (True, False, True)],
)
async def test_h76_a_writing_flow_that_another_instance_started_is_taken_over(
    reads: bool, asks_me: bool, current: bool
) -> None:
    """It would go on asking that instance whether it may write, and refuse everything."""
    from fsmv2 import VariableBundle

    named = VariableBundle(internal={"id": "x"})
    spec = msgspec.structs.replace(SPEC if reads else TO_DEVICE, variables=named)
    config = DataFlow(AsyncioEngine()).derive_desired_state(spec, None).config

    def before() -> str:
        return "it is no longer supervised"

    def mine() -> str:
        return ""

    engine: Any = SimpleNamespace(
        stats=lambda _: SimpleNamespace(
            **{**dict.fromkeys(FlowStats.__struct_fields__, 0), "writes": None}
        ),
        config=lambda _: config,
        refusal=lambda _: mine if asks_me else before,
    )
    given = Resources("x", None, config, None, lambda _: None, refusal=mine)
    seen = await DataFlow(engine).collect_observed_state(spec, given)
    assert seen.current is current


def test_while_its_bridge_waits_for_something_it_says_for_what() -> None:
    """Nobody asked it to be stopped, as a person would take that word."""

    def stopped(**dependencies: ChildStatus) -> str:
        paths = {f"plant/filler/{name}": one for name, one in dependencies.items()}
        return ask(
            DataFlow(SimpleNamespace()), "stopped", spec=SPEC, control="stopped", dependencies=paths
        ).reason  # type: ignore[arg-type]

    down = status("down", "degraded", "connection refused", kind="connection")
    up = status("up", "running", "answers", kind="connection")
    crashed = status("crashed", "failed", "the server is gone", kind="broker")
    assert (
        stopped(connection=down, broker=crashed) == "waits for the connection: connection refused"
    )
    assert stopped(connection=up, broker=crashed) == "waits for the broker: the server is gone"
    assert stopped(connection=up) == "asked to be stopped"
    assert stopped(connection=status("stopped", "stopped")) == "asked to be stopped"
