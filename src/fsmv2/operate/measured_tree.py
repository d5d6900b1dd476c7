"""What is measured of a tree that runs: where the counters are that a scrape reads."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fsmv2.core import Core
from fsmv2.flow import AsyncioEngine
from fsmv2.flow.engine_figures import EngineFigures
from fsmv2.notify import TargetStatus
from fsmv2.operate.prepared_tree import PreparedTree
from fsmv2.operate.tree_notifications import TreeNotifications
from fsmv2.runtime import Runtime
from fsmv2.runtime.action_executor import Executor
from fsmv2.runtime.durations import Durations
from fsmv2.runtime.store_writer import StoreWriter


class DocumentState(msgspec.Struct, frozen=True):
    """Which generation of the document runs, and whether the file says something else by now.

    `applies`: those in this run, by what became of them.
    """

    generation: int
    pinned: bool
    differs: bool
    applies: Mapping[str, int] = {}


class MeasuredTree:
    """As it is at one moment. Read from any thread; nothing of it holds up the tree."""

    def __init__(
        self,
        runtime: Runtime,
        engine: AsyncioEngine,
        prepared: PreparedTree,
        notifications: TreeNotifications,
        outcomes: Mapping[str, int],
    ) -> None:
        """`outcomes`: how many applies there were, by what became of them."""
        self._runtime = runtime
        self._notifications = notifications
        self._running = runtime.running
        self._engine = engine
        self._prepared = prepared
        self._outcomes = outcomes

    @property
    def core(self) -> Core:
        """Its core."""
        return self._runtime.core

    @property
    def now(self) -> float:
        """Seconds by the clock of the core."""
        return self._runtime.clock.now()

    @property
    def durations(self) -> Durations | None:
        """How long the core took; None when the tree has ended."""
        return None if self._running is None else self._running.durations

    @property
    def executor(self) -> Executor | None:
        """What runs its actions; None when the tree has ended."""
        return None if self._running is None else self._running.dispatcher.executor

    @property
    def store(self) -> StoreWriter | None:
        """What writes its store; None without one, and when the tree has ended."""
        return None if self._running is None else self._running.writer

    @property
    def journal_dropped(self) -> int:
        """Events and instructions that were not recorded."""
        return 0 if self._running is None else self._running.journal_dropped

    @property
    def loop_lags(self) -> dict[str, float]:
        """By loop, the seconds by which it was late at most in the last 15 to 30 seconds."""
        lags = {} if self._running is None else self._running.loop_lags
        return {**lags, "flow": self._engine.loop_lag.worst()}

    @property
    def notifications(self) -> tuple[TargetStatus, ...]:
        """How each target of its notifications fares."""
        return self._notifications.status()

    def flows(self) -> EngineFigures:
        """Of the engine of its flows."""
        return self._engine.figures()

    def document(self) -> DocumentState:
        """Of its document. Blocks for a look at the file."""
        now = self._prepared.current.now
        differs = self._prepared.document_differs()
        return DocumentState(now.number, now.pinned, differs, dict(self._outcomes))
