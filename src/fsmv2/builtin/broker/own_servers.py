"""Which processes are servers of ours, by their command line and owner."""

from __future__ import annotations

import os

from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.host.process_list import command_line, own_process, own_processes


def runs_our_server(pid: int, config: BrokerConfig) -> bool:
    """Whether this process is a nats-server with our config file, by its command line and owner."""
    return _serves(pid, config) and own_process(pid) is not None


def find_servers(config: BrokerConfig) -> list[int]:
    """Pids of all servers that run with our config file, on record or not.

    One is not on record when fsmv2 was killed between starting it and writing that down.
    """
    return [one.pid for one in own_processes() if _serves(one.pid, config)]


def server_of_pid_file(config: BrokerConfig) -> int | None:
    """The same for one look: the pid the server itself wrote down, if it is that server."""
    try:
        pid = int(config.pid_file.read_text())
    except (OSError, ValueError):
        return None
    return pid if runs_our_server(pid, config) else None


def _serves(pid: int, config: BrokerConfig) -> bool:
    program, *words = command_line(pid) or [b""]
    ours = [b"--config", os.fsencode(config.config_file)]
    return program.endswith(b"nats-server") and words[:2] == ours
