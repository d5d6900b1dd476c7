"""Where commands keep data between runs, unless `--state-dir` says another place."""

from __future__ import annotations

import os
from pathlib import Path


def state_home() -> Path:
    """`~/.local/state/fsmv2`, or below XDG_STATE_HOME."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "fsmv2"
