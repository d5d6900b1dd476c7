"""Waits until a generation has converged, on behalf of the tree: whoever applied it may be gone.

What is waited for, until when, and what happens then are kept in the store beside the head, so that
a tree which is killed goes on with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

from fsmv2.core import Core, Event
from fsmv2.errors import FsmError
from fsmv2.operate.changes.apply_data import ApplyProgress, ConvergenceState
from fsmv2.operate.changes.touched_workers import Touched, not_converged
from fsmv2.runtime import Runtime
from fsmv2.worker import WorkerFactory

POLL = 0.02
"""Seconds between two looks at those who have not converged yet."""

SHARE = 10
"""Looking takes at most about a tenth of the time."""

AT_ONCE = 200
"""Workers that are looked at between two slices of supervision."""

MOST_NAMED = 50
"""Workers that are named with their reasons."""


class ConvergenceWatch:
    """One generation on its way. All of it on the loop of the tree, but for `progress`."""

    def __init__(
        self,
        runtime: Runtime,
        factory: WorkerFactory,
        generation: int,
        touched: Touched,
        *,
        left: float | None,
        declared: Event | None,
        look: Callable[[ApplyProgress, float], None],
        ended: Callable[[ConvergenceWatch], Awaitable[None]],
    ) -> None:
        """`left`: seconds until the deadline; None: there is none. `declared`: what was posted.

        `look` is called after each look that has not found it converged, with the time.
        `ended` is awaited once, when it has converged or its deadline has passed.
        """
        self.generation = generation
        self.touched = touched
        self._runtime = runtime
        self._factory = factory
        self._declared = declared
        self._looked = look
        self._ended = ended
        self._deadline = None if left is None else time.monotonic() + left
        self._pending: dict[str, str] = {}
        self._reached: dict[str, float] = {}
        self._left = len(touched)
        self._state: ConvergenceState = "converging"
        self._by: int | None = None
        self._over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Look no more; what is kept stays, and the next start goes on with it."""
        self._over.set()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    @property
    def progress(self) -> ApplyProgress:
        """How far it has come; from any thread."""
        deadline = self._deadline if self.converging else None
        return ApplyProgress(
            generation=self.generation,
            state=self._state,
            by=self._by,
            pending=dict(list(self._pending.items())[:MOST_NAMED]),
            deadline=None if deadline is None else time.time() + deadline - time.monotonic(),
            touched=len(self.touched),
            done=len(self.touched) - self._left,
        )

    @property
    def converging(self) -> bool:
        """Whether it is still open what becomes of it."""
        return self._state == "converging"

    def end(self, state: ConvergenceState, by: int | None = None) -> None:
        """This has become of it: whoever waits is answered."""
        self._state, self._by = state, by
        self._over.set()

    async def wait(self, seconds: float) -> ApplyProgress:
        """How far it has come when that is final, or after so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
        return self.progress

    # ---- looking ----------------------------------------------------------------------------

    async def _run(self) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            try:
                converged = await self._look()
            except FsmError:  # the tree has ended
                return
            if self._runtime.core.stopping:  # nobody can converge now; the next start goes on
                self._over.set()
            now = time.monotonic()
            if self._over.is_set():
                return
            if converged or (self._deadline is not None and now >= self._deadline):
                await self._ended(self)
                return
            self._looked(self.progress, now)
            wait = max(POLL, SHARE * (now - began))
            if self._deadline is not None:
                wait = min(wait, max(0.0, self._deadline - now))
            await asyncio.sleep(wait)

    async def _look(self) -> bool:
        """Look at those who had not converged; at all once more, before it is said of all."""
        declared = self._declared
        if declared is not None:
            if await self._runtime.look(lambda _: self._runtime.supervision.waits(declared)):
                self._pending = dict.fromkeys(self.touched, "its change has not reached it yet")
                return False
            self._declared = None
        if await self._lacking(list(self._pending or self.touched)):
            return False
        return not await self._lacking(list(self.touched))

    async def _lacking(self, paths: list[str]) -> bool:
        """Whether somebody among them has not converged; who, is kept."""
        found: dict[str, str] = {}
        for at in range(0, len(paths), AT_ONCE):
            some = paths[at : at + AT_ONCE]

            def look(core: Core, some: list[str] = some) -> dict[str, str]:
                if core.root is None:
                    return dict.fromkeys(some, "the tree is starting")
                return not_converged(core, self._factory, self.touched, some, self._reached)

            found.update(await self._runtime.look(look))
        self._pending, self._left = found, len(found)
        return bool(found)

    @property
    def pending(self) -> dict[str, str]:
        """Who has not converged at the last look, and why."""
        return self._pending
