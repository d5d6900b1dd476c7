"""The format of a journal: what is handed over on the supervision loop, and what is written.

A segment is a `SegmentStart`, the parts of one checkpoint, and then batches of slices. A slice of
the supervision loop is everything that the core was handed in it, and what it answered: enough to
have another core do the same, and to say where it does not.
"""

from __future__ import annotations

from typing import Any

import msgspec

from fsmv2.core import Event, Instruction
from fsmv2.core.checkpoint.take import Checkpoint, CheckpointHeader

# ---- handed over --------------------------------------------------------------------------------


class RecordedSlice(msgspec.Struct, frozen=True, gc=False):
    """One slice as it happened. `idle`: runs before it in which nothing was due."""

    now: float
    idle: int
    turns: int
    more: bool
    epoch: float | None
    events: list[Event]
    instructions: list[Instruction]


class SegmentBegin(msgspec.Struct, frozen=True):
    """A segment is to begin; `continues`: with the state in which the one before ended.

    `idle`: runs between the two in which nothing was due.
    """

    checkpoint: Checkpoint
    continues: bool
    why: str
    idle: int


class Gap(msgspec.Struct, frozen=True):
    """What came after this was not noted."""

    why: str


# ---- written ------------------------------------------------------------------------------------


class SegmentStart(msgspec.Struct, frozen=True, kw_only=True, array_like=True, tag="start"):
    """The first record of a segment. `at` in Unix seconds, `why` as people read it."""

    at: float
    fsmv2: str
    python: str
    continues: bool
    why: str
    idle: int
    head: CheckpointHeader


class Part(msgspec.Struct, frozen=True, array_like=True, tag="part"):
    """A part of the checkpoint; the `last` one completes it."""

    last: bool
    plain: Any


class Slice(msgspec.Struct, frozen=True, array_like=True):
    """One slice. `events` are plain data; `decided` are paths and words, in order.

    `epoch` is given when it is another one than before; `turns` were made, and `more` were due.
    """

    now: float
    idle: int
    turns: int
    more: bool
    epoch: float | None
    events: list[Any]
    decided: list[tuple[str, str]]


class SliceBatch(msgspec.Struct, frozen=True, array_like=True, tag="slices"):
    """Slices in order."""

    slices: list[Slice]


Record = SegmentStart | Part | SliceBatch
