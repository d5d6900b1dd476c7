"""One process forever: its pid with the kernel's start time, and the boot of the machine.

A pid alone says nothing: the kernel gives it to somebody else some day.
"""

from __future__ import annotations

import contextlib
import os
import signal
from typing import NamedTuple

from fsmv2.host.procfs import boot, kernel_start, start_time_of, stat


class ProcessIdentity(NamedTuple):
    """A process, living or not. `start_time` in ticks since `boot`; '' where that is not known."""

    pid: int
    start_time: int
    boot: str = ""

    @property
    def lives(self) -> bool:
        """Whether exactly this process lives; a zombie does not."""
        return start_time_of(self.pid) == self.start_time and self.boot in ("", boot())

    @property
    def is_zombie(self) -> bool:
        """Whether it has ended, or is about to: nothing can stop its end any more.

        A process of several threads is a zombie from the end of its first thread on; until the
        last one has ended, too, it still has its ports and files.
        """
        fields = stat(self.pid)
        return fields is not None and fields[0] == "Z" and int(fields[19]) == self.start_time

    @property
    def is_ending(self) -> bool:
        """Whether it has ended but for some of its threads: its ports are not free yet."""
        fields = stat(self.pid)
        return self.is_zombie and fields is not None and int(fields[17]) > 1

    @property
    def how_ended(self) -> str:
        """How it ended, as 'was killed by SIGKILL', while its parent has not taken note yet."""
        fields = stat(self.pid)
        if fields is None or int(fields[19]) != self.start_time or len(fields) < 50:
            return "has ended"
        status = int(fields[49])  # field 52, exit_code, as wait() would give it
        if os.WIFSIGNALED(status):
            return f"was killed by {signal_name(os.WTERMSIG(status))}"
        return f"ended with exit code {os.WEXITSTATUS(status)}"

    def reap(self) -> bool:
        """Take the end of a child of ours, so that no zombie stays; False: its end is yet to come.

        Without the start time, this could take the end of another child that was given the pid.
        True for anyone else's child: its end is not ours to take.
        """
        if kernel_start(self.pid) != self.start_time:
            return True
        try:
            return os.waitpid(self.pid, os.WNOHANG)[0] == self.pid
        except OSError:
            return True


def living(pid: int) -> ProcessIdentity | None:
    """The process that has this pid now; None: there is none."""
    started = start_time_of(pid)
    return ProcessIdentity(pid, started, boot()) if started is not None else None


def signal_name(number: int) -> str:
    """A signal as 'SIGKILL', or by its number where it has no name."""
    with contextlib.suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"
