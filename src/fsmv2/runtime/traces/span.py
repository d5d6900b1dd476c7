"""One span as plain data, made on the supervision loop: cheap, and of our own numbers.

What is not printable, and secrets, may still be in its texts; they are taken out where it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import msgspec

Value = str | int | tuple[str, ...]


class SpanRef(NamedTuple):
    """A span of this run: the number of the first of its trace, and its own.

    Ticks and actions have the numbers that the core gave them; observations have negative ones.
    """

    trace: int
    span: int


class Span(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A span that has ended. Times in Unix nanoseconds; `parent`: its number, 0 for none.

    `error`: why it is a failure; empty when it is none. `events` happened in it, at its end.
    """

    name: str
    kind: Literal["tick", "action", "observation"]
    ref: SpanRef
    began: int
    ended: int
    attributes: Mapping[str, Value]
    parent: int = 0
    links: tuple[SpanRef, ...] = ()
    error: str = ""
    events: tuple[tuple[str, Mapping[str, Value]], ...] = ()
