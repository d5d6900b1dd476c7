"""End a process for certain: asked first, then made to; exactly that one, and no zombie stays."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time

from fsmv2.builtin.process.kernel import is_ending, is_zombie, reap, start_time_of
from fsmv2.errors import TemporaryError

KILLED_WITHIN = 5.0
"""Seconds after SIGKILL; only a process stuck in the kernel takes longer."""
LOOK_EVERY = 0.01


async def end(pid: int, started: int, grace: float, *, asked: bool = False) -> None:
    """SIGTERM, after `grace` seconds SIGKILL, to the process that began at `started`, if it lives.

    `asked`: it was asked to end already, in its own way. Works for a child and for one that was
    adopted. TemporaryError: it does not end.
    """
    handle = _handle(pid)
    try:
        for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, KILLED_WITHIN)):
            # With the handle open, a start time that fits says the handle is that process: the
            # signal cannot reach a later one with the same pid.
            if start_time_of(pid) != started:
                break
            if number == signal.SIGKILL or not asked:
                _send(pid, handle, number)
            await _until_ended(pid, started, handle, seconds)
    finally:
        if handle is not None:
            os.close(handle)
    await see_off(pid, started)
    if start_time_of(pid) == started:
        raise TemporaryError(f"pid {pid} does not end, not even by SIGKILL.")


async def see_off(pid: int, started: int) -> None:
    """Wait until a process that is ending has let go of its ports and files; leave no zombie.

    Does nothing to one that lives, and takes note of the end of our own children only.
    """
    limit = time.monotonic() + KILLED_WITHIN
    while is_ending(pid, started) or (is_zombie(pid, started) and not reap(pid, started)):
        if time.monotonic() > limit:
            return
        await asyncio.sleep(LOOK_EVERY)


def _handle(pid: int) -> int | None:
    """A descriptor of the process, where the kernel and its sandbox offer one."""
    with contextlib.suppress(OSError):
        return os.pidfd_open(pid)
    return None


def _send(pid: int, handle: int | None, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        if handle is not None:
            signal.pidfd_send_signal(handle, number)
        else:
            os.kill(pid, number)


async def _until_ended(pid: int, started: int, handle: int | None, seconds: float) -> None:
    if handle is None:
        limit = time.monotonic() + seconds
        while start_time_of(pid) == started and time.monotonic() < limit:  # noqa: ASYNC110  (no event)
            await asyncio.sleep(LOOK_EVERY)
        return
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(handle, ended.set)  # readable once the process has ended
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await ended.wait()
    finally:
        loop.remove_reader(handle)
