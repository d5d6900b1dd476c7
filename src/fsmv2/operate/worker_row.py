"""A worker in one line, and how much it needs a look: what every list of workers is made of.

Data alone: a client of the API decodes it, and is not to load the core for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

Trouble = Literal[
    "escalated",
    "circuit_open",
    "failed",
    "degraded",
    "not_converged",
    "recovering",
    "held",
    "overridden",
]
"""Why a worker needs a look, by the worst there is.

`escalated`: retries have not helped, and somebody has to do something. `circuit_open`: its steps
are withheld, or fail. `failed`, `degraded`: it is. `not_converged`: it is not, or not yet, what is
asked for. `recovering`: it escalated, and is well, but not yet for long enough. `held`: it waits
for its own hold. `overridden`: an operator stopped, paused or changed it by hand.
"""

RANKS: dict[Trouble, int] = {
    "escalated": 0,
    "circuit_open": 1,
    "failed": 2,
    "degraded": 3,
    "not_converged": 4,
    "recovering": 5,
    "held": 6,
    "overridden": 7,
}
"""How bad each is; 0 is the worst."""

WELL = len(RANKS)
"""The rank of a worker in no trouble."""


class WorkerRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One worker in one line. `since`: when it came to its state, in Unix seconds; `age`: seconds.

    `overrides`: all in force here or above. `trouble`: why it needs a look; left out if it is well.
    `below`: it needs none itself, since the cause is a worker below it, which has a row of its own.
    """

    path: str
    type: str
    state: str
    phase: str
    healthy: bool
    reason: str
    since: float
    age: float
    incarnation: int
    overrides: tuple[str, ...]
    trouble: Trouble | None = None
    below: bool = False

    @property
    def rank(self) -> int:
        """How bad its trouble is; 0 is the worst."""
        return WELL if self.trouble is None else RANKS[self.trouble]


def aged(rows: Sequence[WorkerRow], now: float) -> tuple[WorkerRow, ...]:
    """The same rows with their ages at `now`, in Unix seconds: they were made a while ago."""
    return tuple(
        msgspec.structs.replace(row, age=round(max(0.0, now - row.since), 3)) for row in rows
    )
