"""What each tick leaves behind: its causes, what it read, what it decided and why."""

from __future__ import annotations

import msgspec


class Cause(msgspec.Struct, frozen=True, gc=False):
    """Why a supervisor was ticked. `origin`: the tick or event id this cause came from."""

    kind: str
    detail: str = ""
    origin: int = 0

    def __str__(self) -> str:
        return f"{self.kind} {self.detail}".rstrip()


class TickRecord(msgspec.Struct, frozen=True, gc=False):
    """One tick of one supervisor.

    `more` counts causes beyond those kept; `decisions` are the transitions, each with its reason,
    and the actions, in order; `gate` is why steps were withheld, if they were; `observed_at` when
    the observation that was read had begun; `repeats` counts equal ticks that followed at once
    and decided nothing.
    """

    id: int
    at: float
    causes: tuple[Cause, ...]
    more: int
    control: str
    state: str
    decisions: tuple[str, ...]
    reason: str
    gate: str
    observed_at: float | None
    repeats: int = 0
