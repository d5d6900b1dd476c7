"""What is known of one process: its record, which its keeper writes and fsmv2 reads."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path

import msgspec

from fsmv2.builtin.process.keeper.procfs import boot
from fsmv2.builtin.process.keeper.record import FILE, put, reserve
from fsmv2.builtin.process.kernel import start_time_of

TRIES = 3


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A command that was started, and its keeper, each by pid and the kernel's start time.

    `started_at` and `ended_at` are Unix seconds. `said`: it wrote the line that says it is ready;
    `slow`: that line is looked for no more, since its pattern takes too long on what is written.
    Ended without `exit_code` and `signal`: nobody was there to learn how. `asked`: it was to end.
    """

    pid: int
    start_time: int
    digest: str = ""
    boot: str = ""
    started_at: float = 0.0
    keeper: int = 0
    keeper_start: int = 0
    said: bool = False
    slow: bool = False
    ended_at: float | None = None
    exit_code: int | None = None
    signal: int = 0
    asked: bool = False

    @property
    def runs(self) -> bool:
        """Whether exactly this command lives."""
        return start_time_of(self.pid) == self.start_time and self.boot in ("", boot())

    @property
    def kept(self) -> bool:
        """Whether its keeper lives."""
        return bool(self.keeper) and start_time_of(self.keeper) == self.keeper_start

    def same_process(self, other: Record) -> bool:
        """Whether both are of one command; a pid alone may have been given to another one."""
        return (self.pid, self.start_time) == (other.pid, other.start_time)

    @property
    def signal_name(self) -> str:
        """The signal that killed it, as 'SIGKILL'; empty when none did."""
        if not self.signal:
            return ""
        with contextlib.suppress(ValueError):
            return signal.Signals(self.signal).name
        return f"signal {self.signal}"

    @property
    def how(self) -> str:
        """How it ended."""
        if self.signal:
            return f"was killed by {self.signal_name}"
        if self.exit_code is not None:
            return f"ended with exit code {self.exit_code}"
        return "ended; how is not known, as its keeper was killed"


def read_record(directory: str) -> Record | None:
    """The record below this directory, or None when there is none that can be read."""
    for _ in range(TRIES):
        try:
            return msgspec.json.decode((Path(directory) / FILE).read_bytes(), type=Record)
        except OSError:
            return None
        except msgspec.MsgspecError:
            continue  # written twice between opening and reading it, or damaged
    return None


def write_record(directory: str, record: Record) -> None:
    """Keep the record, atomically; of a command whose keeper does not, or no longer."""
    put(str(Path(directory) / FILE), msgspec.json.encode(record))


def reserve_record(directory: str) -> None:
    """Keep space for the next record, also where an older version wrote the one there is."""
    reserve(str(Path(directory) / FILE))
