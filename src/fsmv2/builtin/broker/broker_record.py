"""Whose the broker is: the record of the server we started, and whether it still is that one."""

from __future__ import annotations

from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.builtin.broker.own_servers import runs_our_server
from fsmv2.builtin.process.record_file import Recorded, RecordFile
from fsmv2.host.process_list import command_line


class BrokerRecord(Recorded, frozen=True, kw_only=True):
    """A server we started. `name` is its server name, random, and so its identity.

    `ready` is whether it ever was.
    """

    name: str
    port: int
    mqtt_port: int
    ready: bool = False


_RECORDS = RecordFile("broker.json", BrokerRecord)


def read_record(config: BrokerConfig) -> BrokerRecord | None:
    """The record, or None when there is none that can be read."""
    return _RECORDS.read(config.directory)


def write_record(config: BrokerConfig, record: BrokerRecord) -> None:
    """Keep the record, atomically."""
    _RECORDS.write(config.directory, record)


def remove_record(config: BrokerConfig) -> None:
    """Forget the record."""
    _RECORDS.remove(config.directory)


def is_alive(config: BrokerConfig, record: BrokerRecord) -> bool:
    """Whether exactly the recorded process still lives, and is our server.

    In the moment in which the kernel puts the program in its place it has no command line yet.
    """
    return record.runs and (runs_our_server(record.pid, config) or not command_line(record.pid))
