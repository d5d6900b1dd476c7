"""What is known of one command: its record, which its shim writes and fsmv2 reads."""

from __future__ import annotations

from fsmv2.builtin.process.record_file import Recorded, RecordFile
from fsmv2.builtin.process.shim.record_writer import FILE
from fsmv2.host.process_identity import ProcessIdentity, signal_name


class ProcessRecord(
    Recorded,
    frozen=True,
    kw_only=True,
    rename={"shim": "keeper", "shim_start": "keeper_start"},  # as earlier versions wrote it
):
    """A command that was started, and its shim, each by pid and the kernel's start time.

    `said`: it wrote the line that says it is ready; `slow`: that line is looked for no more, since
    its pattern takes too long on what is written. `ended_at` in Unix seconds. Ended without
    `exit_code` and `signal`: nobody was there to learn how. `asked`: it was to end.
    """

    shim: int = 0
    shim_start: int = 0
    said: bool = False
    slow: bool = False
    ended_at: float | None = None
    exit_code: int | None = None
    signal: int = 0
    asked: bool = False

    @property
    def shim_process(self) -> ProcessIdentity:
        """Its shim, forever."""
        return ProcessIdentity(self.shim, self.shim_start, self.boot)

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


_RECORDS = RecordFile(FILE, ProcessRecord)
read_record = _RECORDS.read
write_record = _RECORDS.write
reserve_record = _RECORDS.reserve
remove_record = _RECORDS.remove
