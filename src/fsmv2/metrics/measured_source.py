"""What a scrape reads. All of it may be read from any thread, and nothing is changed by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from fsmv2.core import Core
from fsmv2.flow.engine_figures import EngineFigures
from fsmv2.notify import TargetStatus
from fsmv2.runtime.action_executor import Executor
from fsmv2.runtime.durations import Durations
from fsmv2.runtime.store_writer import StoreWriter


class DocumentFigures(Protocol):
    """Which generation of the document runs, and whether the file says something else by now."""

    @property
    def generation(self) -> int:
        """Its number; 0 when generations are not kept."""

    @property
    def pinned(self) -> bool:
        """Whether an older generation was made to run again, and changes are not applied."""

    @property
    def applies(self) -> Mapping[str, int]:
        """Applies in this run, by what became of them."""

    @property
    def differs(self) -> bool:
        """Whether the document is not what runs."""


class Source(Protocol):
    """A tree that can be measured, such as `TreeHandle.measured`."""

    @property
    def core(self) -> Core:
        """Its core."""

    @property
    def now(self) -> float:
        """Seconds by the clock of the core, which does not wait for its next slice."""

    @property
    def durations(self) -> Durations | None:
        """How long the core took; None where time is virtual, and when the tree has ended."""

    @property
    def executor(self) -> Executor | None:
        """What runs its actions; None when the tree has ended."""

    @property
    def store(self) -> StoreWriter | None:
        """What writes its store; None without one, and when the tree has ended."""

    @property
    def journal_dropped(self) -> int:
        """Events and instructions that were not recorded."""

    @property
    def loop_lags(self) -> Mapping[str, float]:
        """By loop, the seconds by which it was late at most in the last 15 to 30 seconds."""

    @property
    def notifications(self) -> Sequence[TargetStatus]:
        """How each target of its notifications fares."""

    def flows(self) -> EngineFigures | None:
        """Of the engine of its flows; None for a tree that can have none."""

    def document(self) -> DocumentFigures | None:
        """Of its document; None for a tree that has none. Blocks for a look at the file."""
