"""Collections: pushed values, and ones that end themselves."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from client_worker import Client, Seen, run

from fsmv2 import EngineSettings
from fsmv2.core.contract.settings import TypeSettings
from fsmv2.runtime.collector_services import CollectorServices


@pytest.fixture
def client() -> Client:
    return Client()


def test_what_is_pushed_is_taken_at_once_and_after_the_release_no_more(client: Client) -> None:
    with run(client) as sim:
        sim.run(1)
        client.push(Seen(value=7))
        sim.run(0)
        assert sim["c"].reason == "sees 7"
        sim.stop()
        dropped = sim.core.counters.dropped
        client.push(Seen(value=8))
        sim.run(1)
        assert sim.core.counters.dropped == dropped


def test_a_collection_cancelled_from_inside_is_an_answer(client: Client) -> None:
    async def cancelled(spec: Any, resources: Any) -> Seen:
        raise asyncio.CancelledError

    client.collect_observed_state = cancelled  # type: ignore[method-assign]
    with run(client) as sim:
        sim.run(30)
        assert sim["c"].fresh
        assert sim["c"].reason == "CancelledError"


@pytest.mark.parametrize(
    ("interval", "late", "looks"),
    [(1.0, 0.0, 60), (1.0, 0.3, 15), (2.0, 0.3, 15), (0.5, 0.3, 30), (10.0, 0.3, 6)],
)
def test_while_the_loop_is_late_workers_are_looked_at_less_often(
    client: Client, monkeypatch: pytest.MonkeyPatch, interval: float, late: float, looks: int
) -> None:
    monkeypatch.setattr(CollectorServices, "late", lambda _: late)
    seen, real = list[Any](), client.collect_observed_state

    async def collect(spec: Any, resources: Any) -> Seen:
        seen.append(spec)
        return await real(spec, resources)

    client.collect_observed_state = collect  # type: ignore[method-assign]
    with run(client, EngineSettings(types={"client": TypeSettings(interval=interval)})) as sim:
        sim.run(interval * 5)
        before = len(seen)
        sim.run(60)
        assert len(seen) - before == pytest.approx(looks, abs=1)
