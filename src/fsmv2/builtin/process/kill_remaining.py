"""Processes that are left after an end that was forced: those that had not been asked to stop yet.

A stop has an order, and who waits for its turn when the rest is forced would run on with nobody to
supervise it, while the command says that all has ended.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from urllib.parse import unquote

from fsmv2.builtin.process.orphans import orphan_name
from fsmv2.builtin.process.process_record import read_record
from fsmv2.host.process_end import kill_group


def kill_left(state_dir: str, spared: Iterable[str]) -> tuple[str, ...]:
    """Kill what runs with its record below `state_dir`, but for the `spared` paths.

    Blocks, briefly. Returns `path (pid 123)` of each.
    """
    found, names = [], set(map(orphan_name, spared))
    for folder in sorted(os.listdir(state_dir)) if os.path.isdir(state_dir) else ():
        path = unquote(folder)
        record = None if path in names else read_record(f"{state_dir}/{folder}")
        if record is not None and record.runs:
            kill_group(record.pid)
            found.append(f"{path} (pid {record.pid})")
    return tuple(found)
