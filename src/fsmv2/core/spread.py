"""What concerns many supervisors at once, done for a few of them at a time, between the ticks.

A change of a variable, of a parent's state or of a pause may concern a hundred thousand: one loop
over all of them would hold up everybody else (H51). What is left to be done is data, so that a
checkpoint can hold it; what each word means stands in `reactions`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from fsmv2.containment import ANY_RAISED
from fsmv2.core import breaker
from fsmv2.core.records import Cause

if TYPE_CHECKING:
    from fsmv2.core.machine import Core
    from fsmv2.core.supervisor import Supervisor

AT_ONCE = 256
"""Supervisors for which something is done between two ticks: well below a millisecond."""

Do = Callable[["Core", "Supervisor", Cause], None]


class Round:
    """One thing that is to be done for many: the word for it, why, and for whom still."""

    __slots__ = ("below", "cause", "left", "word")

    def __init__(self, word: str, cause: Cause, below: bool, left: deque[Supervisor]) -> None:
        self.word = word
        self.cause = cause
        self.below = below
        self.left = left


class Spread:
    """What is still to be done, in order; for those that were removed meanwhile it is not."""

    __slots__ = ("_rounds",)

    def __init__(self) -> None:
        self._rounds: deque[Round] = deque()

    def __bool__(self) -> bool:
        return bool(self._rounds)

    def each(
        self,
        core: Core,
        whom: Iterable[Supervisor],
        word: str,
        cause: Cause,
        *,
        below: bool = False,
    ) -> None:
        """Do it for each, and with `below` for all below them: the first at once, others later.

        What it does must go by how things are then, since they may have changed.
        """
        self._rounds.append(Round(word, cause, below, deque(whom)))
        if len(self._rounds) == 1:
            self.some(core)

    def some(self, core: Core) -> None:
        """Do some of it."""
        now = self._rounds[0]
        do, cause, whom = core.words[now.word], now.cause, now.left
        for _ in range(AT_ONCE):
            if not whom:
                break
            s = whom.popleft()
            if core.by_path.get(s.path) is not s:
                continue
            if now.below:
                whom.extend(s.children.values())
            try:
                do(core, s, cause)
            except ANY_RAISED as error:  # the others are still to be done
                breaker.note(core, s, "a change that concerns many", error)
        if not whom:
            self._rounds.popleft()
