"""The generations of a document as lines for people."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from fsmv2.cli.console import Part, styled
from fsmv2.operate.known_generations import DocumentHistory
from fsmv2.operate.time_text import date_text
from fsmv2.store import GenerationInfo

WIDTH = 80
COLOURS = {"converged": "green", "not converged": "red", "rolled back": "red", "pinned": "yellow"}


def history_lines(history: DocumentHistory) -> Iterator[tuple[Part, ...]]:
    """Two lines and more of each, oldest first; the one that runs is marked."""
    head = history.head
    for one in history.generations:
        runs = head is not None and head.number == one.number
        states: list[str] = [one.outcome or ("converging" if runs else "")]
        if runs and head is not None and head.pinned:
            states.append("pinned")
        parts: list[Part] = [f"{'*' if runs else ' '} {one.number:4}  {date_text(one.at)[:19]}"]
        for state in filter(None, states):
            parts += ["  ", styled(state, fg=COLOURS.get(state))]
        yield (*parts, f"  {one.who}")
        yield from _about(one)
        if missing := history.not_converged.get(one.number):
            yield from _wrapped(f"not in time: {missing}")
    if not history.generations:
        yield ("no generation of the document is kept yet",)


def _about(one: GenerationInfo) -> Iterator[tuple[Part, ...]]:
    """How it came to be: on one line if it fits, else the path on one of its own."""
    again = f"generation {one.rollback_of} again" if one.rollback_of else ""
    what = "; ".join(filter(None, (again, one.why)))
    text = ": ".join(filter(None, (one.tool, what)))
    whole = f"{text} ({one.source})" if text else one.source
    lines = [whole] if len(whole) <= WIDTH - 8 else [text, one.source]
    for line in filter(None, lines):
        yield from _wrapped(line)


def _wrapped(text: str) -> Iterator[tuple[Part, ...]]:
    for part in textwrap.wrap(
        text,
        WIDTH,
        initial_indent=" " * 8,
        subsequent_indent=" " * 10,
        break_long_words=False,
        break_on_hyphens=False,
    ):
        yield (part,)
