"""Who may send to a subject: one sender at a time, in the order in which they came.

Two flows can publish to one subject: one that has ended and still sends what it accepted, and its
successor, by the same name or another. Side by side their samples would be stored in any order.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol


class Sender(Protocol):
    """Who waits for a turn. `refusal`: why the broker does not take what it sends, or empty."""

    @property
    def refusal(self) -> str: ...

    def your_turn(self, subject: str) -> None:
        """All that others had for the subject is stored."""


class SubjectTurns:
    """Those of one connection. Runs on the engine's loop."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[Sender]] = {}

    def join(self, subject: str, who: Sender) -> bool:
        """Stand in line; True: it is `who`'s turn at once."""
        line = self._lines.setdefault(subject, deque())
        line.append(who)
        return len(line) == 1

    def refusal(self, subject: str) -> str:
        """Why the broker does not take what the one whose turn it is sends; from any thread."""
        line = self._lines.get(subject)
        return line[0].refusal if line else ""

    def leave(self, subject: str, who: Sender) -> None:
        """Have no more for the subject; the next in line is called if that was the first."""
        line = self._lines[subject]
        first = line[0] is who
        line.remove(who)
        if not line:
            del self._lines[subject]
        elif first:
            line[0].your_turn(subject)
