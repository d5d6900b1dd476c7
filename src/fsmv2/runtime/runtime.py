"""What users start: one tree, its core on a supervision loop, author code on a work loop.

`async with Runtime(root, factory) as tree:` inside any asyncio program; several in one process do
not share anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from fsmv2.core import (
    Core,
    EngineSettings,
    Event,
    ForceRequested,
    LeaveRequested,
    Report,
    StopRequested,
    TickRecord,
)
from fsmv2.core.checkpoint.take import Checkpoint
from fsmv2.core.contract.log_events import LogEvent
from fsmv2.core.contract.settings import READ_AT_START
from fsmv2.core.life.requests import Request, refusal
from fsmv2.errors import FsmError
from fsmv2.model import ChildSpec, Vault
from fsmv2.runtime.blocking import blocking
from fsmv2.runtime.clock import Clock
from fsmv2.runtime.declaration import Declaration
from fsmv2.runtime.declared_root import DeclaredRoot
from fsmv2.runtime.dispatcher import ABANDON_AFTER, Dispatcher
from fsmv2.runtime.journal.journal_writer import JournalWriter
from fsmv2.runtime.liveness import Liveness
from fsmv2.runtime.log.log_levels import LogLevels
from fsmv2.runtime.log.log_writer import LogWriter
from fsmv2.runtime.own_reports import OwnReports
from fsmv2.runtime.path_requests import PathRequests
from fsmv2.runtime.posted_request import PostedRequest, begun, not_serving
from fsmv2.runtime.recent_events import RecentEvents
from fsmv2.runtime.running_parts import RunningParts
from fsmv2.runtime.secret_rotation import SecretRotation, SecretRotationThread
from fsmv2.runtime.shared_view import SharedView
from fsmv2.runtime.store_questions import StoreQuestions
from fsmv2.runtime.store_writer import StoreWriter
from fsmv2.runtime.supervision import Supervision
from fsmv2.runtime.traces.trace_exporter import TraceExporter
from fsmv2.runtime.view import TreeView, history, view_tree_in_slices
from fsmv2.store import Store
from fsmv2.worker import WorkerFactory

T = TypeVar("T")

LOOKING_SHARE = 10
"""Who waits for a tree spends at most about a tenth of the time looking at it."""


class Runtime(PathRequests, StoreQuestions):
    """Runs one tree. Enter it to start; leaving stops the tree within its deadline.

    A request takes `who` makes it and the `reason`: both are shown to operators, and stored."""

    def __init__(
        self,
        root: ChildSpec | Declaration,
        factory: WorkerFactory | None = None,
        *,
        global_variables: Mapping[str, Any] | None = None,
        settings: EngineSettings | None = None,
        seed: int | None = None,
        listener: Callable[[Report], None] | None = None,
        store: Store | None = None,
        secrets: Vault | None = None,
        journal: Path | str | None = None,
        log: LogWriter | None = None,
        traces: TraceExporter | None = None,
    ) -> None:
        """`root` declares the tree; `factory` knows its worker types.

        Instead of a root it may be a whole declaration, such as `load_plant("plant.yaml")`: that
        brings its types, settings and secrets along; a `factory` may then add types of your own.
        `global_variables` default to those of the root's spec, `settings` to the engine's. `seed`
        draws the jitter of backoffs (default: from the clock). `listener` is called with reports.
        `store` keeps what a crash must not lose; it is opened and closed with the runtime.
        `secrets` holds the values behind the tokens in the tree; collections and actions see them.
        `journal` is a folder that keeps what happens for `fsmv2 replay`, up to `journal_mb`.
        `log` takes what happens as lines of a log, and what author code logs. `traces` takes what
        is decided as spans; it is started and closed with the runtime.
        """
        factory = factory if factory is not None else WorkerFactory()
        self._stack = contextlib.AsyncExitStack()
        self._types: AbstractAsyncContextManager[None] | None = None
        if not isinstance(root, ChildSpec):
            self._types = root.types(factory)
            settings = root.settings if settings is None else settings
            secrets = root.vault if secrets is None else secrets
            root = root.root
        self._store = store
        self._secrets = secrets
        self._journal = journal
        self._root = root
        self._globals = global_variables
        self.settings = settings or EngineSettings()
        self.clock = Clock()
        self.core = Core(
            factory,
            self.settings,
            seed=time.time_ns() if seed is None else seed,
            epoch=time.time() - self.clock.now(),
        )
        self._log = log
        self._traces = traces
        self._reports = OwnReports(
            self.core,
            self.clock,
            root.name,
            log=log,
            traces=traces,
            secrets=secrets,
            running=lambda: self._running,
        )
        self._listener = listener
        self._running: RunningParts | None = None
        self._pictures = SharedView(self._take_picture)
        self._declared = DeclaredRoot(self._post, secrets)
        self._rotation: SecretRotationThread | None = None

    async def __aenter__(self) -> Runtime:
        """Start the threads and declare the tree; its root is there then, and nothing runs yet.

        Raises StoreError when the store is refused; then nothing has been started.
        """
        if self._running is not None:
            raise FsmError("the runtime is already running.", fix="Make another Runtime.")
        if self._types is not None:
            await self._stack.enter_async_context(self._types)
            self._types = None
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        async with contextlib.AsyncExitStack() as entering:
            entering.push_async_exit(self)  # it may be cancelled here
            await begun(self.core)
            entering.pop_all()
        return self

    async def _start(self) -> None:
        writer = None
        if self._store is not None:
            writer = StoreWriter(self._store, lambda: self.core.epoch)
            try:
                known, overrides = await writer.open()
            except BaseException:  # a cancellation, perhaps: then the file must not stay locked
                writer.abandon()
                raise
            self.core.keep(
                {one.path: one.created_at for one in known},
                {one.path: one.overrides for one in overrides},
            )
        try:
            journal = await self._open_journal()
        except BaseException:
            if writer is not None:
                writer.abandon()
            raise
        running = self._running = RunningParts(
            self.core, self.settings, self.clock, writer, self._secrets, journal, self._log
        )
        if self._listener is not None:
            running.supervision.listen(self._listener)
        if self._traces is not None:
            redact = None if self._secrets is None else self._secrets.redact
            self._traces.start(self._reports.of_traces, redact)
        running.start()
        self.declare(self._root, self._globals, who="start")

    async def _open_journal(self) -> JournalWriter | None:
        """In a thread: this is the loop of a program that has other things to do."""
        if self._journal is None or not self.settings.journal_mb:
            return None
        journal = JournalWriter(Path(self._journal), self.settings.journal_mb << 20)
        try:
            await blocking(journal.start)(self._reports.of_journal)
        except BaseException:  # a cancellation, perhaps: then the folder must not stay locked
            journal.abandon()
            raise
        return journal

    def report_apply(self, event: LogEvent, text: str) -> None:
        """Report what became of an apply; from any thread."""
        self._reports.of_apply(event, text)

    def report_document(self, event: LogEvent, text: str) -> None:
        """Report something of the document that the tree follows; from any thread."""
        self._reports.of_document(event, text)

    def change_log_levels(self, levels: LogLevels) -> None:
        """Log by these levels from now on, as far as the command has not fixed them."""
        self._reports.change_log_levels(levels)

    async def __aexit__(self, *raised: object) -> None:
        """Stop the tree, in order, and the threads."""
        if self._rotation is not None:
            self._rotation.close()
        try:
            await self.stop()
        finally:
            await self._close_store()
            if self._traces is not None:
                await blocking(self._traces.close)()
            running, self._running = self._parts, None
            running.close()
            if running.journal is not None:
                await running.journal.close(self.settings.store_patience)
            with contextlib.suppress(TimeoutError):  # author code blocks the loop for good
                ended = running.work_thread.run(running.dispatcher.aclose())
                await asyncio.wait_for(ended, 2 * ABANDON_AFTER)
            await running.work_thread.stop()
            await running.supervision_thread.stop()
            await self._stack.aclose()

    @property
    def running(self) -> RunningParts | None:
        """What it consists of while it runs, for who measures it."""
        return self._running

    @property
    def log(self) -> LogWriter | None:
        """Its log, if it has one."""
        return self._log

    @property
    def supervision(self) -> Supervision:
        """The core on its loop; FsmError while the runtime is not running."""
        return self._parts.supervision

    @property
    def dispatcher(self) -> Dispatcher:
        """The work loop's side; FsmError while the runtime is not running."""
        return self._parts.dispatcher

    @property
    def _parts(self) -> RunningParts:
        if self._running is None:
            raise FsmError(
                "the runtime is not running.",
                fix="Use it inside `async with Runtime(...) as tree:`.",
            )
        return self._running

    def liveness(self) -> Liveness:
        """Whether both loops make progress, and whose observations do not come; from any thread."""
        return self._parts.liveness()

    def declare(
        self,
        root: ChildSpec,
        global_variables: Mapping[str, Any] | None = None,
        *,
        who: str = "program",
    ) -> None:
        """Declare what the whole tree is to be from now on; only what differs is touched.

        `global_variables` default to those of the root's spec.
        """
        self._declared.declare(root, global_variables, who)
        self._watch_secrets()

    def declare_document(
        self, root: ChildSpec, *, secrets: Vault, settings: EngineSettings, who: str
    ) -> Event:
        """Declare the tree of another document, with its secrets and its settings.

        `secrets` were made with the key of those that the runtime was made with; what is in them
        belongs to the runtime from now on. Settings in READ_AT_START stay as they are. Returns the
        event, which `supervision.waits` knows until it is handled.
        """
        changed = settings if settings != self.settings else None
        event = self._declared.replace(
            root, who, secrets=secrets, settings=changed, now=self.clock.now()
        )
        if changed is not None:
            kept = {name: getattr(self.settings, name) for name in READ_AT_START}
            self.settings = msgspec.structs.replace(settings, **kept)
            self.dispatcher.executor.change(self.settings)
        self._watch_secrets()
        return event

    def _watch_secrets(self) -> None:
        secrets = self._secrets
        if secrets is not None and secrets.files and self._rotation is None:
            self._rotation = SecretRotationThread(
                SecretRotation(
                    secrets,
                    interval=self.settings.secrets_interval,
                    redeclare=self._declared.redeclare,
                    post=self._post,
                ),
                self.clock.now,
            )
            self._rotation.start()

    def read_secrets_again(self) -> int:
        """Have all files of secrets read anew now; returns how many there are.

        What has changed is declared a second later, when it has been found the same twice.
        """
        secrets = self._secrets
        if secrets is None or self._rotation is None:
            return 0
        self._rotation.look_again()
        return len(secrets.files)

    def write_again(self) -> None:
        """Have store and journal write now what they could not: their place is there again.

        From any thread. The journal has a new segment, which begins with how everything is.
        """
        running = self._parts
        if running.writer is not None:
            running.writer.retry()
        if running.journal is not None:
            running.journal.restart()

    async def view(self) -> TreeView:
        """The whole tree as it is now; of some thousand workers, as it was within moments."""
        return await self._parts.supervision_thread.run(view_tree_in_slices(self.core))

    async def shared_view(self, *, since: float = 0.0) -> TreeView:
        """The same for any who ask at about the same time, and so at most moments old.

        It was begun after `since`, by `time.monotonic`, and at most 0.1 s ago; of a tree that takes
        long to look at, at most four times as long ago as that takes, up to 0.5 s.
        """
        return await self._pictures.get(since=since)

    def _take_picture(self) -> Future[TreeView]:
        loop = self._parts.supervision_thread.loop
        return asyncio.run_coroutine_threadsafe(view_tree_in_slices(self.core), loop)

    async def ask(
        self,
        event: Request,
        *,
        dry_run: bool = False,
        check: Callable[[Core], None] = lambda _: None,
    ) -> PostedRequest:
        """Post a request unless it would be refused; with no secret in it, as it is recorded.

        Decided in one turn of the supervision loop, so that nothing changes between; what `check`
        raises in it is raised, and nothing is posted.
        """
        posted = event if self._secrets is None else self._secrets.redact(event)

        def asked(core: Core) -> PostedRequest:
            ended = not_serving(core)
            if not ended:
                check(core)
            refused = ended or refusal(core, posted)
            if not refused and not dry_run:
                self._post(posted)
            s = core.by_path.get(event.path)
            before = s.incarnation if s is not None else 0
            return PostedRequest(
                event=posted, refused=refused, ended=bool(ended), incarnation=before
            )

        return await self.look(asked)

    async def look(self, read: Callable[[Core], T]) -> T:
        """What `read` finds in the core, between two of its slices; it must be quick.

        It may keep nothing of the core, whose parts change with the next slice.
        """
        return await self._parts.supervision_thread.call(lambda: read(self.core))

    async def checkpoint(self) -> Checkpoint:
        """The state of the whole core at one moment, with all that was declared before.

        It is copied in slices, and belongs to who asked. FsmError: the tree has ended.
        """
        return await self._parts.supervision_thread.run(self.supervision.copied())

    async def records(self, path: str) -> tuple[TickRecord, ...]:
        """The remembered ticks of the worker at `path`, oldest first; empty if there is none."""
        return await self.look(lambda core: history(s) if (s := core.by_path.get(path)) else ())

    async def until(
        self, condition: Callable[[TreeView], bool], *, timeout: float, every: float = 0.02
    ) -> TreeView:
        """Wait until the tree looks as wanted; TimeoutError shows how it looked at the end.

        Looks `every` so many seconds, and less often at a tree that is large.
        """
        limit = time.monotonic() + timeout
        while True:
            began = time.monotonic()
            tree = await self.view()
            took = time.monotonic() - began
            if condition(tree):
                return tree
            if time.monotonic() > limit:
                shown = "\n".join(f"  {n.path}: {n.state} ({n.reason})" for n in tree.nodes[:50])
                raise TimeoutError(f"not so within {timeout:g} s; the tree is\n{shown}")
            await asyncio.sleep(max(every, LOOKING_SHARE * took))

    async def stop(self, *, deadline: float | None = None, who: str = "program") -> None:
        """Stop the tree, children before parents; forced after `deadline` seconds (settings)."""
        self._post(StopRequested(who, deadline))
        # Forced tasks that ignore every cancel would keep a process from ever ending.
        limit = (self.settings.stop_deadline if deadline is None else deadline) + ABANDON_AFTER
        await self._parts.finished_within(limit)

    def force(self, *, who: str = "program") -> None:
        """Stop waiting for an orderly stop that is under way."""
        self._post(ForceRequested(who))

    async def leave(self, *, reason: str = "", who: str = "program") -> None:
        """End without stopping anything: what workers started outside goes on, and is adopted.

        By the next runtime with the same places, for types that adopt: `broker` and `process` do.
        """
        self._post(LeaveRequested(who, reason))
        await self._parts.finished_within(2 * ABANDON_AFTER)

    async def _close_store(self) -> None:
        """Have the last changes written; loudly when that is not possible."""
        writer = self._parts.writer
        if writer and (not_stored := await writer.close(self.settings.store_patience)):
            await self._reports.of_store(f"not stored at the end: {not_stored}")

    def _recent_events(self) -> RecentEvents:
        return self._parts.recent_events

    def _writer(self) -> StoreWriter | None:
        return self._parts.writer

    def _post(self, event: Any) -> None:
        self.supervision.post(event)
