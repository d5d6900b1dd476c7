"""Which ports the embedded broker uses: those given, or chosen ones that stay the same for ever.

Clients keep the address of a broker in their own configuration, so a restart must not move it.
"""

from __future__ import annotations

import contextlib
import secrets
import socket
from pathlib import Path

import msgspec

from fsmv2.builtin.broker.config import BrokerConfig, make_private_directory, write_private
from fsmv2.builtin.broker.kernel import find_servers
from fsmv2.builtin.broker.record import is_alive, read_record
from fsmv2.builtin.process.kernel import is_ending
from fsmv2.errors import TemporaryError

PREFERRED = (4222, 1883)
"""What everyone expects; taken when they are free."""
LOWEST = 10240
"""Where the search for others begins; below are the well-known ports."""


class Ports(msgspec.Struct, frozen=True):
    """The ports that were chosen for a state directory; 0 for none yet."""

    port: int = 0
    mqtt_port: int = 0


def settle(config: BrokerConfig) -> BrokerConfig:
    """The config with ports to listen on: the given ones, else chosen and remembered ones."""
    port, mqtt_port = resolve_ports(config.directory, port=config.port, mqtt_port=config.mqtt_port)
    return msgspec.structs.replace(config, port=port, mqtt_port=mqtt_port)


def remembered_ports(state_dir: Path) -> Ports:
    """The ports used last, as far as known; changes nothing."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode((state_dir / "ports.json").read_bytes(), type=Ports)
    return Ports()


def resolve_ports(state_dir: Path, *, port: int, mqtt_port: int) -> tuple[int, int]:
    """The ports to use; 0 asks for a choice. Chosen ones are remembered in the state directory.

    TemporaryError: no port is free.
    """
    remembered = remembered_ports(state_dir)
    if port and mqtt_port and (not state_dir.exists() or remembered == Ports(port, mqtt_port)):
        return port, mqtt_port
    ours = _held_by_us(state_dir, remembered)
    port = port or _choose((remembered.port, PREFERRED[0]), ours, other=mqtt_port)
    mqtt_port = mqtt_port or _choose((remembered.mqtt_port, PREFERRED[1]), ours, other=port)
    make_private_directory(state_dir)
    write_private(state_dir / "ports.json", msgspec.json.encode(Ports(port, mqtt_port)).decode())
    return port, mqtt_port


def _held_by_us(state_dir: Path, remembered: Ports) -> set[int]:
    config = BrokerConfig(state_dir=str(state_dir))
    record = read_record(config)
    if record is not None and (
        is_alive(config, record) or is_ending(record.pid, record.start_time)
    ):
        return {record.port, record.mqtt_port}
    # One that is not on record was started with the ports remembered just before.
    return {remembered.port, remembered.mqtt_port} if find_servers(config) else set()


def _choose(wanted: tuple[int, ...], ours: set[int], *, other: int) -> int:
    # Ports that the kernel gives to outgoing connections are left alone: a client that tries again
    # and again while the server is away would one day be given the very port, and keep it.
    limit = max(_first_outgoing(), LOWEST + 1000)
    more = (LOWEST + secrets.randbelow(limit - LOWEST) for _ in range(1000))
    for port in (*wanted, *more):
        if port and port != other and (port in ours or is_free(port)):
            return port
    raise TemporaryError(f"no free TCP port between {LOWEST} and {limit} on 127.0.0.1.")


def _first_outgoing() -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    return 32768


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether nobody listens on this port of the loopback interface."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError:
            return False
    return True
