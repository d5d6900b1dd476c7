"""How late a loop is, and what the built-in workers make of it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from fsmv2 import Resources, TemporaryError
from fsmv2.builtin.broker.broker_status import BrokerObserved
from fsmv2.builtin.broker.broker_worker import Broker, BrokerSpec
from fsmv2.builtin.connection import Connection, ConnectionSpec, History
from fsmv2.host.loop_lag import LoopLag


async def test_a_loop_that_is_held_up_is_late_and_then_forgets_it() -> None:
    loop_lag = LoopLag()
    assert loop_lag.seconds() == 0.0
    loop_lag.start(asyncio.get_running_loop())
    time.sleep(0.75)  # noqa: ASYNC251  (what this is about)
    assert 0.4 < loop_lag.seconds() < 3.0, "also before the loop comes round"
    async with asyncio.timeout(20):
        while loop_lag.seconds() > 0.1:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def resources(value: Any, late: float) -> Resources[Any]:
    return Resources("x", value, None, None, lambda _: None, lambda: late)


async def never(host: str, port: int, *, within: float) -> None:
    async with asyncio.timeout(within):
        await asyncio.Event().wait()


async def test_a_device_is_not_blamed_for_the_lateness_of_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A timeout while the loop is late is no answer about the device, and says so."""
    monkeypatch.setattr("fsmv2.builtin.connection.probe_tcp", never)
    spec = ConnectionSpec(host="127.0.0.1", port=1, timeout=0.05)
    seen = await Connection().collect_observed_state(spec, resources(History(), 0.0))
    assert not seen.reachable
    with pytest.raises(TemporaryError, match=r"this machine is too busy to look \(late by 2.0 s\)"):
        await Connection().collect_observed_state(spec, resources(History(), 2.0))


async def test_latency_is_told_without_our_own_lateness(monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(host: str, port: int, *, within: float) -> None:
        await asyncio.sleep(0.2)

    monkeypatch.setattr("fsmv2.builtin.connection.probe_tcp", slow)
    spec = ConnectionSpec(host="127.0.0.1", port=1, timeout=30, slow_ms=100)
    seen = await Connection().collect_observed_state(spec, resources(History(), 0.0))
    assert seen.slow
    seen = await Connection().collect_observed_state(spec, resources(History(), 20.0))
    assert (seen.reachable, seen.slow, seen.latency_ms) == (True, False, 0.0)


async def test_a_broker_is_not_blamed_either(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def unresponsive(config: Any) -> BrokerObserved:
        return BrokerObserved(status="unresponsive", reason="does not answer within 1 s")

    monkeypatch.setattr("fsmv2.builtin.broker.broker_worker.probe", unresponsive)
    spec = BrokerSpec(embedded=True, state_dir=str(tmp_path))
    seen = await Broker().collect_observed_state(spec, resources(None, 0.0))
    assert seen.status == "unresponsive"
    with pytest.raises(TemporaryError, match="too busy to ask"):
        await Broker().collect_observed_state(spec, resources(None, 1.0))
