"""What concerns many supervisors at once, done for a few of them at a time, between the ticks.

A change of a variable, of a parent's state or of a pause may concern a hundred thousand: one loop
over all of them would hold up everybody else (H51).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from fsmv2.core import breaker

if TYPE_CHECKING:
    from fsmv2.core.machine import Core
    from fsmv2.core.supervisor import Supervisor

AT_ONCE = 256
"""Supervisors for which something is done between two ticks: well below a millisecond."""

Do = Callable[["Core", "Supervisor"], None]


class Spread:
    """What is still to be done, in order; for those that were removed meanwhile it is not."""

    def __init__(self) -> None:
        self._left: deque[tuple[deque[Supervisor], Do, bool]] = deque()

    def __bool__(self) -> bool:
        return bool(self._left)

    def each(self, core: Core, whom: Iterable[Supervisor], do: Do, *, below: bool = False) -> None:
        """Do it for each, and with `below` for all below them: the first at once, others later.

        What it does must go by how things are then, since they may have changed.
        """
        self._left.append((deque(whom), do, below))
        if len(self._left) == 1:
            self.some(core)

    def some(self, core: Core) -> None:
        """Do some of it."""
        whom, do, below = self._left[0]
        for _ in range(AT_ONCE):
            if not whom:
                break
            s = whom.popleft()
            if core.by_path.get(s.path) is not s:
                continue
            if below:
                whom.extend(s.children.values())
            try:
                do(core, s)
            except Exception as error:  # noqa: BLE001  (the others are still to be done)
                breaker.note(core, s, "a change that concerns many", error)
        if not whom:
            self._left.popleft()
