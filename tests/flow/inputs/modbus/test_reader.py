"""A poll is not all or nothing: what was answered counts, whatever becomes of the connection."""

from __future__ import annotations

import pytest
from raw_device import RawDevice, reading, tags, values

ALL = {"t10": 10, "t100": 100, "t200": 200}
THREE = tags(10, 100, 200)
"""Read with three requests."""


@pytest.mark.parametrize("closes", ["close", "reset"])
async def test_h72_a_device_that_closes_after_each_answer_is_read_whole_in_every_poll(
    closes: str,
) -> None:
    """Over as many connections as it takes, and no more."""
    device = RawDevice()
    device.closes = closes
    async with device.running(), reading(device, *THREE) as reader:
        for _ in range(3):
            seen = await reader.read()
            assert values(seen) == ALL
            assert seen.errors == ()
            assert seen.retry_at is None
        assert device.connections <= len(device.requests)


async def test_h72_an_answer_that_is_cut_off_loses_nothing_but_itself() -> None:
    """Every third answer: it is asked for again over a new connection."""
    device = RawDevice()

    def cut(frame: bytes) -> bytes:
        third = len(device.requests) % 3 == 0
        device.closes = "close" if third else ""
        return frame[: len(frame) // 2] if third else frame

    device.twist = cut
    async with device.running(), reading(device, *THREE) as reader:
        for _ in range(4):
            seen = await reader.read()
            assert values(seen) == ALL
            assert seen.errors == ()


async def test_h72_a_request_at_which_the_device_always_breaks_spoils_no_other() -> None:
    """What was read before is handed on, and the next poll begins behind it."""
    device = RawDevice()

    def cut(frame: bytes) -> bytes:
        bad = device.reads()[-1][0] == 100
        device.closes = "close" if bad else ""
        return frame[: len(frame) // 2] if bad else frame

    device.twist = cut
    async with device.running(), reading(device, *THREE) as reader:
        seen = await reader.read()
        assert values(seen) == {"t10": 10}
        (error,) = seen.errors
        assert error.endswith("the device closed the connection in the middle of an answer")
        assert seen.retry_at is not None
        device.twist, device.closes = bytes, ""
        await _wait(seen.retry_at)
        device.requests.clear()
        seen = await reader.read()
        assert values(seen) == ALL
        assert [address for address, _ in device.reads()] == [200, 10, 100]


async def test_a_device_that_accepts_and_closes_is_said_to_do_so() -> None:
    device = RawDevice()
    device.before_answer = device.hang_up
    async with device.running(), reading(device, *THREE) as reader:
        seen = await reader.read()
        assert seen.values == ()
        assert seen.errors == (f"127.0.0.1:{device.port}: the device closed the connection",)
        assert device.connections == 1, "a connection without an answer has earned no other"


async def test_a_request_that_is_never_answered_is_left_out_while_its_unit_answers_others() -> None:
    """Else each poll would wait for it, and so would the neighbours on its connection."""
    device = RawDevice()

    def chosen() -> None:
        device.silent = {1} if device.reads()[-1][0] == 100 else set()

    device.before_answer = chosen
    async with device.running(), reading(device, *THREE, timeout=0.3) as reader:
        silent = await reader.read()
        assert values(silent) == {"t10": 10}
        await _wait(silent.retry_at)
        while len((seen := await reader.read()).values) < 2:
            await _wait(seen.retry_at)  # a busy machine may have been late
        device.requests.clear()
        seen = await reader.read()
        assert values(seen) == {"t10": 10, "t200": 200}
        assert (100, 1) not in device.reads()
        assert seen.errors == ("t100: no answer within 0.3 s from unit 1",)


async def _wait(until: float | None) -> None:
    import asyncio

    assert until is not None
    await asyncio.sleep(max(0.0, until - asyncio.get_running_loop().time()))
