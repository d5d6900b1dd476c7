"""What a person may ask of a tree that runs in this process."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from fsmv2.builtin.registration import Builtins
from fsmv2.core import Core, TickRecord
from fsmv2.errors import StoreError, TreeStoppingError, UnknownPathError
from fsmv2.host.in_thread import in_thread
from fsmv2.name_suggestions import suggest
from fsmv2.notify import TargetStatus
from fsmv2.operate.active_overrides import overrides_in
from fsmv2.operate.changed_workers import WorkerChanges
from fsmv2.operate.changes.running_document import RunningDocument
from fsmv2.operate.convergence import unsettled
from fsmv2.operate.current_rows import CurrentRows, TreeRows
from fsmv2.operate.described_worker import EVENTS, description_of
from fsmv2.operate.found_obstacles import obstacles_of
from fsmv2.operate.found_status import status_of
from fsmv2.operate.health_data import Health, Readiness
from fsmv2.operate.known_events import stored_events
from fsmv2.operate.log_line import LogLines, NumberedLines, log_lines, numbered_log_lines
from fsmv2.operate.past.past_question import PastQuestion
from fsmv2.operate.past.past_reader import PastReader
from fsmv2.operate.prepared_tree import PreparedTree
from fsmv2.operate.recorded_event import RecordedEvent
from fsmv2.operate.request_types import PathOverride, Request
from fsmv2.operate.row_folding import ENDLESS, Space
from fsmv2.operate.state_obstacles import StateObstacles
from fsmv2.operate.topic_data import TagValue, Topic
from fsmv2.operate.topics import flows_of, not_there, topics_of, values_of
from fsmv2.operate.tree_health import health_of
from fsmv2.operate.tree_notifications import TreeNotifications
from fsmv2.operate.tree_readiness import readiness_of
from fsmv2.operate.tree_report import TreeHead, TreeReport, report_of
from fsmv2.operate.worker_description import WorkerDescription
from fsmv2.operate.worker_filter import WorkerFilter
from fsmv2.operate.worker_matching import check_names, matching_rows
from fsmv2.operate.worker_row import WorkerRow, aged
from fsmv2.operate.worker_status import WorkerStatus
from fsmv2.plant import Plant
from fsmv2.runtime import Runtime, TreeView
from fsmv2.runtime.liveness import Liveness
from fsmv2.runtime.log.recent_lines import RecentLines
from fsmv2.runtime.posted_request import not_serving
from fsmv2.store import StoredEvent
from fsmv2.store.protocol import EVENTS_KEPT


class TreeQuestions:
    """Questions about a tree that runs; none of them changes anything.

    A path that is not there raises UnknownPathError with the nearest one.
    """

    def __init__(
        self,
        prepared: PreparedTree,
        kit: Builtins,
        runtime: Runtime,
        notifications: TreeNotifications,
        *,
        changed: Callable[[], str],
    ) -> None:
        """`changed`: how the document differs by now from what runs; blocks."""
        self._changed = changed
        self._prepared = prepared
        self._current = prepared.current
        self._kit = kit
        self._runtime = runtime
        self._notifications = notifications
        self._past = PastReader(prepared.directory.path, kit.factory)
        self._rows = CurrentRows(runtime.core, kit.factory)
        self._since = time.time()
        self._acted = 0.0

    @property
    def document(self) -> Path:
        """The document whose tree it is."""
        return self._prepared.document

    @property
    def directory(self) -> Path:
        """Its state directory."""
        return self._prepared.directory.path

    @property
    def plant(self) -> Plant:
        """The document that runs as it was read, with its warnings."""
        return self._current.now.plant

    @property
    def running(self) -> RunningDocument:
        """The document that runs, and which generation of it; from any thread."""
        return self._current.now

    @property
    def warning(self) -> str:
        """What an operator should know of its start: why another document runs than the one named,
        or that what runs is not durable; nothing: all is as one would expect.
        """
        return self._prepared.warning

    @property
    def dropped(self) -> Mapping[str, int]:
        """Samples, by flow, that were read and lost since no broker took them; final at the end."""
        return self._kit.engine.dropped

    async def view(self) -> TreeView:
        """All workers as they are now."""
        return await self._runtime.view()

    async def shared_view(self) -> TreeView:
        """The same for all who ask within moments: for many readers of a large tree.

        At most some tenths of a second old, and never older than the end of a request made here.
        """
        return await self._runtime.shared_view(since=self._acted)

    async def head(self) -> TreeHead:
        """What is to be known of the tree before any worker of it."""
        running = self._current.now
        return TreeHead(
            document=str(self.document),
            state_directory=str(self.directory),
            process=str(os.getpid()),
            at=time.time(),
            since=self._since,
            generation=running.number,
            pinned=running.pinned,
            document_change=await self.document_change(),
        )

    async def report(
        self, which: WorkerFilter | None = None, *, space: Space = ENDLESS
    ) -> TreeReport:
        """What runs and what is broken, in the space there is.

        UnknownPathError, UnknownFilterError: nothing that is there can be meant.
        """
        now, overrides, head = await self.current_rows(), await self.overrides(), await self.head()
        return self.report_in(now, head, overrides, which or WorkerFilter(), space=space)

    def report_in(
        self,
        now: TreeRows,
        head: TreeHead,
        overrides: Sequence[PathOverride],
        which: WorkerFilter,
        *,
        space: Space = ENDLESS,
    ) -> TreeReport:
        """The same of what was read already."""
        factory = self._kit.factory
        found = report_of(now.rows, head, overrides, which=which, space=space, factory=factory)
        return msgspec.structs.replace(found, rows=aged(found.rows, head.at))

    async def current_rows(self) -> TreeRows:
        """The rows of all workers, as `shared_view` has them: for many readers of a large tree."""
        found = self._rows.fresh(since=self._acted)
        if found is None:
            found = await in_thread(lambda: self._rows.look(since=self._acted))
        return found

    def rows_in(self, now: TreeRows, which: WorkerFilter) -> tuple[WorkerRow, ...]:
        """Of those that were read, the ones that are meant, with their ages of now."""
        return aged(matching_rows(which, now.rows, self._kit.factory), time.time())

    def worker_changes(self) -> WorkerChanges:
        """What finds the workers that change from now on; from any one thread."""
        return WorkerChanges(self._runtime.core, self._kit.factory)

    def check_names(self, which: WorkerFilter, rows: Sequence[WorkerRow]) -> None:
        """UnknownFilterError: a filter has a type, state or phase that does not exist."""
        check_names(which, rows, self._kit.factory)

    async def until(self, condition: Callable[[TreeView], bool], *, timeout: float) -> TreeView:
        """Wait until the tree looks as wanted; TimeoutError shows how it looked at the end."""
        return await self._runtime.until(condition, timeout=timeout)

    async def why(self, path: str) -> WorkerStatus:
        """What a worker is, why, and what it will do next, and when."""
        change = await self.document_change()

        def status(core: Core) -> WorkerStatus:
            self._known(path)
            return status_of(core.by_path[path], process=str(os.getpid()), document=change)

        return await self._runtime.look(status)

    async def describe(self, path: str) -> WorkerDescription:
        """All there is to know of a worker."""
        change = await self.document_change()

        def description(core: Core) -> WorkerDescription:
            self._known(path)
            return description_of(
                core,
                core.by_path[path],
                self._kit.factory,
                process=str(os.getpid()),
                document_change=change,
            )

        found = await self._runtime.look(description)
        events: tuple[StoredEvent, ...] = ()
        with contextlib.suppress(StoreError):  # what it is is known without its past
            events = await self.events(path=path, limit=EVENTS)
        return msgspec.structs.replace(found, events=tuple(map(RecordedEvent.of, events)))

    async def obstacles(self, path: str, state: str) -> StateObstacles:
        """What keeps a worker from a state. UnknownFilterError: its type has no such state."""
        change = await self.document_change()

        def found(core: Core) -> StateObstacles:
            self._known(path)
            return obstacles_of(
                core.by_path[path],
                state,
                self._kit.factory,
                process=str(os.getpid()),
                document_change=change,
            )

        return await self._runtime.look(found)

    async def past(self, question: PastQuestion, *, at: float) -> bytes:
        """How it was at a moment, Unix seconds, as JSON; raises what `PastReader.answer` does.

        Another process reads it from the journal.
        """
        return await self._past.answer(question, at)

    async def records(self, path: str) -> tuple[TickRecord, ...]:
        """The remembered ticks of a worker, oldest first."""
        self._known(path)
        return await self._runtime.records(path)

    async def events(
        self, *, path: str = "", after: int = 0, since: float = 0.0, limit: int = 100
    ) -> tuple[StoredEvent, ...]:
        """The last stored events with an id above `after`, oldest first.

        `path`: those of it and of what is below it; `since`: Unix seconds, not earlier.
        """
        return await self._runtime.events(path=path, after=after, since=since, limit=limit)

    async def events_until(
        self, until: float, *, path: str = "", after: int = 0, since: float = 0.0, limit: int = 100
    ) -> list[RecordedEvent]:
        """The same, of those that are not later than `until`, in Unix seconds."""
        if self._prepared.recorded:
            return await in_thread(
                lambda: stored_events(
                    self.directory, path=path, after=after, since=since, until=until, limit=limit
                )
            )
        every = await self.events(path=path, after=after, since=since, limit=EVENTS_KEPT)
        return [RecordedEvent.of(one) for one in every if one.event.at <= until][-limit:]

    def log_lines(
        self, *, path: str = "", after: int = 0, since: float = 0.0, limit: int = 100
    ) -> LogLines:
        """The last lines of its log that are no events, with a number above `after`, oldest first.

        `path`: those of it and of what is below it; `since`: Unix seconds, not earlier. From any
        thread.
        """
        return log_lines(self._recent, path=path, after=after, since=since, limit=limit)

    def numbered_log_lines(self, *, after: int, limit: int) -> list[NumberedLines]:
        """The same of all paths, with the number of each entry. From any thread."""
        return numbered_log_lines(self._recent, after=after, limit=limit)

    @property
    def _recent(self) -> RecentLines:
        log = self._runtime.log
        return RecentLines() if log is None else log.recent

    async def topics(self, pattern: str = "") -> list[Topic]:
        """What is published where, and what is listened to; `pattern`: see `topics.meaning`.

        UnknownPathError: nothing is meant by it.
        """
        flows = await self._runtime.look(flows_of)
        found = await in_thread(lambda: topics_of(flows, pattern))
        if pattern and not found:
            raise await in_thread(lambda: not_there(pattern, topics_of(flows)))
        return found

    async def values(self, pattern: str = "") -> list[TagValue]:
        """The values that were read last, with age and quality; raises as `topics`."""
        flows = await self._runtime.look(flows_of)
        found = await in_thread(lambda: values_of(flows, self._kit.engine, pattern))
        if pattern and not found:
            raise await in_thread(lambda: not_there(pattern, topics_of(flows)))
        return found

    async def document_change(self) -> str:
        """How the document differs by now from what runs, and that what runs is pinned; nothing:
        neither is so.
        """
        pinned = self._current.now.pinned_text
        change = await in_thread(self._changed)
        return "; ".join(filter(None, (pinned, change)))

    async def overrides(self) -> list[PathOverride]:
        """What operators asked for that is not in the document, by path."""
        return await self._runtime.look(overrides_in)

    async def unsettled(self) -> dict[str, str]:
        """By path, the state and reason of each worker that should run and does not, or not well.

        Empty: the tree has become what the document asks for.
        """
        return self.unsettled_in(await self.view())

    def unsettled_in(self, view: TreeView) -> dict[str, str]:
        """The same as of a view that was taken."""
        return unsettled(view, self._kit.factory)

    def liveness(self) -> Liveness:
        """Whether the tree makes progress; from any thread."""
        return self._runtime.liveness()

    def health(self) -> Health:
        """Whether fsmv2 itself works, part by part; from any thread, and waits for nothing."""
        return health_of(
            self._runtime.liveness(),
            flows_age=self._kit.engine.loop_lag.silent_for,
            stopped=self._runtime.core.finished,
        )

    def readiness(self) -> Readiness:
        """Whether the tree is what the document asks for; from any thread, waits for nothing."""
        return readiness_of(self._runtime.core, self._kit.factory)

    def notifications(self) -> tuple[TargetStatus, ...]:
        """The state of notifications at each target of the document; from any thread."""
        return self._notifications.status()

    def _known(self, of: Request | str) -> None:
        """Raise UnknownPathError unless somebody is there; an override may outlast its path."""
        core = self._runtime.core
        path = of if isinstance(of, str) else of.path
        ended = not_serving(core)
        if ended and path not in core.by_path:
            raise TreeStoppingError(f"'{path}' does not exist: {ended}.", fix="Try again later.")
        if path not in core.by_path and (isinstance(of, str) or path not in core.overrides):
            raise UnknownPathError(
                f"there is no worker '{path}' in this tree",
                fix=suggest(path, list(core.by_path)),
            )
