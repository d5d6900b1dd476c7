"""What a command started and left behind: ended with it, also what left its group.

The shim is the subreaper of everything below it: an orphan becomes its child, and no pid of a
child is given to somebody else before its end was taken note of.
"""

from __future__ import annotations

import os
import time

from fsmv2.host.procfs import children_of

SIGKILL = 9
PR_SET_CHILD_SUBREAPER = 36
WITHIN = 5.0
"""Seconds after SIGKILL; only a process stuck in the kernel takes longer."""
LOOK_EVERY = 0.005


def adopt_orphans() -> bool:
    """Become the parent of all orphans below; False where the kernel has no such thing."""
    try:
        import ctypes

        return bool(ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError):
        return False


def end_group(pid: int) -> None:
    """Kill the group of the command, whose end was not yet taken note of."""
    if pid <= 1:  # our own group, and every process there is
        return
    try:
        os.killpg(pid, SIGKILL)
    except OSError:
        pass


def end_children() -> None:
    """Kill every child, and the orphans that this makes, until there is none."""
    limit = time.monotonic() + WITHIN
    while time.monotonic() < limit:
        for child in children_of(os.getpid()):
            try:
                os.kill(child, SIGKILL)
            except OSError:
                pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(LOOK_EVERY)  # nobody else lives in this process
