"""What bounds the replay of a journal that somebody else may have written."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

Proceeds = Callable[[], None]
Limit = Callable[[Path], AbstractContextManager[Proceeds]]
"""Bounds the replay of a journal: entered around it, and given what to call after each slice."""


@contextlib.contextmanager
def unlimited(_journal: Path) -> Iterator[Proceeds]:
    """No bound: for journals that fsmv2 has written itself."""
    yield lambda: None
