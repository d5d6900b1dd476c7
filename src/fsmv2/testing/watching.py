"""Puts the invariants where a core decides, and keeps the first one found broken."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from fsmv2.core import Cause, Core, Event, Instruction, Report, Supervisor
from fsmv2.testing.invariants import INVARIANTS, Invariant, Violation

SMALL = 20
"""A tree of at most so many workers is looked at as a whole after each slice, others each second"""


class Watching:
    """One core under watch. What is raised inside a core would be contained; so it is kept here."""

    def __init__(
        self,
        core: Core,
        found: Callable[[Violation], None],
        *,
        kinds: tuple[type[Invariant], ...] = INVARIANTS,
        cut: Callable[[list[Instruction]], list[Instruction]],
    ) -> None:
        """`found` is told of each violation; `cut` may keep back the end of what is asked."""
        self.core, self._found, self._cut = core, found, cut
        self.invariants = [kind(core) for kind in kinds]
        self.reports: list[Report] = []
        self.digest = 0
        """Of all that operators were told: the same for two runs that went the same way."""
        self._scanned = 0.0
        self._mark, self._tick = core.mark, core._tick
        self._handle, self._take = core.handle, core.take
        core.mark = self.mark  # type: ignore[method-assign, assignment]
        core._tick = self.tick  # type: ignore[method-assign, assignment]
        core.handle = self.handle  # type: ignore[method-assign]
        core.take = self.take  # type: ignore[method-assign]

    def look(self, at: Callable[[Invariant], None]) -> None:
        """Ask every invariant."""
        for invariant in self.invariants:
            try:
                at(invariant)
            except Violation as violation:
                self._found(violation)

    def mark(self, s: Supervisor, cause: Cause) -> None:
        """In place of the core's own."""
        self.look(lambda invariant: invariant.marked(s, cause))
        self._mark(s, cause)

    def tick(self, s: Supervisor) -> None:
        """In place of the core's own."""
        self.look(lambda invariant: invariant.before_tick(s))
        self._tick(s)
        self.look(lambda invariant: invariant.after_tick(s))

    def handle(self, event: Event, now: float) -> None:
        """In place of the core's own."""
        self.look(lambda invariant: invariant.event(event))
        self._handle(event, now)

    def take(self) -> list[Instruction]:
        """In place of the core's own: the end of a slice."""
        taken = self._cut(self._take())
        for instruction in taken:
            self.look(lambda invariant, one=instruction: invariant.asked(one))  # type: ignore[misc]
            if isinstance(instruction, Report):
                told = f"{instruction.at:.6f} {instruction.path} {instruction.text}"
                self.digest = zlib.crc32(told.encode(), self.digest)
        every = 0.0 if len(self.core.by_path) <= SMALL else 1.0
        if self.core.now - self._scanned >= every:
            self._scanned = self.core.now
            self.look(lambda invariant: invariant.scan())
        return taken
