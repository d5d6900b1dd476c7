"""Which process the kernel ends first when the machine has no memory left."""

from __future__ import annotations

from pathlib import Path

FIRST_TO_GO = 1000
"""The highest value there is: this process is ended before any other."""


def be_ended_first() -> None:
    """Have this process ended before all others. OSError: it may not say so."""
    Path("/proc/self/oom_score_adj").write_text(str(FIRST_TO_GO))
