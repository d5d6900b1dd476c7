"""How one thing that happened looks on a line, in a log and in the answer to `events`."""

from __future__ import annotations

from fsmv2.escaping import printable_line
from fsmv2.operate.time_text import clock_text, date_text, local_times

PLAIN_KINDS = frozenset({"transition", "note", "value", "document", "progress"})
"""Kinds whose text says all."""


def text_of(kind: str, text: str) -> str:
    """The text on one line, whatever a device put into a reason; unusual kinds are named."""
    line = printable_line(" ".join(local_times(text).split()))
    return line if kind in PLAIN_KINDS else f"{kind}: {line}"


def event_line(at: float, path: str, kind: str, text: str, *, dated: bool = False) -> str:
    """`12:04:05.123 acme/filler  starting → active: reason`; `dated`: with its date."""
    return f"{_when(at, dated)} {printable_line(path)}  {text_of(kind, text)}"


def output_line(at: float, path: str, stream: str, text: str, *, dated: bool = False) -> str:
    """`12:04:05.123 acme/web out | its line`; its indentation is kept."""
    who = f"{printable_line(path)} {stream:3}".rstrip()
    return f"{_when(at, dated)} {who} | {printable_line(text)}"


def _when(at: float, dated: bool) -> str:
    return date_text(at) if dated else clock_text(at)
