"""A running tree as lines on stdout: plain for logs, JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fsmv2.cli.console import put, put_json
from fsmv2.cli.event_text import event_line, output_line
from fsmv2.cli.tree_display import OUTPUT, DisplayedEvent


def line_of(happening: DisplayedEvent) -> str:
    """`12:04:05.123 acme/filler  starting_flow → active: reason`; other kinds are named.

    What a process wrote stands behind a bar: `12:04:05.123 acme/web out | its line`.
    """
    if happening.kind == OUTPUT:
        return output_line(happening.at, happening.path, happening.stream, happening.text)
    return event_line(happening.at, happening.path, happening.kind, happening.text)


class PlainLines:
    """Plain lines."""

    live = False

    def happened(self, happening: DisplayedEvent) -> None:
        """Print one line."""
        put(line_of(happening))

    def begin(self) -> None:
        """Lines show what happens, not how it looks."""

    def summary(self, text: str, data: Mapping[str, Any]) -> None:
        """Print the text."""
        put(text)

    def close(self) -> None:
        """Nothing was taken."""


class JsonLines(PlainLines):
    """One object a line; the last one has the kind `summary`."""

    def happened(self, happening: DisplayedEvent) -> None:
        """Print `{"at", "path", "kind", "level", "text", "state", "stream"}`."""
        put_json(happening)

    def summary(self, text: str, data: Mapping[str, Any]) -> None:
        """Print the data."""
        put_json({"kind": "summary", **data})


class NothingShown(PlainLines):
    """Nothing, where the lines of a log are all there is to see."""

    def happened(self, happening: DisplayedEvent) -> None:
        """It is in the log."""

    def summary(self, text: str, data: Mapping[str, Any]) -> None:
        """So is this."""
