"""What the core counts: for status, and for tests, which counts do not depend on a machine."""

from __future__ import annotations

import msgspec


class CoreCounters(msgspec.Struct):
    """What the core did since it was made; counted, because counts do not depend on a machine."""

    ticks: int = 0
    derives: int = 0
    steps: int = 0
    transitions: int = 0
    actions: int = 0
    created: int = 0
    released: int = 0
    restarts: int = 0
    dropped: int = 0
    stalls: int = 0
    slow: int = 0
    uncontained: int = 0
    escalations: int = 0
    drifts: int = 0
    actions_at_opening: int = 0
    seconds_after_opening: float = 0.0
    healed: int = 0
