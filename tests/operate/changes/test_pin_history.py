"""Whether a generation was pinned then: from events, not guessed from how it was made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from fsmv2.operate.changes.pin_history import pin_text, pinned_then
from fsmv2.store import Batch, EventRecord, GenerationInfo, SqliteStore

MADE = GenerationInfo(
    number=3, at=100.0, who="ann", tool="fsmv2 apply", why="", source="plant.yaml", digest="d"
)
ROLLED_BACK = msgspec.structs.replace(MADE, rollback_of=1)
CHANGED = ((200.0, True), (300.0, False))
"""When somebody pinned it, and ended that."""


@pytest.fixture
def stored(tmp_path: Path) -> Callable[..., Path]:
    def make(*events: tuple[float, str], kept: int = 100) -> Path:
        store = SqliteStore(tmp_path / "store.db", events_kept=kept)
        store.open()
        for at, text in events:
            event = EventRecord(
                at=at, path="", kind="apply", level="info", state="", text=text, tick=0
            )
            store.write(Batch(events=(event,)))
        store.close()
        return tmp_path / "store.db"

    return make


def test_it_is_what_the_last_event_before_then_says(stored: Callable[..., Path]) -> None:
    events = [(at, f"{pin_text(3, pinned=pinned)}ann") for at, pinned in CHANGED]
    file = stored((90.0, "generation 2 runs"), *events, (310.0, pin_text(33, pinned=True)))
    seen = [pinned_then(file, MADE, at) for at in (150.0, 250.0, 350.0)]
    assert seen == [False, True, False]
    seen = [pinned_then(file, ROLLED_BACK, at) for at in (150.0, 250.0, 350.0)]
    assert seen == [True, True, False]


def test_it_is_not_known_once_the_events_of_that_time_are_gone(stored: Callable[..., Path]) -> None:
    others = [(400.0 + number, "another") for number in range(50)]
    file = stored((90.0, "first"), *others, kept=3)
    assert pinned_then(file, MADE, 350.0) is None
    later = msgspec.structs.replace(MADE, at=500.0)
    assert pinned_then(file, later, 600.0) is False
