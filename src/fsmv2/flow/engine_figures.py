"""What all flows of an engine did together, for metrics: those that have ended included.

A flow counts for itself and begins at 0; what it counted is added to the figures of the ended ones
when it ends, so that a total never goes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from fsmv2.flow.stats import ErrorKind, FlowStats, WriteStats

NO_ERRORS: Mapping[ErrorKind, int] = {}


class FlowTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What one flow or many counted since their start."""

    accepted: int = 0
    accepted_bytes: int = 0
    suppressed: int = 0
    acknowledged: int = 0
    skipped_full: int = 0
    skipped_slow: int = 0
    errors: Mapping[ErrorKind, int] = NO_ERRORS
    commands: WriteStats = msgspec.field(default_factory=WriteStats)

    def __add__(self, other: FlowTotals) -> FlowTotals:
        """Both together."""
        both = {
            name: getattr(self, name) + getattr(other, name)
            for name in self.__struct_fields__
            if isinstance(getattr(self, name), int)
        }
        kinds = {*self.errors, *other.errors}
        errors = {kind: self.errors.get(kind, 0) + other.errors.get(kind, 0) for kind in kinds}
        mine, theirs = self.commands, other.commands
        commands = {
            name: getattr(mine, name) + getattr(theirs, name)
            for name in mine.__struct_fields__
            if name.endswith("_total")
        }
        return FlowTotals(**both, errors=errors, commands=WriteStats(**commands))


class EngineFigures(msgspec.Struct, frozen=True, kw_only=True):
    """An engine now. `connected`: how many flows are, by side; `depths`: of the queue of each."""

    totals: FlowTotals
    flows: int
    connected: Mapping[str, int]
    depths: tuple[int, ...]


class Counts(Protocol):
    """A flow, or who refuses commands in its place."""

    def totals(self) -> FlowTotals:
        """What it counted so far; from any thread."""


class FlowLedger:
    """Who counts, and what those counted that have ended. Written on the engine's loop."""

    def __init__(self) -> None:
        # One object that is replaced: a reader on another thread must neither miss one that ends
        # at this moment nor count it twice, which would look like a restart of the counter.
        self._books: tuple[FlowTotals, tuple[Counts, ...]] = (FlowTotals(), ())

    def begin(self, one: Counts) -> None:
        """It counts from now on."""
        ended, counting = self._books
        self._books = ended, (*counting, one)

    def end(self, one: Counts) -> None:
        """It counts no more."""
        ended, counting = self._books
        if one in counting:
            self._books = ended + one.totals(), tuple(c for c in counting if c is not one)

    def read(self) -> FlowTotals:
        """All together; from any thread."""
        total, counting = self._books
        for one in counting:
            total += one.totals()
        return total


def figures(stats: list[FlowStats], totals: FlowTotals) -> EngineFigures:
    """Put together from the stats of the flows that run."""
    return EngineFigures(
        totals=totals,
        flows=len(stats),
        connected={
            "input": sum(one.input_connected for one in stats),
            "output": sum(one.output_connected for one in stats),
        },
        depths=tuple(one.queue_depth for one in stats),
    )
