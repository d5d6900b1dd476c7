"""A process that stands still."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def suspend(pid: int) -> None:
    """SIGSTOP, and wait until it has reached every thread: any of them may go on until then."""
    os.kill(pid, signal.SIGSTOP)
    limit = time.monotonic() + 60.0
    while not stands_still(pid):
        assert time.monotonic() < limit, "it does not stop"
        time.sleep(0.005)


def stands_still(pid: int) -> bool:
    """Whether each of its threads is stopped by a signal."""
    return {
        thread.read_text().rpartition(")")[2].split()[0]
        for thread in Path(f"/proc/{pid}/task").glob("*/stat")
    } == {"T"}
