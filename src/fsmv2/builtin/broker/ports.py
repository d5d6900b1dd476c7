"""Which ports the embedded broker uses: those given, or chosen ones that stay the same forever.

Clients keep the address of a broker in their own configuration, so a restart must not move it.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from random import Random

import msgspec

from fsmv2.builtin.broker.broker_config import BrokerConfig, make_private_directory
from fsmv2.builtin.broker.broker_record import is_alive, read_record
from fsmv2.builtin.broker.own_servers import find_servers
from fsmv2.host.free_ports import free_port
from fsmv2.host.private import replace_private

PREFERRED = (4222, 1883)
"""What everyone expects; taken when they are free."""


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


def expected_ports(state_dir: Path, *, port: int, mqtt_port: int) -> tuple[int, int]:
    """What `resolve_ports` would give, without remembering it: the same each time it is asked.

    TemporaryError: no port is free.
    """
    remembered = remembered_ports(state_dir)
    # Those that are remembered are taken, by the broker that runs.
    port, mqtt_port = port or remembered.port, mqtt_port or remembered.mqtt_port
    # Of a plan that was saved the same is to come when it is applied: drawn by the place.
    below = Random(str(state_dir)).randrange  # noqa: S311  (a port is no secret)
    port = port or free_port(PREFERRED[:1], other=mqtt_port, below=below)
    return port, mqtt_port or free_port(PREFERRED[1:], other=port, below=below)


def remember_ports(state_dir: Path, port: int, mqtt_port: int) -> None:
    """Have the next start choose these, as they were chosen by `expected_ports`. OSError."""
    if remembered_ports(state_dir) != Ports(port, mqtt_port):
        make_private_directory(state_dir)
        replace_private(state_dir / "ports.json", msgspec.json.encode(Ports(port, mqtt_port)))


def resolve_ports(state_dir: Path, *, port: int, mqtt_port: int) -> tuple[int, int]:
    """The ports to use; 0 asks for a choice. Chosen ones are remembered in the state directory.

    TemporaryError: no port is free.
    """
    remembered = remembered_ports(state_dir)
    if port and mqtt_port and (not state_dir.exists() or remembered == Ports(port, mqtt_port)):
        return port, mqtt_port
    ours = _held_by_us(state_dir, remembered)
    port = port or free_port((remembered.port, PREFERRED[0]), ours=ours, other=mqtt_port)
    mqtt_port = mqtt_port or free_port((remembered.mqtt_port, PREFERRED[1]), ours=ours, other=port)
    remember_ports(state_dir, port, mqtt_port)
    return port, mqtt_port


def _held_by_us(state_dir: Path, remembered: Ports) -> set[int]:
    config = BrokerConfig(state_dir=str(state_dir))
    record = read_record(config)
    if record is not None and (is_alive(config, record) or record.process.is_ending):
        return {record.port, record.mqtt_port}
    # One that is not on record was started with the ports remembered just before.
    return {remembered.port, remembered.mqtt_port} if find_servers(config) else set()
