"""Puts the invariants where a core decides, and keeps the first one found broken."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from fsmv2.core import Cause, Core, Event, Instruction, Report, Supervisor
from fsmv2.store import Store
from fsmv2.testing.invariant import Invariant, Violation
from fsmv2.testing.worker_invariants import INVARIANTS

SMALL = 20
"""A tree of at most so many workers is looked at as a whole after each slice; one of n times as
many each n seconds."""


class InvariantMonitor:
    """One core under watch. What is raised inside a core would be contained; so it is kept here."""

    def __init__(
        self,
        core: Core,
        found: Callable[[Violation], None],
        *,
        kinds: tuple[type[Invariant], ...] = INVARIANTS,
        cut: Callable[[list[Instruction]], list[Instruction]],
        ticked: Callable[[Supervisor], None],
        store: Store | None = None,
    ) -> None:
        """`found` is called with each violation; `cut` may keep back the end of what is asked.

        `ticked` is told who was ticked and lives on; `store` is the one the tree is kept in.
        """
        self.core, self._found, self._cut, self._ticked = core, found, cut, ticked
        self.invariants = [kind(core, store) for kind in kinds]
        self.digest = 0
        """Of all that operators were told: the same for two runs that went the same way."""
        self.over = False
        """Set at a crash: what this core still does is not carried out, and proves nothing."""
        self._scanned = 0.0
        self._mark, self._tick = core.mark, core._tick
        self._handle, self._take = core.handle, core.take
        core.mark = self.mark  # type: ignore[method-assign, assignment]
        core._tick = self.tick  # type: ignore[method-assign, assignment]
        core.handle = self.handle  # type: ignore[method-assign]
        core.take = self.take  # type: ignore[method-assign]
        self._on_event = self._those("event")
        self._on_handled = self._those("handled")
        self._on_mark = self._those("marked")
        self._before_tick = self._those("before_tick")
        self._after_tick = self._those("after_tick")
        self._on_asked = self._those("asked")
        self._on_scan = self._those("scan")

    def _those(self, moment: str) -> list[Callable[..., None]]:
        """The invariants that look at this moment, and not at nothing."""
        return [
            getattr(one, moment)
            for one in self.invariants
            if getattr(type(one), moment) is not getattr(Invariant, moment)
        ]

    def _ask(self, looks: list[Callable[..., None]], *about: object) -> None:
        for look in looks if not self.over else ():
            try:
                look(*about)
            except Violation as violation:
                self._found(violation)

    def mark(self, s: Supervisor, cause: Cause) -> None:
        """In place of the core's own."""
        self._ask(self._on_mark, s, cause)
        self._mark(s, cause)

    def tick(self, s: Supervisor) -> None:
        """In place of the core's own."""
        self._ask(self._before_tick, s)
        self._tick(s)
        self._ask(self._after_tick, s)
        if self.core.by_path.get(s.path) is s and not self.over:
            self._ticked(s)

    def handle(self, event: Event, now: float) -> None:
        """In place of the core's own."""
        self._ask(self._on_event, event)
        self._handle(event, now)
        self._ask(self._on_handled, event)

    def take(self) -> list[Instruction]:
        """In place of the core's own: the end of a slice."""
        taken = self._cut(self._take())
        for instruction in taken:
            self._ask(self._on_asked, instruction)
            if isinstance(instruction, Report):
                told = f"{instruction.at:.6f} {instruction.path} {instruction.text}"
                self.digest = zlib.crc32(told.encode(), self.digest)
        size = len(self.core.by_path)
        if self.core.now - self._scanned >= (0.0 if size <= SMALL else size / SMALL):
            self._scanned = self.core.now
            self._ask(self._on_scan)
        return taken
