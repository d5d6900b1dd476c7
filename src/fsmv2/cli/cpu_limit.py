"""When a replay is given up: a file that nobody of us wrote may keep a core busy forever.

Counted in processor time since the last slice that was replayed, so neither a busy machine nor a
long journal is taken for that: a slice was at most some milliseconds of work when it was recorded.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from fsmv2.errors import JournalError
from fsmv2.operate.state_directory import short_path

PATIENCE = 20
"""Seconds of processor time for one slice; the checkpoint of a large tree takes a few."""

LOOK = 1.0
"""Seconds of processor time between two looks at whether it proceeds."""


class _TooLong(BaseException):
    """Not an Exception: the core contains those, as they may be an author's."""


@contextlib.contextmanager
def bounded(journal: Path) -> Iterator[Callable[[], None]]:
    """Gives what is to be called after each slice; JournalError when that is not for too long."""
    looks = 0

    def proceeds() -> None:
        nonlocal looks
        looks = 0

    def look(_number: int, _frame: FrameType | None) -> None:
        nonlocal looks
        looks += 1
        if looks >= PATIENCE:  # and with each further look, should it be contained all the same
            raise _TooLong

    before = signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, LOOK, LOOK)
    try:
        yield proceeds
    except _TooLong as error:
        place = next(iter(getattr(error, "__notes__", ())), short_path(journal))
        raise JournalError(
            f"{place} cannot be replayed: one moment of it kept this program busy for "
            f"{PATIENCE} s of processor time, and no tree records such. It is damaged, or was "
            "changed.",
            fix="Replay another part: --from and --until, or one file of the folder.",
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)
