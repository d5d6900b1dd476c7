"""Collections: pushed values, and ones that end themselves."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from client_worker import Client, Seen, run


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
