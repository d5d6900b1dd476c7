"""How long what is promised for a quiet machine may take on one that is busy."""

from __future__ import annotations

import os


def allowed(seconds: float) -> float:
    """Seconds on a machine as busy as this one was in the last minute."""
    waiting = os.getloadavg()[0] / (os.cpu_count() or 1)
    return seconds * max(1.0, 4 * waiting)
