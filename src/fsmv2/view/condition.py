"""What is unusual about a worker. The conditions there are: `core/state/conditions.py`."""

from __future__ import annotations

import msgspec

MANAGED = "Managed"
"""The condition of one that an operator has stopped, paused or silenced; its reason says who."""

RECOVERS = "Recovers"
"""The condition of one that has escalated, until it has been healthy for long enough."""


class Condition(msgspec.Struct, frozen=True, gc=False):
    """One condition: `status` is "False" or "Unknown", `since` in seconds of the core's clock."""

    type: str
    status: str
    reason: str
    since: float
