"""What an invariant is: one sentence, and the moments at which it may be found broken."""

from __future__ import annotations

from typing import ClassVar

from fsmv2.core import Cause, Core, Event, Instruction, Supervisor
from fsmv2.store import Store

SLACK = 3.0
"""Virtual seconds that an end may be late by: the clock leaves out stalls, but not all of them."""


class Violation(Exception):  # noqa: N818  (an invariant is violated: that is the word of the field)
    """An invariant does not hold: `invariant` is its name, `sentence` what it demands."""

    def __init__(self, invariant: Invariant, found: str) -> None:
        super().__init__(f"{invariant.sentence}: {found}")
        self.invariant = type(invariant).__name__
        self.found = found


class Invariant:
    """One sentence, and the moments at which it may be found broken. A core begins a new one."""

    sentence: ClassVar[str]

    def __init__(self, core: Core, store: Store | None = None) -> None:
        self.core, self.store = core, store

    def broken(self, found: str) -> Violation:
        """What to raise."""
        return Violation(self, found)

    def event(self, event: Event) -> None:
        """An event is about to be handled."""

    def handled(self, event: Event) -> None:
        """The event was handled."""

    def marked(self, s: Supervisor, cause: Cause) -> None:
        """`s` is to be ticked."""

    def before_tick(self, s: Supervisor) -> None:
        """`s` is about to be ticked."""

    def after_tick(self, s: Supervisor) -> None:
        """`s` was ticked; it may have been released by it."""

    def asked(self, instruction: Instruction) -> None:
        """The core asks for this; all ticks of the slice are done."""

    def scan(self) -> None:
        """Nothing is under way; look at the whole tree."""
