"""Two locks that the kernel gives back whatever happens: one start at a time, one server a store.

`start.lock` is held while a start or stop works on a state directory. `store.lock` is handed on to
the server itself, which holds it as long as it lives: even if every record were lost, a second
server could not be started on the same store.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

from fsmv2.builtin.broker.config import BrokerConfig
from fsmv2.builtin.on_disk import on_disk
from fsmv2.builtin.process.kernel import opened_by
from fsmv2.errors import TemporaryError

TRY_EVERY = 0.02


@contextlib.asynccontextmanager
async def only_one(config: BrokerConfig, *, within: float) -> AsyncIterator[None]:
    """Be the only one who starts or stops this broker; TemporaryError after `within` seconds."""
    # A killed fsmv2 gives this lock back only after the server it was about to start has begun:
    # its copy of the descriptor closes on exec. So no server can hide between fork and exec.
    does = f"is starting or stopping the broker in {config.state_dir}"
    async with _locked(config.directory / "start.lock", within, does):
        yield


@contextlib.asynccontextmanager
async def store_lock(config: BrokerConfig, *, within: float) -> AsyncIterator[int]:
    """The lock on the store, as a descriptor to hand to the server; TemporaryError: it is taken."""
    does = f"still uses the broker's store in {config.state_dir}"
    async with _locked(config.directory / "store.lock", within, does) as descriptor:
        yield descriptor


@contextlib.asynccontextmanager
async def _locked(path: Path, within: float, does: str) -> AsyncIterator[int]:
    opened: list[int] = []  # filled in the thread: who is cancelled gets no answer from it
    try:
        await on_disk(lambda: opened.append(os.open(path, os.O_RDWR | os.O_CREAT, 0o600)))
        descriptor = opened[0]
        limit = time.monotonic() + within
        while not await on_disk(lambda: _try(descriptor)):
            if time.monotonic() > limit:
                raise TemporaryError(f"{opened_by(path) or 'another process'} {does}.")
            await asyncio.sleep(TRY_EVERY)
        yield descriptor
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
