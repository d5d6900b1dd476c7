"""A running tree as lines on stdout: plain for logs, JSON for programs."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

import msgspec

from fsmv2.cli.show import OUTPUT, Happening, said
from fsmv2.runtime import TreeView


def clock_text(at: float) -> str:
    """The local time of day, to the millisecond."""
    return time.strftime("%H:%M:%S", time.localtime(at)) + f".{int(at * 1000) % 1000:03d}"


def line_of(happening: Happening) -> str:
    """`12:04:05.123 acme/filler  starting_flow → active: reason`; other kinds are named.

    What a process wrote stands behind a bar: `12:04:05.123 acme/web out | its line`.
    """
    if happening.kind == OUTPUT:
        who = f"{happening.path} {happening.stream:3}".rstrip()
        return f"{clock_text(happening.at)} {who} | {said(happening)}"
    return f"{clock_text(happening.at)} {happening.path}  {said(happening)}"


class Lines:
    """Plain lines."""

    live = False

    def happened(self, happening: Happening) -> None:
        """Print one line."""
        self._write(line_of(happening))

    def frame(self, tree: TreeView) -> None:
        """Lines show what happens, not how it looks."""

    def summary(self, text: str, data: Mapping[str, Any]) -> None:
        """Print the text."""
        self._write(text)

    def close(self) -> None:
        """Nothing was taken."""

    def _write(self, line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()  # whoever follows a log wants each line when it happens


class JsonLines(Lines):
    """One object a line; the last one has the kind `summary`."""

    def happened(self, happening: Happening) -> None:
        """Print `{"at", "path", "kind", "level", "text", "state", "stream"}`."""
        self._print(happening)

    def summary(self, text: str, data: Mapping[str, Any]) -> None:
        """Print the data."""
        self._print({"kind": "summary", **data})

    def _print(self, value: object) -> None:
        self._write(msgspec.json.encode(value).decode())
