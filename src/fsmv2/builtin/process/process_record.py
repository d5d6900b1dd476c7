"""What is known of one process: its record, which its shim writes and fsmv2 reads."""

from __future__ import annotations

from pathlib import Path

import msgspec

from fsmv2.builtin.process.shim.record_writer import FILE
from fsmv2.host.process_identity import ProcessIdentity, signal_name
from fsmv2.host.reserved_file import put, reserve

TRIES = 3


class Record(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"shim": "keeper", "shim_start": "keeper_start"},  # as earlier versions wrote it
):
    """A command that was started, and its shim, each by pid and the kernel's start time.

    `started_at` and `ended_at` are Unix seconds. `said`: it wrote the line that says it is ready;
    `slow`: that line is looked for no more, since its pattern takes too long on what is written.
    Ended without `exit_code` and `signal`: nobody was there to learn how. `asked`: it was to end.
    """

    pid: int
    start_time: int
    digest: str = ""
    boot: str = ""
    started_at: float = 0.0
    shim: int = 0
    shim_start: int = 0
    said: bool = False
    slow: bool = False
    ended_at: float | None = None
    exit_code: int | None = None
    signal: int = 0
    asked: bool = False

    @property
    def command_process(self) -> ProcessIdentity:
        """The command, for ever."""
        return ProcessIdentity(self.pid, self.start_time, self.boot)

    @property
    def shim_process(self) -> ProcessIdentity:
        """Its shim, for ever."""
        return ProcessIdentity(self.shim, self.shim_start, self.boot)

    @property
    def runs(self) -> bool:
        """Whether exactly this command lives."""
        return self.command_process.lives

    @property
    def kept(self) -> bool:
        """Whether its shim lives."""
        return bool(self.shim) and self.shim_process.lives

    @property
    def signal_name(self) -> str:
        """The signal that killed it, as 'SIGKILL'; empty when none did."""
        return signal_name(self.signal) if self.signal else ""

    @property
    def how(self) -> str:
        """How it ended."""
        if self.signal:
            return f"was killed by {self.signal_name}"
        if self.exit_code is not None:
            return f"ended with exit code {self.exit_code}"
        return "ended; how is not known, as its shim was killed"


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
    """Keep the record, atomically; of a command whose shim does not, or no longer."""
    put(str(Path(directory) / FILE), msgspec.json.encode(record))


def reserve_record(directory: str) -> None:
    """Keep space for the next record, also where an older version wrote the one there is."""
    reserve(str(Path(directory) / FILE))
