"""What there is to show of a tree, whatever the size of the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from fsmv2.cli.console import Part, Styled
from fsmv2.cli.tree_display import DisplayedEvent
from fsmv2.operate.worker_description import WorkerDescription
from fsmv2.operate.worker_row import WorkerRow

Line = Sequence[Part]


class ScreenContent(NamedTuple):
    """One moment of a tree. `at`: when, in Unix seconds; `rows`: by path; `version`: another one
    when any row is; `about`: what runs, in a few words; `notes`: what is to be known before any
    worker; `events` and `outputs`: what happened and what processes wrote, oldest first, of the
    last of which there is one list for each process; `below`: blocks for the end, of which the last
    one gives way first.
    """

    title: str
    at: float
    rows: Mapping[str, WorkerRow]
    version: int
    about: str = ""
    notes: Sequence[Styled] = ()
    events: Sequence[DisplayedEvent] = ()
    outputs: Sequence[Sequence[DisplayedEvent]] = ()
    below: Sequence[Sequence[Line]] = ()


class ScreenSource(Protocol):
    """Where a screen has its content from; asked on the thread that draws."""

    def content(self) -> ScreenContent:
        """What there is to show now; waits for nothing."""

    def description(self, path: str) -> WorkerDescription | str:
        """All there is to know of a worker as far as it is known; a text: why not, or not yet."""
