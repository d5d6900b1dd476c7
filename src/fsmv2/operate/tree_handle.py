"""The tree of a document, opened: what a person may ask of it, and ask it to do.

`async with open_tree("plant.yaml") as tree:` works in any asyncio program, several side by side;
leaving stops the tree in order. The command line and other interfaces go through the same class.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Coroutine,
    MutableMapping,
    Sequence,
)
from typing import Any, TypeVar

from fsmv2.builtin.bridge_sections import BridgeSections
from fsmv2.builtin.registration import Builtins
from fsmv2.model import ChildSpec
from fsmv2.notify import TargetTest
from fsmv2.operate.changes.apply_data import (
    ApplyAnswer,
    ApplyProgress,
    ApplyRequest,
    DocumentText,
    RollbackRequest,
)
from fsmv2.operate.changes.change_plan import ChangePlan
from fsmv2.operate.changes.document_changes import DocumentChanges
from fsmv2.operate.changes.document_following import DocumentFollower
from fsmv2.operate.changes.document_reload import DocumentReload, ReloadAnswer
from fsmv2.operate.measured_tree import MeasuredTree
from fsmv2.operate.prepared_tree import PreparedTree
from fsmv2.operate.request_execution import carry_out
from fsmv2.operate.request_types import Answer, Request
from fsmv2.operate.tree_notifications import TreeNotifications
from fsmv2.operate.tree_questions import TreeQuestions
from fsmv2.operate.verbs import Verbs
from fsmv2.runtime import Runtime

T = TypeVar("T")


class TreeHandle(TreeQuestions, Verbs):
    """A tree that runs. Every request names the one who asks, as `who`; it is recorded.

    A path that is not there raises UnknownPathError with the nearest one.
    """

    def __init__(
        self,
        prepared: PreparedTree,
        kit: Builtins,
        runtime: Runtime,
        notifications: TreeNotifications,
        ready: MutableMapping[str, BridgeSections],
    ) -> None:
        """`open_tree` makes it: of a `prepared` start, the built-in types in `kit`, its `runtime`.

        `notifications`: who is notified. `ready`: what bridges take over of a reading of their
        document.
        """
        self._changes = DocumentChanges(
            prepared.current,
            runtime,
            kit.factory,
            notifications,
            ready,
            leaving=lambda: self.leaving,
        )
        self._reload = DocumentReload(prepared.current, runtime, self._changes)
        self._follower: DocumentFollower | None = None
        super().__init__(prepared, kit, runtime, notifications, changed=self._reload.change)
        self._loop = asyncio.get_running_loop()
        self._leaving: tuple[str, str] | None = None
        self.left = asyncio.Event()
        """Set when somebody has asked to end fsmv2 alone."""
        self.forced: list[str] = []
        """What did not end by itself and was forced to, as `path: reason`."""
        self.killed: tuple[str, ...] = ()
        """After the end: processes whose turn to stop did not come, as `path (pid 123)`."""

    @property
    def newer_document(self) -> str:
        """What is known of a document that is newer than what runs, inside `following`.

        From any thread, and waits for nothing.
        """
        return "" if self._follower is None else self._follower.difference

    @property
    def measured(self) -> MeasuredTree:
        """Where its metrics are read from: for `fsmv2.metrics.exposition`."""
        return MeasuredTree(
            self._runtime,
            self._kit.engine,
            self._prepared,
            self._notifications,
            self._changes.convergence.outcomes,
        )

    # ---- requests ---------------------------------------------------------------------------

    async def ask(
        self,
        request: Request,
        *,
        who: str = "program",
        wait: float = 0.0,
        dry_run: bool = False,
        unchanged: Collection[str] = (),
    ) -> Answer:
        """Do what is asked, and wait for its effect for up to `wait` seconds.

        An override is durable when this returns, or the answer says why not. RequestRefusedError:
        it cannot be done now, and nothing has changed. `dry_run`: only see whether it could be.
        `unchanged`: versions, as `why` gives them; if the path has none of them by then, it is
        refused with ChangedSinceError.
        """
        self._known(request)
        try:
            return await carry_out(
                self._runtime,
                request,
                who=who,
                unsettled=self.unsettled_in,
                wait=wait,
                dry_run=dry_run,
                unchanged=unchanged,
            )
        finally:
            self._acted = time.monotonic()

    async def plan(self, document: DocumentText) -> ChangePlan:
        """What this document would change in the tree, if it were applied.

        DocumentError: it is not valid, with all that is wrong.
        """
        return await self._on_loop(lambda: self._changes.plan(document))

    async def apply(
        self,
        request: ApplyRequest,
        *,
        who: str = "program",
        wait: float = 0.0,
        dry_run: bool = False,
    ) -> ApplyAnswer:
        """Make a document the one that runs, all of it or nothing; only what differs is touched.

        It survives a crash when this returns. `wait`: seconds for which it is waited for until it
        has converged; `dry_run`: only see whether it could be applied. Nothing has changed when
        this raises: DocumentError, it is not valid; GenerationConflictError, another generation
        is running now; RequestRefusedError, it cannot be applied to what runs; StoreError, it could
        not be kept.
        """
        try:
            return await self._on_loop(
                lambda: self._changes.apply(request, who=who, wait=wait, dry_run=dry_run)
            )
        finally:
            self._acted = time.monotonic()

    async def rollback(
        self,
        request: RollbackRequest,
        *,
        who: str = "program",
        wait: float = 0.0,
        dry_run: bool = False,
    ) -> ApplyAnswer:
        """Make an older generation run again, as a new one, pinned until the next apply.

        It uses the values that secrets have today; raises as `apply` does, and
        UnknownGenerationError when that generation is not kept.
        """
        try:
            return await self._on_loop(
                lambda: self._changes.rollback(request, who=who, wait=wait, dry_run=dry_run)
            )
        finally:
            self._acted = time.monotonic()

    async def reload(self, *, who: str = "program", wait: float = 0.0) -> ReloadAnswer:
        """Read secrets and document again, and apply what differs: as `apply`, with less leave.

        Refused, too, while a generation is pinned, and if workers would be removed, unless the
        document says `engine: {prune: true}`. A managed tree reads its secrets again. What becomes
        of it is reported as well as returned or raised.
        """
        return await self._on_loop(lambda: self._reload.reload(who=who, wait=wait))

    async def progress(self, generation: int | None = None, *, wait: float = 0.0) -> ApplyProgress:
        """How far a generation, or the one that runs, has come; final, or after `wait` seconds.

        UnknownGenerationError: there is none of this number.
        """
        return await self._on_loop(
            lambda: self._changes.convergence.progress(generation, wait=wait)
        )

    async def _on_loop(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do it on the loop of the tree, whichever this is."""
        if asyncio.get_running_loop() is self._loop:
            return await work()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), self._loop))

    async def test_notifications(self, targets: Sequence[str] = ()) -> tuple[TargetTest, ...]:
        """Send a test notification to these targets, or all, and wait for what becomes of it.

        UnknownTargetError: the document has no such target.
        """
        return await self._notifications.test(targets)

    def declare(self, root: ChildSpec, *, who: str = "program") -> None:
        """Declare what the whole tree is to be from now on; only what differs is touched."""
        self._runtime.declare(root, who=who)
        self._acted = time.monotonic()

    async def stop(self, *, deadline: float | None = None, who: str = "program") -> None:
        """Stop the tree, children before parents; forced after `deadline` seconds (settings)."""
        await self._runtime.stop(deadline=deadline, who=who)

    def ask_to_leave(self, *, reason: str = "", who: str = "program") -> None:
        """Have whoever holds the tree end it, and leave broker and processes running.

        From any thread. `left` is set; the holder then calls `leave`.
        """
        self._leaving = (reason, who)
        self._loop.call_soon_threadsafe(self.left.set)

    @property
    def leaving(self) -> bool:
        """Whether that was asked for."""
        return self._leaving is not None

    async def leave(self) -> None:
        """End the tree without stopping what it started; the next run adopts it."""
        reason, who = self._leaving or ("", "program")
        self._leaving = (reason, who)
        await self._runtime.leave(reason=reason, who=who)

    def force(self, *, who: str = "program") -> None:
        """Stop waiting for an orderly stop that is under way."""
        self._runtime.force(who=who)

    @contextlib.asynccontextmanager
    async def changes(self) -> AsyncIterator[None]:
        """While inside, applies are carried on with, those of the last run included."""
        self._changes.convergence.start()
        try:
            yield
        finally:
            await self._changes.convergence.close()

    @contextlib.asynccontextmanager
    async def following(self, *, applies: bool = False) -> AsyncIterator[None]:
        """While inside, a change of the file is reported, or with `applies` reloaded."""
        follower = DocumentFollower(
            self._current,
            self._runtime,
            self._reload,
            applies=applies,
            problems=self._prepared.problems,
        )
        self._follower = follower
        task = self._loop.create_task(follower.run())
        try:
            yield
        finally:
            self._follower = None
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
