"""End a process for certain: asked first, then made to; exactly that one, and no zombie stays."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time

from fsmv2.errors import TemporaryError
from fsmv2.host.process_identity import ProcessIdentity

KILLED_WITHIN = 5.0
"""Seconds after SIGKILL; only a process stuck in the kernel takes longer."""
LOOK_EVERY = 0.01


async def end(process: ProcessIdentity, grace: float, *, asked: bool = False) -> None:
    """SIGTERM, after `grace` seconds SIGKILL, to exactly this process, if it lives.

    `asked`: it was asked to end already, in its own way. Works for a child and for one that was
    adopted. TemporaryError: it does not end.
    """
    handle = open_handle(process.pid)
    try:
        for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, KILLED_WITHIN)):
            # With the handle open, a start time that fits says the handle is that process: the
            # signal cannot reach a later one with the same pid.
            if not process.lives:
                break
            if number == signal.SIGKILL or not asked:
                send(process.pid, handle, number)
            await _until_ended(process, handle, seconds)
    finally:
        if handle is not None:
            os.close(handle)
    await see_off(process)
    if process.lives:
        raise TemporaryError(f"pid {process.pid} does not end, not even after SIGKILL.")


async def see_off(process: ProcessIdentity) -> None:
    """Wait until a process that is ending has let go of its ports and files; leave no zombie.

    Does nothing to one that lives, and takes note of the end of our own children only.
    """
    limit = time.monotonic() + KILLED_WITHIN
    while process.is_ending or (process.is_zombie and not process.reap()):
        if time.monotonic() > limit:
            return
        await asyncio.sleep(LOOK_EVERY)


def kill_group(leader: int, *signals: signal.Signals) -> None:
    """Send signals to a whole group, by its leader's pid, as far as it is there and ours.

    Not to 0 or 1, which a damaged record may have: to the kernel they are our own group, and
    every process there is.
    """
    if leader <= 1 or leader == os.getpgrp():
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        for number in signals or (signal.SIGKILL,):
            os.killpg(leader, number)


def open_handle(pid: int) -> int | None:
    """A descriptor of the process, where the kernel and its sandbox offer one."""
    with contextlib.suppress(OSError):
        return os.pidfd_open(pid)
    return None


def send(pid: int, handle: int | None, number: signal.Signals) -> bool:
    """Send a signal by the handle, or by the pid where there is none; False: it has ended."""
    try:
        if handle is not None:
            signal.pidfd_send_signal(handle, number)
        else:
            os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


async def _until_ended(process: ProcessIdentity, handle: int | None, seconds: float) -> None:
    if handle is None:
        limit = time.monotonic() + seconds
        # Without a handle there is no event to wait for.
        while process.lives and time.monotonic() < limit:  # noqa: ASYNC110
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
