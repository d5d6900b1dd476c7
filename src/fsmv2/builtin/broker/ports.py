"""Which ports the embedded broker uses: those given, or chosen ones that stay the same for ever.

Clients keep the address of a broker in their own configuration, so a restart must not move it.
"""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

import msgspec

from fsmv2.builtin.broker.config import BrokerConfig, write_private
from fsmv2.builtin.broker.record import is_alive, read_record

PREFERRED = (4222, 1883)
"""What everyone expects; taken when they are free."""


class Ports(msgspec.Struct, frozen=True):
    """The ports that were chosen for a state directory."""

    port: int
    mqtt_port: int


def resolve_ports(state_dir: Path, *, port: int, mqtt_port: int) -> tuple[int, int]:
    """The ports to use; 0 asks for a choice. Chosen ones are remembered in the state directory."""
    file = state_dir / "ports.json"
    remembered: Ports | None = None
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        remembered = msgspec.json.decode(file.read_bytes(), type=Ports)
    ours = _held_by_us(state_dir)
    chosen = Ports(
        port or _choose(remembered.port if remembered else 0, PREFERRED[0], ours),
        mqtt_port or _choose(remembered.mqtt_port if remembered else 0, PREFERRED[1], ours),
    )
    if chosen != remembered:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(file, msgspec.json.encode(chosen).decode())
    return chosen.port, chosen.mqtt_port


def _held_by_us(state_dir: Path) -> set[int]:
    record = read_record(BrokerConfig(state_dir=str(state_dir), port=0, mqtt_port=0))
    return {record.port, record.mqtt_port} if record is not None and is_alive(record) else set()


def _choose(remembered: int, preferred: int, ours: set[int]) -> int:
    for port in (remembered, preferred):
        if port and (port in ours or is_free(port)):
            return port
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether nobody listens on this port of the loopback interface."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
