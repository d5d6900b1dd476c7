"""Who had not converged at the deadline of a generation, as the events of the store have it.

The store keeps of a generation what became of it, in a word. Whoever was named then stands in the
event, which is kept as long as events are.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from fsmv2.errors import StoreError
from fsmv2.store.stored_events import texts_in

KIND = "apply"
"""That of events about what became of an apply."""


def not_converged_text(number: int) -> str:
    """How the event of a generation that has not converged begins; who, and why, follows."""
    return f"generation {number} has not converged in time: "


def named_at_the_deadline(store: Path, number: int) -> str:
    """Who had not converged, and why: `edge/a: no answer; edge/b: ...`; '' if that is not kept."""
    beginning = not_converged_text(number)
    with contextlib.suppress(StoreError):
        for text in texts_in(store, kind=KIND, beginning=beginning):
            return text.removeprefix(beginning)
    return ""
