"""Which processes are servers of ours, by their command line and owner."""

from __future__ import annotations

import os
from pathlib import Path

from fsmv2.builtin.broker.config import BrokerConfig
from fsmv2.builtin.process.kernel import start_time_of


def runs_our_server(pid: int, config: BrokerConfig) -> bool:
    """Whether this process is a nats-server with our config file, by its command line and owner."""
    entry = Path(f"/proc/{pid}")
    try:
        words = (entry / "cmdline").read_bytes().split(b"\0")
        owner = entry.stat().st_uid
    except OSError:
        return False
    ours = [b"--config", os.fsencode(config.config_file)]
    return words[0].endswith(b"nats-server") and words[1:3] == ours and owner == os.geteuid()


def find_servers(config: BrokerConfig) -> list[int]:
    """Pids of all servers that run with our config file, on record or not.

    One is not on record when fsmv2 was killed between starting it and writing that down.
    """
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return [pid for pid in pids if runs_our_server(pid, config)]


def server_of_pid_file(config: BrokerConfig) -> int | None:
    """The same for one look: the pid the server itself wrote down, if it is that server."""
    try:
        pid = int(config.pid_file.read_text())
    except (OSError, ValueError):
        return None
    return pid if start_time_of(pid) is not None and runs_our_server(pid, config) else None
