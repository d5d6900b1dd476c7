"""What a worker observed last, and how often it was tried, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from fsmv2.operate.time_text import duration_text


def seen_text(observed: Any, age: float | None, *, fresh: bool) -> str:
    """The last observation, and how old it is."""
    if age is None:
        return "never yet"
    fields: dict[str, Any] = msgspec.to_builtins(observed, enc_hook=str) or {}
    said = ", ".join(
        f"{name} {round(value, 3) if isinstance(value, float) else value}"
        for name, value in fields.items()
        if value or isinstance(value, bool | int | float)
    )
    old = "" if fresh else ", which is too old to count"
    if not fields and fresh:
        return ""  # it observes nothing itself: an age would look like a worker nobody looks at
    return f"{duration_text(age)} ago{old}{': ' if said else ''}{said}"


def tried_text(attempts: int, retry_in: float, next_delays: Sequence[float]) -> str:
    """How often it failed, when the next try is, and the delays between those after it."""
    if not next_delays:
        return ""  # it was tried, and nothing of it is due: it is well, or waits for others
    times = "once" if attempts == 1 else f"{attempts} times"
    again = f"again in {duration_text(retry_in)}" if retry_in else "again now"
    delays = ", ".join(duration_text(delay) for delay in next_delays)
    return f"failed {times}; {again}, then after {delays}"
