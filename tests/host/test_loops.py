"""What our loops do to the process they run in, and what another thread sees of one."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from fsmv2.host.loops import YIELDS_AFTER, new_loop


@pytest.fixture
def interval() -> Iterator[None]:
    """Whatever a test sets is set back."""
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("interval")
@pytest.mark.parametrize(
    ("before", "after"), [(0.005, YIELDS_AFTER), (YIELDS_AFTER / 2, YIELDS_AFTER / 2)]
)
def test_threads_take_turns_often_once_there_is_a_loop_of_ours(before: float, after: float) -> None:
    sys.setswitchinterval(before)
    new_loop().close()
    assert sys.getswitchinterval() == pytest.approx(after)


def test_another_thread_sees_whether_a_loop_has_something_to_do() -> None:
    loop = new_loop()
    assert not loop.busy, "it does not run"
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        becomes(lambda: not loop.busy)
        work, done = threading.Event(), threading.Event()
        loop.call_soon_threadsafe(lambda: (work.set(), done.wait()))
        work.wait()
        assert loop.busy
        done.set()
        becomes(lambda: not loop.busy)
        turns = asyncio.run_coroutine_threadsafe(turning(), loop)
        becomes(lambda: loop.busy)
        assert loop.busy, "also between turns that follow each other at once"
        turns.cancel()
        becomes(lambda: not loop.busy)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
    assert not loop.busy


async def turning() -> None:
    while True:  # noqa: ASYNC110  (it is to have something to do all the time)
        await asyncio.sleep(0)


def becomes(condition: Callable[[], bool]) -> None:
    """Wait until it is so."""
    limit = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.001)
