"""What blocks runs in a thread of its own."""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
import time

import pytest

from fsmv2.host import in_thread as module
from fsmv2.host.in_thread import in_daemon_thread, in_thread

PATIENCE = 120.0
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


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread of another test is idle."""
    monkeypatch.setattr(module, "_IN_THREAD", module._IdleThreads())


def test_one_call_after_another_runs_in_the_same_thread() -> None:
    async def calls() -> set[int]:
        found = set()
        for _ in range(20):
            found.add(await in_thread(threading.get_ident))
            while not module._IN_THREAD._idle:  # noqa: ASYNC110  (a thread says so to nobody)
                await asyncio.sleep(0.001)
        return found

    assert len(asyncio.run(calls())) == 1


def test_a_call_that_hangs_holds_up_no_other() -> None:
    go = threading.Event()

    async def calls() -> None:
        hangs = asyncio.create_task(in_thread(lambda: go.wait(PATIENCE)))
        assert await in_thread(lambda: "answered") == "answered"
        go.set()
        assert await hangs

    asyncio.run(calls())


def test_a_thread_that_is_idle_for_long_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE", 0.01)
    thread = asyncio.run(in_thread(threading.current_thread))
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert module._IN_THREAD._idle == []
    assert asyncio.run(in_thread(lambda: 7)) == 7


def test_after_a_fork_the_threads_of_the_parent_are_waited_for_by_nobody() -> None:
    asyncio.run(in_thread(lambda: None))
    child = os.fork()
    if not child:
        os._exit(asyncio.run(in_thread(lambda: 7)))
    limit = time.monotonic() + PATIENCE
    while not (ended := os.waitpid(child, os.WNOHANG))[0]:
        assert time.monotonic() < limit, "it waits for a thread that it does not have"
        time.sleep(0.01)
    assert os.waitstatus_to_exitcode(ended[1]) == 7
