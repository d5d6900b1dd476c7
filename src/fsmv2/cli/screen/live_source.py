"""A tree of this process as a source of a screen."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from fsmv2.cli.console import styled
from fsmv2.cli.screen.description_request import DescriptionRequest
from fsmv2.cli.screen.screen_content import Line, ScreenContent
from fsmv2.cli.tree_display import OUTPUT, PROGRESS, DisplayedEvent
from fsmv2.operate.changed_workers import WorkerChanges
from fsmv2.operate.changes.running_document import RunningDocument
from fsmv2.operate.worker_description import WorkerDescription
from fsmv2.operate.worker_row import WorkerRow

EVENTS = 200
OUTPUTS = 8
"""How many of what happened last are kept, and of the lines of each process."""

PROCESSES = 200
"""Of so many processes lines are kept."""

Below = Callable[[], Sequence[Sequence[Line]]]


class ShownTree(Protocol):
    """What a screen asks of a tree: a `TreeHandle`."""

    @property
    def newer_document(self) -> str:
        """What is known of a document that is newer than what runs."""

    @property
    def running(self) -> RunningDocument:
        """The document that runs, and which generation of it; from any thread."""

    def worker_changes(self) -> WorkerChanges:
        """What finds the workers that change; from any one thread."""

    async def describe(self, path: str) -> WorkerDescription:
        """All there is to know of a worker."""


class LiveSource:
    """Made before the tree runs, as the screen is; `runs` is called when it does.

    `below`: blocks of lines that are shown below all else.
    """

    def __init__(self, title: str, below: Below = tuple) -> None:
        self._lock = threading.Lock()
        self._title = title
        self._below = below
        self._events: deque[DisplayedEvent] = deque(maxlen=EVENTS)
        self._outputs: dict[str, deque[DisplayedEvent]] = {}
        self._tree: ShownTree | None = None
        self._changes: WorkerChanges | None = None
        self._progress = ""
        self._rows: Mapping[str, WorkerRow] = {}
        self._version = 0
        self._described: DescriptionRequest | None = None

    def runs(self, tree: ShownTree) -> None:
        """Show this tree from now on; on the loop of the command."""
        loop = asyncio.get_running_loop()
        self._described = DescriptionRequest(
            lambda path: asyncio.run_coroutine_threadsafe(tree.describe(path), loop)
        )
        self._tree = tree

    def happened(self, happening: DisplayedEvent) -> None:
        """Keep it for the next frame; from any thread."""
        if happening.kind == PROGRESS:
            self._progress = happening.text
        if happening.kind != OUTPUT:
            self._events.append(happening)
        elif happening.path in self._outputs or len(self._outputs) < PROCESSES:
            self._outputs.setdefault(happening.path, deque(maxlen=OUTPUTS)).append(happening)

    def content(self) -> ScreenContent:
        """What there is to show now; from any thread."""
        tree = self._tree
        with self._lock:
            if tree is not None:
                self._look(tree)
            rows, version = self._rows, self._version
        notes = [styled(self._progress, fg="cyan")] if self._progress else []
        if tree is not None and tree.newer_document:
            notes.append(styled(tree.newer_document, fg="yellow"))
        return ScreenContent(
            self._title,
            time.time(),
            rows,
            version,
            "" if tree is None else _about(tree.running),
            notes,
            _copied(self._events),
            [_copied(lines) for lines in list(self._outputs.values())],
            self._below(),
        )

    def _look(self, tree: ShownTree) -> None:
        if self._changes is None:
            self._changes = tree.worker_changes()
        with contextlib.suppress(RuntimeError):  # something grew while it was read
            found = self._changes.look()
            if found.rows or found.gone:
                self._rows, self._version = dict(self._changes.rows), self._version + 1

    def description(self, path: str) -> WorkerDescription | str:
        """What is known of a worker; the loop of the tree is asked, and not waited for."""
        if self._described is None:
            return "the tree does not run yet"
        return self._described.of(path)


def _about(running: RunningDocument) -> str:
    if not running.number:
        return ""
    return f"generation {running.number}{' (pinned)' * running.pinned}"


def _copied(lines: deque[DisplayedEvent]) -> list[DisplayedEvent]:
    """The lines of now, while another thread may add one."""
    while True:
        try:
            return list(lines)
        except RuntimeError:
            continue
