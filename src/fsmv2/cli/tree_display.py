"""What a running tree is shown through: the screen, plain lines, or JSON lines.

`tree_session` feeds a `TreeDisplay`; `screen.live_screen` and `line_output` implement it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from fsmv2.cli.event_text import text_of
from fsmv2.core import Report
from fsmv2.escaping import printable_line

OUTPUT = "output"
PROGRESS = "progress"
"""The kind of what the command says of how it proceeds."""


class DisplayedEvent(msgspec.Struct, frozen=True):
    """A report with the time it is shown at, in Unix seconds.

    Of the kind `output` is a line that a process wrote, to the `stream` out or err.
    """

    at: float
    path: str
    kind: str
    level: str
    text: str
    state: str = ""
    stream: str = ""

    @classmethod
    def of(cls, report: Report, at: float) -> DisplayedEvent:
        """What a report of the tree says."""
        return cls(at, report.path, report.kind, report.level, report.text, report.state)


def event_text(happening: DisplayedEvent) -> str:
    """Its text on one line, whatever a device put into a reason; unusual kinds are named."""
    if happening.kind == OUTPUT:
        return printable_line(happening.text)  # its indentation may mean something
    return text_of(happening.kind, happening.text)


class TreeDisplay(Protocol):
    """One way to show a running tree. `live`: whether it draws how the tree is."""

    live: bool

    def happened(self, happening: DisplayedEvent) -> None:
        """Show one thing that happened. One that is `live` is called from any thread."""

    def begin(self) -> None:
        """The tree runs, or is about to; called again and again."""

    def summary(self, text: str, data: Mapping[str, Any]) -> None:
        """Show how it ended, as text for people or as data for programs."""

    def close(self) -> None:
        """Give the terminal back."""
