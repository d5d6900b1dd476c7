"""What a flow is to do, fully resolved: frozen data handed to an engine.

Documents and templates are read elsewhere; here are only values. All problems of a config are
reported at once when it is made.
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec

from fsmv2.errors import LocationError, SpecError
from fsmv2.spec import check_name_part
from fsmv2.spec.names import UNKNOWN

Kind = Literal["holding", "input", "coil", "discrete"]
ValueType = Literal[
    "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64", "bool", "string"
]
Order = Literal["big", "little"]

BIT_KINDS = ("coil", "discrete")
WIDTHS: dict[str, int] = {
    "bool": 1,
    "int16": 1,
    "uint16": 1,
    "int32": 2,
    "uint32": 2,
    "float32": 2,
    "int64": 4,
    "uint64": 4,
    "float64": 4,
}
"""Registers of 16 bits that a value of a type takes; a string says its own."""


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """One tag of a Modbus device: where it is, what it is, and what it is called.

    `address` counts from 0, as in the protocol. `length`: registers of a string. `scale` and
    `offset` turn a raw number n into n × scale + offset.
    """

    name: str
    address: int
    kind: Kind = "holding"
    type: ValueType = "uint16"
    length: int = 0
    scale: float | None = None
    offset: float = 0.0
    virtual_path: str = ""
    word_order: Order | None = None
    byte_order: Order | None = None

    @property
    def width(self) -> int:
        """Registers, or bits, that the value takes."""
        return self.length if self.type == "string" else WIDTHS[self.type]


class ModbusInput(msgspec.Struct, frozen=True, kw_only=True):
    """A Modbus TCP device that is read every `every` seconds; `timeout` in seconds.

    Word order is that of the registers of one value, byte order that of the bytes of one register;
    `big` is what the protocol says and most devices do. Reads of tags with at most `max_gap`
    unread addresses between them are merged into one request.
    """

    host: str
    port: int = 502
    unit: int = 1
    every: float = 1.0
    timeout: float = 1.0
    registers: tuple[Register, ...] = ()
    word_order: Order = "big"
    byte_order: Order = "big"
    max_gap: int = 8

    def __post_init__(self) -> None:
        problems = list(_input_problems(self))
        if problems:
            raise SpecError("; ".join(problems), path="modbus")


class UnsOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The Unified Namespace on a NATS server with JetStream.

    `queue` bounds the samples accepted but not yet acknowledged; `window` those sent without
    waiting for the acknowledgement of the first.
    """

    url: str
    location_path: str
    contract: str = "_raw"
    stream: str = "UMH"
    queue: int = 10_000
    window: int = 512

    def __post_init__(self) -> None:
        problems = list(_output_problems(self))
        if problems:
            raise SpecError("; ".join(problems), path="uns")


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
    if not config.registers:
        problems.append("registers is empty: name at least one tag to read")
    seen: dict[tuple[str, str], int] = {}
    for number, register in enumerate(config.registers):
        where = f"registers[{number}] ({register.name})"
        problems += [f"{where}: {problem}" for problem in _register_problems(register)]
        first = seen.setdefault((register.virtual_path, register.name), number)
        if first != number:
            problems.append(f"{where}: the tag name is taken by registers[{first}]")
    return problems


def _register_problems(register: Register) -> list[str]:
    problems = _unclean(register.name, what="tag name")
    if register.virtual_path:
        problems += _unclean(*register.virtual_path.split("."), what="virtual path part")
    if register.kind in BIT_KINDS and register.type != "bool":
        problems.append(f"a {register.kind} is one bit, its type is bool, not {register.type}")
    if register.type == "string" and not 1 <= register.length <= 125:
        problems.append("a string needs length: its number of registers, from 1 to 125")
    if register.type in ("bool", "string") and register.scale is not None:
        problems.append(f"a {register.type} cannot have a scale")
    for what, number in (("scale", register.scale), ("offset", register.offset)):
        if number is not None and not math.isfinite(number):
            problems.append(f"{what} {number:g} is not a number to calculate with")
    if not 0 <= register.address <= 65535:
        problems.append(f"address {register.address} is not from 0 to 65535")
    elif register.address + register.width > 65536:
        problems.append(f"it ends beyond address 65535 ({register.address} + {register.width})")
    return problems


def _unclean(*names: str, what: str) -> list[str]:
    """What is wrong with parts of a subject, which are used as they stand."""
    problems = []
    for name in names:
        try:
            if check_name_part(name, what) != name:
                problems.append(f"the {what} {name!r} has white space around it")
        except LocationError as error:
            problems.append(str(error))
    return problems


def _output_problems(config: UnsOutput) -> list[str]:
    problems = []
    if not config.location_path:
        problems.append(
            "the location is empty; what publishes into the namespace needs at least its first "
            "level, the enterprise"
        )
    levels = [level for level in config.location_path.split(".") if level != UNKNOWN]
    problems += _unclean(*levels, what="location level") if config.location_path else []
    problems += _unclean(config.contract, what="contract")
    if not config.url:
        problems.append("url is empty")
    if config.queue < 1 or config.window < 1:
        problems.append("queue and window must be at least 1")
    return problems
