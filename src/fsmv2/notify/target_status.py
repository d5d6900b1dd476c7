"""How notifications fare at one target: shown to operators, counted for metrics."""

from __future__ import annotations

import msgspec

OUTCOMES = ("sent", "retried", "failed", "summarised", "suppressed", "dropped")
"""What becomes of notifications: delivered; tried again after a failure; given up or refused;
sent as a part of a summary; left out as a repeat; lost since too many came, or at a stop."""


class TargetStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One target. `counts` by outcome since the start; `waiting`: what is still to be sent.

    `last_sent`, `failing_since`: Unix seconds, 0 when there is none; `error`: why it fails.
    """

    name: str
    kind: str
    address: str
    counts: dict[str, int]
    waiting: int = 0
    last_sent: float = 0.0
    failing_since: float = 0.0
    error: str = ""


class TargetTest(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a test notification at one target. `error`: why it was not delivered."""

    target: str
    kind: str
    address: str
    delivered: bool
    seconds: float
    answer: str = ""
    error: str = ""
