"""The connection worker: up, degraded, down, by really connecting."""

from __future__ import annotations

import math
import socket
from types import SimpleNamespace
from typing import Any

import pytest
from snapshots import ask

from fsmv2 import ChildSpec, TemporaryError, WorkerFactory
from fsmv2.builtin.connection import Connection, ConnectionObserved, ConnectionSpec, History
from fsmv2.flow import AsyncioEngine, DeviceStatus
from fsmv2.runtime import Runtime
from fsmv2.worker import Goto, Stay


def test_changes_are_counted_within_the_window_only() -> None:
    """Flap detection forgets after a minute."""
    history = History()
    assert [history.add(up, now) for now, up in enumerate([True, False, True, False, True])] == [
        0,
        1,
        2,
        3,
        4,
    ]
    assert history.add(True, 62.5) == 2
    assert history.add(True, 200.0) == 0


@pytest.mark.parametrize(
    ("seen", "target", "reason"),
    [
        (ConnectionObserved(reachable=True), "up", "10.0.0.5:502 answers"),
        (ConnectionObserved(error="connection refused"), "down", "connection refused"),
        (ConnectionObserved(reachable=True, changes=4), "degraded", "flaps: 4 changes within 60 s"),
        (ConnectionObserved(reachable=True, slow=True), "degraded", "slower than 500 ms"),
    ],
    ids=["up", "down", "flaps", "slow"],
)
@pytest.mark.parametrize("state", ["connecting", "up", "degraded", "down"])
def test_each_look_calls_for_one_state(
    state: str, seen: ConnectionObserved, target: str, reason: str
) -> None:
    """From wherever it is."""
    spec = ConnectionSpec(host="10.0.0.5", port=502)
    answer = ask(Connection(), state, spec=spec, observed=seen, control="up")
    assert isinstance(answer, Stay if state == target else Goto)
    assert isinstance(answer, Stay) or answer.state == target
    assert reason in answer.reason


async def test_it_follows_a_real_listener() -> None:
    """Up while something listens, down with the reason when nothing does; never restarted."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=100)  # accepted by the kernel
    port = listener.getsockname()[1]
    factory = WorkerFactory()
    factory.register(Connection)
    root = ChildSpec("plc", "connection", ConnectionSpec(host="127.0.0.1", port=port))
    async with Runtime(root, factory, seed=1) as tree:
        await tree.until(lambda t: t["plc"].state == "up", timeout=200)
        listener.close()
        view = await tree.until(lambda t: t["plc"].state == "down", timeout=200)
        assert "connection refused" in view["plc"].reason
        with socket.create_server(("127.0.0.1", port), backlog=100):
            view = await tree.until(lambda t: t["plc"].state == "up", timeout=200)
            assert view["plc"].incarnation == 1


async def test_an_address_nobody_answers_at_is_down_within_the_timeout() -> None:
    """A port that accepts nothing: its backlog is full."""
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen(0)
    port = silent.getsockname()[1]
    fillers = []
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(("127.0.0.1", port))
        fillers.append(filler)
    factory = WorkerFactory()
    factory.register(Connection)
    spec = ConnectionSpec(host="127.0.0.1", port=port, timeout=0.3)
    async with Runtime(ChildSpec("plc", "connection", spec), factory, seed=1) as tree:
        view = await tree.until(lambda t: t["plc"].state == "down", timeout=200)
        assert "no answer from" in view["plc"].reason
        assert "within 0.3 s" in view["plc"].reason
    for filler in (*fillers, silent):
        filler.close()


class Flows(AsyncioEngine):
    """An engine whose flows know this of any device."""

    def __init__(self, status: DeviceStatus | None) -> None:
        super().__init__()
        self.status = status

    def device(self, host: str, port: int) -> DeviceStatus | None:
        """What a test wants them to know."""
        return self.status


def told(**known: object) -> DeviceStatus:
    """Of a flow that is connected and gets answers, but for what is given."""
    well: dict[str, object] = {
        "connected": True,
        "connecting": False,
        "reached": True,
        "answers": True,
        "error": "",
        "attempted_at": math.inf,  # lately, however busy this machine is
        "latency_ms": 3.0,
    }
    return DeviceStatus(**(well | known))  # type: ignore[arg-type]


async def look(status: DeviceStatus | None, port: int = 1) -> ConnectionObserved:
    """One look of the worker."""
    worker = Connection(Flows(status))
    spec = ConnectionSpec(host="127.0.0.1", port=port)
    around: Any = SimpleNamespace(value=History(), late=lambda: 0.0)
    return await worker.collect_observed_state(spec, around)


@pytest.mark.parametrize(
    ("status", "proof", "error"),
    [
        (told(), "answers", ""),
        (told(answers=False), "connected", ""),
        (told(connected=False), "answers", ""),
        (
            told(connected=False, reached=False, error="connection refused", answers=False),
            "failed",
            "127.0.0.1:1: connection refused",
        ),
    ],
)
async def test_h73_what_happens_to_a_flow_is_the_proof_and_no_probe_runs_beside_it(
    status: DeviceStatus, proof: str, error: str
) -> None:
    """Nothing listens on that port: a probe would say so."""
    seen = await look(status)
    assert (seen.proof, seen.error, seen.reachable) == (proof, error, not error)


@pytest.mark.parametrize(
    "status",
    [None, told(connected=False, attempted_at=-1000.0), told(connected=False, reached=None)],
    ids=["no flow", "long ago", "never tried"],
)
async def test_it_looks_itself_only_when_no_flow_has_anything_to_tell(
    status: DeviceStatus | None,
) -> None:
    seen = await look(status)
    assert seen.proof == "probe"
    assert "connection refused" in seen.error


@pytest.mark.parametrize(
    ("status", "slow"),
    [
        (told(latency_ms=499.0), False),
        (told(latency_ms=501.0), True),
        (told(latency_ms=501.0, answers=False), False),
    ],
    ids=["fast", "slow", "a connect that took long, of which nothing follows for its answers"],
)
async def test_a_device_is_slow_by_its_answers(status: DeviceStatus, slow: bool) -> None:
    seen = await look(status)
    assert (seen.slow, seen.latency_ms) == (slow, status.latency_ms)


async def test_a_flow_that_is_just_connecting_is_waited_for() -> None:
    with pytest.raises(TemporaryError, match="a data flow is connecting"):
        await look(told(connected=False, connecting=True, reached=None))


@pytest.mark.parametrize(
    ("proof", "reason"),
    [
        ("answers", "answers: a data flow is connected to it"),
        ("connected", "accepts our connection, and has answered nothing on it yet"),
        ("probe", "answers: it accepted a test connection"),
    ],
)
def test_the_reason_says_which_proof_it_is(proof: str, reason: str) -> None:
    observed = ConnectionObserved(reachable=True, proof=proof)  # type: ignore[arg-type]
    spec = ConnectionSpec(host="10.0.0.5", port=502)
    answer = ask(Connection(), "up", spec=spec, observed=observed, control="up")
    assert answer.reason == f"10.0.0.5:502 {reason}"
