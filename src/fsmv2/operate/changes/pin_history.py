"""Whether a generation was pinned at a moment of the past, as the events of the store have it.

The store keeps of the pin only how it is now. A generation is made pinned or not, and whoever
changes that later without a new generation leaves an event, which is kept as long as events are.
"""

from __future__ import annotations

from pathlib import Path

from fsmv2.operate.changes.generation_outcomes import KIND
from fsmv2.store import GenerationInfo
from fsmv2.store.stored_events import kept_since, texts_in


def pin_text(number: int, *, pinned: bool) -> str:
    """How the event begins with which the pin of a generation changes; who, and why, follows."""
    is_ = "is pinned, as rolled back" if pinned else "is no longer pinned, as applied"
    return f"generation {number} {is_} by "


def pinned_then(store: Path, made: GenerationInfo, at: float) -> bool | None:
    """Whether a generation that ran at `at`, Unix seconds, was pinned; None: it is not known.

    Raises StoreError when the store cannot be read.
    """
    begins = {pin_text(made.number, pinned=pinned): pinned for pinned in (True, False)}
    found = texts_in(store, kind=KIND, beginning=f"generation {made.number} is ", until=at)
    for text in found:
        for beginning, pinned in begins.items():
            if text.startswith(beginning):
                return pinned
    # Without such an event it is as it was made, unless the event is no longer kept.
    return bool(made.rollback_of) if kept_since(store) <= made.at else None
