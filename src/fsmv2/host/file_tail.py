"""The end of a file that may be long."""

from __future__ import annotations

import os
from pathlib import Path

TAIL = 64 << 10
"""Bytes that are read: some hundred lines."""


def tail(path: Path, limit: int = TAIL) -> bytes:
    """Its last bytes; nothing where it cannot be read."""
    try:
        with path.open("rb") as opened:
            opened.seek(max(0, opened.seek(0, os.SEEK_END) - limit))
            return opened.read()
    except OSError:
        return b""
