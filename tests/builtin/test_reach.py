"""Whether something accepts at an address: of several addresses, the first one that answers."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from fsmv2.builtin import reach as module
from fsmv2.builtin.reach import reach

DEAD = (socket.AF_INET6, ("2001:db8::1", 502))
ALIVE = (socket.AF_INET, ("192.0.2.7", 502))
REFUSES = (socket.AF_INET, ("192.0.2.8", 502))


def network(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[int, tuple[Any, ...]]) -> None:
    async def resolve(host: str, port: int, *, timeout: float) -> list[Any]:
        return list(addresses)

    async def knock(loop: asyncio.AbstractEventLoop, *address: Any) -> None:
        if address == DEAD:
            await asyncio.Event().wait()
        if address == REFUSES:
            raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr(module, "resolve", resolve)
    monkeypatch.setattr(module, "_knock", knock)
    monkeypatch.setattr(module, "HEAD_START", 0.001)


@pytest.mark.parametrize(
    "addresses", [(ALIVE,), (DEAD, ALIVE), (REFUSES, ALIVE), (REFUSES, DEAD, ALIVE)]
)
async def test_one_address_that_answers_is_enough(
    monkeypatch: pytest.MonkeyPatch, addresses: tuple[Any, ...]
) -> None:
    network(monkeypatch, *addresses)
    await reach("plc", 502, within=60)


async def test_when_all_refuse_the_reason_is_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    network(monkeypatch, REFUSES, REFUSES)
    with pytest.raises(ConnectionRefusedError):
        await reach("plc", 502, within=60)


async def test_silence_ends_with_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    network(monkeypatch, DEAD, REFUSES)
    with pytest.raises(TimeoutError):
        await reach("plc", 502, within=0.01)
    await asyncio.sleep(0)  # those that were called off hear of it
    assert len(asyncio.all_tasks()) == 1
