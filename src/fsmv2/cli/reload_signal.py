"""What SIGHUP leads to while a tree runs, and what the service manager hears of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Protocol

from fsmv2.cli.service_notices import ServiceNotices
from fsmv2.cli.tree_session import TreeSession
from fsmv2.errors import FsmError
from fsmv2.operate.changes.apply_data import ApplyProgress
from fsmv2.operate.changes.document_reload import ReloadAnswer
from fsmv2.operate.systemd_unit import START_WITHIN

WHO = "fsmv2 (SIGHUP)"

CONVERGED_WITHIN = START_WITHIN - 60.0
"""Seconds for which a service manager is kept waiting: it gives a reload as long as a start."""


class ReloadedTree(Protocol):
    """What is reloaded: a `TreeHandle`."""

    async def reload(self, *, who: str) -> ReloadAnswer:
        """Read secrets and document again."""

    async def progress(self, generation: int | None, *, wait: float) -> ApplyProgress:
        """How far a generation has come."""


@contextlib.asynccontextmanager
async def reloads_by_signal(
    session: TreeSession, tree: ReloadedTree, notices: ServiceNotices | None
) -> AsyncIterator[None]:
    """While inside, SIGHUP reloads the tree, and its service manager hears when that is over.

    Over is a reload that was refused, and one that has converged. A later signal does not wait for
    that: what it applies supersedes what still converges.
    """
    waiting: set[asyncio.Task[None]] = set()

    async def converged(generation: int) -> None:
        await tree.progress(generation, wait=CONVERGED_WITHIN)
        if notices is not None:
            notices.reloaded()

    async def reload() -> None:
        if notices is not None:
            notices.reloading()
        for task in waiting:
            task.cancel()
        changed = False
        try:
            answer = await tree.reload(who=WHO)
            if answer.changed and answer.progress is not None and notices is not None:
                changed = True
                task = asyncio.ensure_future(converged(answer.progress.generation))
                waiting.add(task)
                task.add_done_callback(waiting.discard)
        except FsmError:
            pass  # the tree has reported it
        finally:
            if notices is not None and not changed:
                notices.reloaded()

    async with session.reloads(reload):
        try:
            yield
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
