"""Keeps what runs in the store, when it could not be at the start, or the store was lost since."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator

import msgspec

from fsmv2.errors import FsmError
from fsmv2.operate.prepared_tree import PreparedTree
from fsmv2.runtime import Runtime
from fsmv2.store import Generation, Head, SqliteStore, Store

LOOK_EVERY = 2.0
"""Seconds between two looks at whether the generation has to be written again."""


def keep(store: Store, generation: Generation, head: Head) -> None:
    """Write the generation and its head unless they are there; on the thread of the store.

    Neither over another that was made since.
    """
    if not isinstance(store, SqliteStore):
        return
    found = store.head()
    before = 0 if found is None else found.number
    if before < generation.number:
        store.commit(generation, head, based_on=before)
    elif before == generation.number and found is not None and found.ended:
        store.mark(msgspec.structs.replace(found, ended=False))


@contextlib.asynccontextmanager
async def kept(prepared: PreparedTree, runtime: Runtime) -> AsyncIterator[None]:
    """While inside, what runs is kept as soon as that is possible."""
    if prepared.generation is None:
        yield
        return
    current = prepared.current
    due = threading.Event()
    if not (prepared.durable and prepared.begun):
        due.set()
    prepared.directory.rewrite(due.set)

    def write(store: Store) -> None:
        now = current.now  # here, since an apply may have been written just before
        if now.generation is not None:
            head = now.head or Head(number=now.number)
            keep(store, now.generation, msgspec.structs.replace(head, ended=False))

    async def look() -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if due.is_set():
                due.clear()
                try:
                    await runtime.with_store(write)
                except FsmError:  # a store that fails still; the next look
                    due.set()
                    continue
                if not current.now.durable:
                    kept_now = msgspec.structs.replace(current.now, durable=True, warning="")
                    current.replace(kept_now)

    task = asyncio.get_running_loop().create_task(look())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
