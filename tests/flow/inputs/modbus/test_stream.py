"""How long a stream waits for an answer: until the end of each request, with one timer for many."""

from __future__ import annotations

import asyncio

import pytest

from fsmv2.flow.inputs.modbus.frame import frame_bytes
from fsmv2.flow.inputs.modbus.stream import Stream, Transactions

ANSWER = frame_bytes(7, 1, b"\3\2\0\1")


def stream() -> Stream:
    return Stream(Transactions())


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_what_is_whole_is_taken_even_if_its_time_is_over() -> None:
    one = stream()
    one.data_received(ANSWER)
    frame = await one.frame(now() - 1)
    assert frame is not None
    assert frame.transaction == 7


async def test_no_answer_in_time_is_a_timeout_and_the_next_request_has_its_own() -> None:
    one = stream()
    one.data_received(ANSWER[:5])
    with pytest.raises(TimeoutError):
        await one.frame(now() + 0.02)
    waiting = asyncio.ensure_future(one.frame(now() + 60))
    await asyncio.sleep(0)
    one.data_received(ANSWER[5:])
    assert await waiting is not None


async def test_a_timer_of_an_earlier_request_ends_no_later_one() -> None:
    one = stream()
    one.data_received(ANSWER)
    first = asyncio.ensure_future(one.frame(now() + 60))
    assert await first is not None
    earlier = asyncio.ensure_future(one.frame(now() + 0.05))
    await asyncio.sleep(0)
    one.data_received(ANSWER)
    assert await earlier is not None
    later = asyncio.ensure_future(one.frame(now() + 60))
    await asyncio.sleep(0.15)
    assert not later.done(), "the timer of the one before has come"
    one.data_received(ANSWER)
    assert await later is not None


async def test_a_shorter_time_than_the_one_that_a_timer_waits_for_is_kept() -> None:
    one = stream()
    waiting = asyncio.ensure_future(one.frame(now() + 60))
    await asyncio.sleep(0)
    one.data_received(ANSWER)
    assert await waiting is not None
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(one.frame(now() + 0.02), 30)


async def test_an_answer_that_came_counts_even_if_the_loop_looks_too_late() -> None:
    one = stream()
    waiting = asyncio.ensure_future(one.frame(now() + 0.02))
    await asyncio.sleep(0)
    one.data_received(ANSWER)
    one._too_late()
    assert await waiting is not None


async def test_a_closed_stream_leaves_no_timer() -> None:
    one = stream()
    waiting = asyncio.ensure_future(one.frame(now() + 60))
    await asyncio.sleep(0)
    one.close()
    assert await waiting is None
    assert one._late is None
