"""A device that accepts connections and does not speak Modbus: degraded, and left alone (H63)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from plant_kit import Plant

from fsmv2 import Phase
from fsmv2.runtime import Runtime, TreeView

pytestmark = pytest.mark.real

TWO_CHECKS = 12.0
"""Seconds in which the bridge's check, every 5 s, would have found fault twice, and more."""


@contextlib.asynccontextmanager
async def instead(port: int, *, hangs_up: bool) -> AsyncIterator[None]:
    """Something on this port that accepts, and says nothing or closes at once."""
    ended = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            if not hangs_up:
                await ended.wait()
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", port)
    try:
        yield
    finally:
        ended.set()
        server.close()
        await asyncio.sleep(0)


def left_alone(tree: Runtime, view: TreeView) -> None:
    assert {node.path: node.incarnation for node in view.nodes if node.incarnation > 1} == {}
    assert tree.core.counters.restarts == 0
    assert "CircuitClosed" not in [c.type for c in view["edge/filler"].conditions]


@pytest.mark.parametrize(
    ("hangs_up", "told", "from_the_start"),
    [(False, "no answer within 1 s", True), (True, "closed the connection", False)],
)
@pytest.mark.thorough
async def test_h63_a_device_that_accepts_and_does_not_answer_is_degraded_and_left_alone(
    plant: Plant, hangs_up: bool, told: str, from_the_start: bool
) -> None:
    """TCP says that it is there, Modbus that it is not: nobody but the device can mend that."""
    port = plant.plcs["filler"].port

    def named(t: TreeView) -> bool:
        bridge = t.get("edge/filler")
        return bridge is not None and bridge.state == "degraded_flow" and told in bridge.reason

    async with contextlib.AsyncExitStack() as stack:
        if from_the_start:
            plant.plcs["filler"].kill()
            hung = await stack.enter_async_context(contextlib.AsyncExitStack())
            await hung.enter_async_context(instead(port, hangs_up=hangs_up))
        tree = await stack.enter_async_context(plant.running())
        await tree.until(lambda t: "active" in _states(t, "edge/capper"), timeout=200)
        if not from_the_start:
            await tree.until(lambda t: "active" in _states(t, "edge/filler"), timeout=200)
            plant.plcs["filler"].kill()
            hung = await stack.enter_async_context(contextlib.AsyncExitStack())
            await hung.enter_async_context(instead(port, hangs_up=hangs_up))
        view = await tree.until(named, timeout=200)
        assert view["edge/filler/dfc_read"].state == "degraded"
        seen = []
        for _ in range(int(TWO_CHECKS * 5)):
            await asyncio.sleep(0.2)
            view = await tree.view()
            seen.append(view["edge/filler"].state)
        assert set(seen) <= {"degraded_flow", "degraded_connection"}, "no start over and over"
        assert view["edge/filler"].phase is Phase.DEGRADED
        left_alone(tree, view)
        await hung.aclose()
        plant.plcs["filler"].start()
        view = await tree.until(lambda t: "active" in _states(t, "edge/filler"), timeout=200)
        left_alone(tree, view)


def _states(tree: TreeView, path: str) -> list[str]:
    return [node.state for node in tree.nodes if node.path == path]
