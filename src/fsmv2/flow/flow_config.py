"""What a flow is to do, fully resolved: frozen data handed to an engine.

Documents and templates are read elsewhere; here are only values. All problems of a config are
reported at once when it is made.
"""

from __future__ import annotations

import math

import msgspec

from fsmv2.errors import SpecError
from fsmv2.flow.inputs.modbus.register import Order, Register, register_problems, unclean
from fsmv2.flow.outputs.uns.login import Login
from fsmv2.flow.outputs.uns.subject import subject_of
from fsmv2.model.name_rules import UNKNOWN, has_first_level


class ModbusInput(msgspec.Struct, frozen=True, kw_only=True, tag="modbus"):
    """A Modbus TCP device that is read every `every` seconds; `timeout` in seconds.

    Word order is that of the registers of one value, byte order that of the bytes of one register;
    `big` is what the protocol says and most devices do. Reads of tags with at most `max_gap`
    unread addresses between them are merged into one request. `request_gap`: seconds the device is
    left alone after each request, whoever it is from.
    """

    host: str
    port: int = 502
    unit: int = 1
    every: float = 1.0
    timeout: float = 1.0
    request_gap: float = 0.0
    registers: tuple[Register, ...] = ()
    word_order: Order = "big"
    byte_order: Order = "big"
    max_gap: int = 8

    def __post_init__(self) -> None:
        problems = list(_input_problems(self))
        if problems:
            raise SpecError("; ".join(problems), path="modbus", problems=problems)

    @property
    def slowest_sample(self) -> float:
        """Seconds within which some tag is published whose value changes."""
        return max(self.every, min(register.min_interval for register in self.registers))


class UnsOutput(msgspec.Struct, frozen=True, kw_only=True, tag="uns"):
    """The Unified Namespace on a NATS server with JetStream.

    `queue` bounds the samples accepted but not yet acknowledged; `window` those sent without
    waiting for the acknowledgement of the first. `server`: what the server's name begins with;
    another that answers at `url` is not spoken to. `login`: what the server is shown.
    `retain`: the last value of each tag is kept for MQTT clients that subscribe later.
    """

    url: str
    location_path: str
    contract: str = "_raw"
    stream: str = "UMH"
    queue: int = 10_000
    window: int = 512
    server: str = ""
    login: Login = Login()
    retain: bool = False

    def __post_init__(self) -> None:
        problems = list(_output_problems(self))
        if problems:
            raise SpecError("; ".join(problems), path="uns", problems=problems)

    def subject(self, register: Register) -> str:
        """The subject to which the values of a tag are published."""
        return subject_of(
            self.location_path, self.contract, register.virtual_path, register.published
        )


class FlowConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One flow. `name` identifies it in the engine and in message ids: the path of its worker."""

    name: str
    input: ModbusInput
    output: UnsOutput


def _input_problems(config: ModbusInput) -> list[str]:
    problems = []
    if not config.host:
        problems.append("host is empty")
    if not 1 <= config.port <= 65535:
        problems.append(f"port {config.port} is not from 1 to 65535")
    if not 0 <= config.unit <= 255:
        problems.append(f"unit {config.unit} is not from 0 to 255")
    if not 0.01 <= config.every < math.inf:
        problems.append(f"every {config.every:g} s is not 0.01 s or more")
    if not 0 < config.timeout < math.inf:
        problems.append(f"timeout {config.timeout:g} s is not a time above 0")
    if not 0 <= config.max_gap <= 100:
        problems.append(f"max_gap {config.max_gap} is not from 0 to 100")
    if not 0 <= config.request_gap < math.inf:
        problems.append(f"request_gap {config.request_gap:g} s is not 0 or more")
    if not config.registers:
        problems.append("registers is empty: name at least one tag to read")
    seen: dict[tuple[str, str], int] = {}
    for number, register in enumerate(config.registers):
        where = f"registers[{number}] ({register.name})"
        problems += [f"{where}: {problem}" for problem in register_problems(register)]
        first = seen.setdefault((register.virtual_path, register.published), number)
        if first != number:
            renamed = f" '{register.rename}'" if register.rename else ""
            problems.append(f"{where}: the tag name{renamed} is taken by registers[{first}]")
    return problems


def _output_problems(config: UnsOutput) -> list[str]:
    problems = []
    if not has_first_level(config.location_path):
        found = "has no enterprise" if config.location_path else "is empty"
        problems.append(
            f"the location {found}; what publishes into the namespace needs at least its first "
            "level, the enterprise"
        )
    levels = [level for level in config.location_path.split(".") if level != UNKNOWN]
    problems += unclean(*levels, what="location level") if config.location_path else []
    problems += unclean(config.contract, what="contract")
    if not config.url:
        problems.append("url is empty")
    if config.queue < 1 or config.window < 1:
        problems.append("queue and window must be at least 1")
    return problems
