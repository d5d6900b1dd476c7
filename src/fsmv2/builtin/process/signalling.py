"""A signal that an operator sends to a supervised process: to the command alone, as it runs now."""

from __future__ import annotations

import signal
from pathlib import Path

from fsmv2.builtin.process.process_record import ProcessRecord, read_record
from fsmv2.builtin.process.process_table import found_in
from fsmv2.host.signal_delivery import Delivery, deliver


def send_signal(
    directory: str, number: signal.Signals, *, dry_run: bool = False
) -> tuple[int, Delivery]:
    """Send it to the process with its record in `directory`; its pid, 0 when none runs. Blocks.

    One whose record is lost is asked of the kernel. `dry_run`: only see whether it could be sent.
    """
    record = _running(str(Path(directory).expanduser().absolute()))
    if record is None:
        return 0, Delivery("it does not run")
    return record.pid, deliver(record.process, number, dry_run=dry_run)


def _running(directory: str) -> ProcessRecord | None:
    on_disk = read_record(directory)
    if on_disk is not None and on_disk.ended_at is None and on_disk.runs:
        return on_disk
    return next((one for one in found_in(directory).records if one.runs), None)
