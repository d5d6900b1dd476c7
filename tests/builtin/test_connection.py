"""The connection worker: up, degraded, down, by really connecting."""

from __future__ import annotations

import socket

import pytest
from snapshots import ask

from fsmv2 import ChildSpec, WorkerFactory
from fsmv2.builtin.connection import Connection, ConnectionObserved, ConnectionSpec, History
from fsmv2.runtime import Runtime
from fsmv2.worker import Goto, Stay


def test_changes_are_counted_within_the_window_only() -> None:
    """Flap detection forgets after a minute."""
    history = History()
    assert [history.note(up, now) for now, up in enumerate([True, False, True, False, True])] == [
        0,
        1,
        2,
        3,
        4,
    ]
    assert history.note(True, 62.5) == 2
    assert history.note(True, 200.0) == 0


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
        await tree.until(lambda t: t["plc"].state == "up", timeout=5)
        listener.close()
        view = await tree.until(lambda t: t["plc"].state == "down", timeout=5)
        assert "connection refused" in view["plc"].reason
        with socket.create_server(("127.0.0.1", port), backlog=100):
            view = await tree.until(lambda t: t["plc"].state == "up", timeout=5)
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
        view = await tree.until(lambda t: t["plc"].state == "down", timeout=5)
        assert "no answer from" in view["plc"].reason
        assert "within 0.3 s" in view["plc"].reason
    for filler in (*fillers, silent):
        filler.close()
