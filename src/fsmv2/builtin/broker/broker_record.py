"""Whose the broker is: the record of the server we started, and whether it still is that one."""

from __future__ import annotations

from pathlib import Path

import msgspec

from fsmv2.builtin.broker.broker_config import BrokerConfig, write_private
from fsmv2.builtin.broker.own_servers import runs_our_server
from fsmv2.host.process_identity import ProcessIdentity


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A server we started. `name` is its server name, random, and so its identity.

    `start_time` is the kernel's, in clock ticks; `started_at` is wall-clock seconds, for people.
    `ready` is whether it ever was; `digest` tells whether it runs with the config of today.
    """

    pid: int
    start_time: int
    name: str
    port: int
    mqtt_port: int
    started_at: float
    ready: bool = False
    digest: str = ""
    boot: str = ""

    @property
    def server(self) -> ProcessIdentity:
        """The server, for ever."""
        return ProcessIdentity(self.pid, self.start_time, self.boot)


def record_file(config: BrokerConfig) -> Path:
    """Where the record is kept."""
    return config.directory / "broker.json"


def read_record(config: BrokerConfig) -> Record | None:
    """The record, or None when there is none that can be read."""
    try:
        return msgspec.json.decode(record_file(config).read_bytes(), type=Record)
    except (OSError, msgspec.MsgspecError):
        return None


def write_record(config: BrokerConfig, record: Record) -> None:
    """Keep the record, atomically."""
    write_private(record_file(config), msgspec.json.encode(record).decode())


def remove_record(config: BrokerConfig) -> None:
    """Forget the record."""
    record_file(config).unlink(missing_ok=True)


def is_alive(config: BrokerConfig, record: Record) -> bool:
    """Whether exactly the recorded process still lives, and is our server."""
    return record.server.lives and runs_our_server(record.pid, config)
