"""What keeps a worker from a state: the answer to `why PATH --not STATE`, as data."""

from __future__ import annotations

from typing import Literal

import msgspec

ObstacleKind = Literal[
    "ended",
    "asked",
    "paused",
    "condition",
    "withheld",
    "waits",
    "action",
    "below",
    "step",
    "next",
]
"""What keeps it: its end; that something else is asked for; a pause; a condition of it; what
withholds its steps; whom it waits for; the action that runs; a worker below it that is in trouble;
what its own step says; and last what comes next by itself."""


class Obstacle(msgspec.Struct, frozen=True, kw_only=True):
    """One of them, in words; `path`: the other worker it is about."""

    kind: ObstacleKind
    text: str
    path: str = ""


class StateObstacles(msgspec.Struct, frozen=True, kw_only=True):
    """What is missing for a worker to be in the state `wanted`. None: it `reached` it.

    `way`: the states from the one it is in to `wanted`, by the FSM of its type; empty: no way
    leads there. `age`: seconds in its state. The others: see
    `WorkerDescription`.
    """

    at: float
    process: str
    recorded: bool
    document_change: str
    path: str
    type: str
    wanted: str
    state: str
    age: float
    reached: bool
    way: tuple[str, ...]
    obstacles: tuple[Obstacle, ...]
    past: str = ""
