"""Where state directories are unless one is named. Imports little: completion needs it at once."""

from __future__ import annotations

import os
from pathlib import Path

RECORD = "document.json"
"""The file in the state directory with the record of the run: which document, and its digests."""


def state_home() -> Path:
    """`~/.local/state/fsmv2`, or below XDG_STATE_HOME; `--state-dir` names another place."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "fsmv2"
