"""One worker of a tree, as it is seen from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from fsmv2.view.condition import Condition
from fsmv2.view.phase import Phase


class NodeView(msgspec.Struct, frozen=True, kw_only=True):
    """One supervisor. `since` is in Unix seconds, `age` and `observed_age` in seconds until now.

    `ended`: why it does not run although it is declared; `paused`: by whom, here or above;
    `overrides`: all that operators asked for here or above and the document does not say;
    `held`: the reason of its own hold, while that counts; `overridden`: whether one of `overrides`
    is its own; `in_trouble`: whether it needs a look, as `fsmv2_worker_in_trouble` has it;
    `checks`: what each check of its type says of those below it. Of one that had to be retried:
    `retry_in`, seconds until the next try (0: none is due), and `next_delays`, those before the
    tries after that, as they are drawn.

    All texts are printable, whatever a device or a process put into it; `observed`
    is as it was observed.
    """

    path: str
    """Where it is in the tree: `edge/filler`."""
    name: str
    """The last part of the path."""
    depth: int
    """How far it is below the root, which is at 0."""
    type: str
    """The name of its worker type."""
    state: str
    """The FSM state it is in."""
    phase: Phase
    """What that state means."""
    healthy: bool
    """Whether it runs with a fresh observation, and a parent has no trouble below it."""
    fresh: bool
    """Whether its last observation is recent enough to decide by."""
    reason: str
    """Why it is in its state, in a sentence."""
    control: str
    """The state that is asked of it."""
    control_reason: str
    """Who asks that, and why."""
    incarnation: int
    """Which instance of this path it is; each one that is created has another number."""
    since: float
    age: float
    observed_age: float | None
    observed: Any
    """What was seen last, as an instance of the observation type."""
    action: str
    """The action that runs; empty: none does."""
    conditions: tuple[Condition, ...]
    """What is wrong with it beside its state, such as an open circuit."""
    attempts: int
    """Failed attempts since it was last well for long enough."""
    ticks: int
    """How often was decided about it."""
    ended: str = ""
    paused: str = ""
    overrides: tuple[str, ...] = ()
    checks: Mapping[str, str] = msgspec.field(default_factory=dict)
    held: str = ""
    overridden: bool = False
    in_trouble: bool = False
    retry_in: float = 0.0
    next_delays: tuple[float, ...] = ()
