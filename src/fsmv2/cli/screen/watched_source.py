"""A tree of another process as a source of a screen: watched through its API.

It may go away and come back, as when fsmv2 is upgraded: meanwhile the screen shows how it was, and
says so.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from fsmv2.cli.console import Styled, count, styled
from fsmv2.cli.screen.description_request import DescriptionRequest
from fsmv2.cli.screen.screen_content import ScreenContent
from fsmv2.cli.status_follow import RowChange, changes_in
from fsmv2.cli.tree_display import DisplayedEvent
from fsmv2.errors import FsmError
from fsmv2.operate.recorded_event import RecordedEvent
from fsmv2.operate.remote_tree import RemoteTree, TreeOverview
from fsmv2.operate.state_directory import holder
from fsmv2.operate.time_text import clock_text, duration_text
from fsmv2.operate.watched_workers import Watched, WatchEnd
from fsmv2.operate.worker_description import WorkerDescription
from fsmv2.operate.worker_filter import WorkerFilter
from fsmv2.operate.worker_row import WorkerRow
from fsmv2.path_pattern import is_pattern

T = TypeVar("T")

EVENTS = 200
"""How many changes are kept."""

AGAIN_AFTER = 1.0
"""Seconds after which a tree that is away is asked for again."""

OVERVIEW_EVERY = 10.0
"""Seconds after which it is asked again which document runs, and whether that has changed."""

ANSWERS_WITHIN = 5.0
"""Seconds for such an answer; the screen does not wait for it."""

BAD = ("escalated", "circuit_open", "failed")


class WatchedSource:
    """The workers of the tree in `directory` that are meant."""

    def __init__(self, directory: Path, which: WorkerFilter) -> None:
        self._directory = directory
        self._which = which
        self._lock = threading.Lock()
        self._rows: dict[str, WorkerRow] = {}
        self._version = 0
        self._events: deque[DisplayedEvent] = deque(maxlen=EVENTS)
        self._lost: tuple[float, str] | None = None
        self._overview: TreeOverview | None = None
        self._overview_due = 0.0
        self._asked: Future[TreeOverview] | None = None
        self._described = DescriptionRequest(
            lambda path: _begun(lambda: self._tree().describe(path, timeout=ANSWERS_WITHIN))
        )

    def start(self) -> None:
        """Watch it from now on."""
        threading.Thread(target=self._watch, name="fsmv2-watch", daemon=True).start()

    def content(self) -> ScreenContent:
        """How it is now; or, while it is away, how it was."""
        self._look_at_document()
        with self._lock:
            rows, version, lost = dict(self._rows), self._version, self._lost
            events = list(self._events)
        overview = self._overview
        name = Path(overview.document if overview else self._directory).name
        return ScreenContent(
            f"fsmv2 top {name}",
            time.time() if lost is None else lost[0],
            rows,
            version,
            _about(overview),
            list(_notes(overview, lost, self._which, seen=bool(version))),
            events,
        )

    def description(self, path: str) -> WorkerDescription | str:
        """What is known of a worker; the tree is asked, and not waited for."""
        return self._described.of(path)

    def last_words(self) -> str:
        """What is left to be read when the screen is gone."""
        with self._lock:
            phases = Counter(row.phase for row in self._rows.values())
            lost = self._lost
        counts = ", ".join(f"{number} {phase}" for phase, number in phases.most_common())
        text = f"{count(phases.total(), 'worker')}: {counts}" if phases else "no workers seen"
        return text if lost is None else f"{text}; {lost[1]}"

    def _tree(self) -> RemoteTree:
        """The tree of now: one that has come back may have its socket elsewhere."""
        return RemoteTree(self._directory, tool="fsmv2 top")

    def _watch(self) -> None:
        while True:
            try:
                tree = self._tree()
                if not self._version:
                    with contextlib.suppress(FsmError):  # how it is can be shown without its past
                        self._look_back(tree)
                for sent in tree.watch(self._which):
                    if isinstance(sent, WatchEnd):
                        ended = sent.reason == "ended"
                        self._gone("has stopped" if ended else "has stopped answering")
                    elif sent is not None:
                        self._take(sent)
            except FsmError as error:
                runs = holder(self._directory)
                self._gone(f"cannot be reached: {error.message}" if runs else "no longer runs")
            time.sleep(AGAIN_AFTER)

    def _look_back(self, tree: RemoteTree) -> None:
        """What happened before anybody watched."""
        query = {
            "limit": str(EVENTS),
            "path": "" if is_pattern(self._which.path) else self._which.path,
        }
        for one in tree.get("/v1/events", query, list[RecordedEvent]):
            event = DisplayedEvent(one.at, one.path, one.kind, one.level, one.text, one.state)
            self._events.append(event)

    def _take(self, sent: Watched) -> None:
        with self._lock:
            if self._lost is not None:
                away = duration_text(time.time() - self._lost[0])
                self._lost, self._overview_due = None, 0.0
                self._note(f"the tree answers again, after {away}")
            first = not self._version
            for change in changes_in(sent, self._rows, first=first):
                self._events.append(_event(change))
            self._version += 1

    def _gone(self, why: str) -> None:
        with self._lock:
            if self._lost is None:
                now = time.time()
                self._lost = now, f"{clock_text(now)[:8]}: the tree {why}"
                self._note(f"the tree {why}", level="error")

    def _note(self, text: str, level: str = "info") -> None:
        self._events.append(DisplayedEvent(time.time(), "fsmv2", "note", level, text))

    def _look_at_document(self) -> None:
        if self._asked is not None and self._asked.done():
            if self._asked.exception() is None:
                self._overview = self._asked.result()
            self._asked = None
        if self._asked is None and time.monotonic() >= self._overview_due:
            self._overview_due = time.monotonic() + OVERVIEW_EVERY
            self._asked = _begun(lambda: self._tree().overview(timeout=ANSWERS_WITHIN))


def _about(overview: TreeOverview | None) -> str:
    if overview is None:
        return ""
    about = [f"process {overview.pid}"]
    if overview.generation:
        about.insert(0, f"generation {overview.generation}{' (pinned)' * overview.pinned}")
    if overview.overrides:
        about.append(count(overview.overrides, "override"))
    return ", ".join(about)


def _notes(
    overview: TreeOverview | None,
    lost: tuple[float, str] | None,
    which: WorkerFilter,
    *,
    seen: bool,
) -> Iterator[Styled]:
    if lost is not None:
        text = f"{lost[1].rstrip('.')}; this is how it was. Waiting for it to come back"
        yield styled(text, fg="red", bold=True)
    elif not seen:
        yield styled("waiting for the tree to answer", fg="cyan")
    if which.path:
        yield styled(f"only {which.path} and below")
    if overview is not None and overview.document_change:
        yield styled(overview.document_change, fg="yellow")


def _event(change: RowChange) -> DisplayedEvent:
    row = change.row
    level = "info"
    if row.trouble is not None and not row.below and row.trouble != "not_converged":
        level = "error" if row.trouble in BAD else "warning"
    if change.gone:
        return DisplayedEvent(change.at, row.path, "transition", "info", "is gone")
    text = f"{change.state}: {row.reason}" if row.reason else change.state
    return DisplayedEvent(change.at, row.path, "transition", level, text, row.state)


def _begun(call: Callable[[], T]) -> Future[T]:
    """What a call that blocks will return, from a thread that nothing waits for at the end."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except Exception as error:  # noqa: BLE001  (whoever asked is told)
            future.set_exception(error)

    threading.Thread(target=run, name="fsmv2-ask", daemon=True).start()
    return future
