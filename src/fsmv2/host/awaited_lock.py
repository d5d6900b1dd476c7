"""The lock on a file, waited for on an event loop; who only looks for it needs no loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from fsmv2.errors import PermanentError, TemporaryError
from fsmv2.host.disk_trouble import disk_trouble
from fsmv2.host.flock import open_locked
from fsmv2.host.in_thread import in_thread
from fsmv2.host.private import FOLDER

PAUSE = 0.02
"""Seconds until it is tried again."""


@contextlib.asynccontextmanager
async def locked(
    path: Path, in_use: Callable[[], str], *, within: float = 0.0
) -> AsyncIterator[int]:
    """Hold the lock on a file, made with its folder; as a descriptor, to be handed on.

    TemporaryError after `within` seconds, saying what `in_use` returns of who has it;
    PermanentError: the file cannot be made.
    """
    opened: list[int] = []  # filled in the thread: who is cancelled gets no answer from it
    limit = time.monotonic() + within
    try:
        while not await in_thread(lambda: _opened(path, opened)):
            if time.monotonic() >= limit:
                raise TemporaryError(await in_thread(in_use))
            await asyncio.sleep(PAUSE)
        yield opened[0]
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _opened(path: Path, opened: list[int]) -> bool:
    try:
        path.parent.mkdir(mode=FOLDER, parents=True, exist_ok=True)
        opened.append(open_locked(path))
    except BlockingIOError:
        return False
    except OSError as error:
        why = disk_trouble(error)
        if path.parent.is_dir():
            raise PermanentError(f"{path.parent} cannot be written: {why}.") from error
        raise PermanentError(f"{path.parent} cannot be created: {why}.") from error
    return True
