"""The action of a worker, as a person asks for it: since when it runs, and how long it may.

Data alone: a client of the API decodes it, and is not to load the core for that.
"""

from __future__ import annotations

import msgspec

from fsmv2.operate.time_text import duration_text


class CurrentAction(msgspec.Struct, frozen=True, kw_only=True):
    """The action that runs, or is `queued` for a slot. Times are in seconds.

    `age`: since it got its slot, or since it waits for one. `timeout`: how long it may run.
    `cancelled`: it was, and has not ended yet. `text`: all that, in words.
    """

    name: str
    age: float
    timeout: float
    queued: bool = False
    cancelled: bool = False
    text: str = ""


def action_text(
    name: str, age: float, timeout: float, *, queued: bool = False, cancelled: bool = False
) -> str:
    """`start_flow, for 42 s; times out in 18 s`."""
    lasts = duration_text(age)
    if queued:
        return f"{name}: waits for a free slot, for {lasts}"
    if cancelled:
        return f"{name}, for {lasts}; is cancelled and has not ended yet"
    if age > timeout:
        over = duration_text(age - timeout)
        return f"{name}, for {lasts}; timed out {over} ago and has not ended yet"
    return f"{name}, for {lasts}; times out in {duration_text(timeout - age)}"
