"""What blocks runs in a thread of its own."""

from __future__ import annotations

import asyncio
import contextvars
import threading

import pytest

from fsmv2.host.in_thread import in_daemon_thread, in_thread

NAME = contextvars.ContextVar("NAME", default="")


async def test_its_result_comes_back_and_so_does_what_it_raises() -> None:
    NAME.set("one")
    assert await in_thread(NAME.get) == "one"
    assert await in_thread(threading.get_ident) != threading.get_ident()

    def fails() -> None:
        raise OSError("no disk")

    with pytest.raises(OSError, match="no disk"):
        await in_thread(fails)


async def test_who_is_cancelled_waits_until_it_has_ended() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def blocks() -> None:
        begun.set()
        go_on.wait()

    waits = asyncio.ensure_future(in_thread(blocks))
    await in_thread(begun.wait)
    waits.cancel()
    done, _ = await asyncio.wait([waits], timeout=0.05)
    assert not done
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await waits


async def test_who_does_not_wait_for_it_is_cancelled_at_once() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def blocks() -> None:
        begun.set()
        go_on.wait()

    waits = asyncio.ensure_future(in_daemon_thread(blocks))
    await in_thread(begun.wait)
    waits.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waits
    go_on.set()
