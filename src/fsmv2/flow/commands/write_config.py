"""What a write flow is to do, fully resolved: which subjects it hears, which tags it may write.

The counterpart of `fsmv2.flow.flow_config`, which is about reading. All problems are told at once.
"""

from __future__ import annotations

import math

import msgspec

from fsmv2.errors import SpecError
from fsmv2.flow.inputs.modbus.register import BIT_KINDS, ModbusTag, Order, tag_problems, unclean
from fsmv2.flow.outputs.uns.login import Login
from fsmv2.flow.outputs.uns.subject import PREFIX, REPLY
from fsmv2.model.name_rules import UNKNOWN


def plain(number: int | float) -> str:
    """A number as a person writes it, with all its digits: 10, not 10.0."""
    return repr(number).removesuffix(".0")


class WriteRegister(ModbusTag, frozen=True, kw_only=True):
    """A tag that may be written, a holding register or a coil.

    `min` and `max` limit the value as it is sent, in its own unit, and to its last digit: a whole
    number stays one. `read_back`: read the register
    after the device has confirmed, and call the write done only if it reads the same.
    """

    min: int | float | None = None
    max: int | float | None = None
    read_back: bool = False

    @property
    def path(self) -> str:
        """Virtual path and name: what stands behind the prefix of the subject."""
        return f"{self.virtual_path}.{self.name}" if self.virtual_path else self.name


class CommandInput(msgspec.Struct, frozen=True, kw_only=True, tag="commands"):
    """Commands on a NATS server: `<subject>.<tag>`, or the MQTT topic that it is at the gateway.

    A command older than `max_age` seconds, or from further in the future than `clock_tolerance`
    seconds, is refused. `queue`: how many may wait; one more is refused. `memory`: the folder in
    which ids are kept, so that a restart executes no command twice; without it they are not.
    `server`: what the server's name begins with; another that answers at `url` is not heard.
    `login`: what the server is shown.
    """

    url: str
    subject: str
    max_age: float = 5.0
    clock_tolerance: float = 2.0
    queue: int = 100
    stream: str = "UMH"
    memory: str = ""
    server: str = ""
    login: Login = Login()

    def __post_init__(self) -> None:
        problems = list(_command_problems(self))
        if problems:
            raise SpecError("; ".join(problems), path="commands", problems=problems)


class ModbusOutput(msgspec.Struct, frozen=True, kw_only=True, tag="modbus"):
    """A Modbus TCP device and the tags of it that may be written; no other register ever is.

    `timeout`, and `request_gap`, for which it is left alone after each request, in seconds.
    """

    host: str
    port: int = 502
    unit: int = 1
    timeout: float = 1.0
    request_gap: float = 0.0
    registers: tuple[WriteRegister, ...] = ()
    word_order: Order = "big"
    byte_order: Order = "big"

    def __post_init__(self) -> None:
        problems = list(_output_problems(self))
        if problems:
            raise SpecError("; ".join(problems), path="modbus", problems=problems)


class WriteConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One write flow. `name` identifies it in the engine: the path of its worker."""

    name: str
    input: CommandInput
    output: ModbusOutput


def _command_problems(config: CommandInput) -> list[str]:
    problems = []
    if not config.url:
        problems.append("url is empty")
    levels = config.subject.split(".")
    problems += unclean(*(level for level in levels if level != UNKNOWN), what="subject part")
    if config.subject == PREFIX or config.subject.startswith(f"{PREFIX}."):
        # A stream keeps what is published there and answers the sender before we do.
        problems.append(
            f"the subject {config.subject} is inside the namespace of what was measured, "
            f"{PREFIX}; commands need another, such as cmd.v1"
        )
    if levels[-1] == REPLY:
        problems.append(f"the subject ends with '{REPLY}', which is where answers go")
    for what, seconds in (
        ("max_age", config.max_age),
        ("clock_tolerance", config.clock_tolerance),
    ):
        if not 0 < seconds < math.inf:
            problems.append(f"{what} {seconds:g} s is not a time above 0")
    if not 1 <= config.queue <= 100_000:
        problems.append(f"queue {config.queue} is not from 1 to 100000")
    return problems


def _output_problems(config: ModbusOutput) -> list[str]:
    problems = []
    if not config.host:
        problems.append("host is empty")
    if not 1 <= config.port <= 65535:
        problems.append(f"port {config.port} is not from 1 to 65535")
    if not 0 <= config.unit <= 255:
        problems.append(f"unit {config.unit} is not from 0 to 255")
    if not 0 < config.timeout < math.inf:
        problems.append(f"timeout {config.timeout:g} s is not a time above 0")
    if not 0 <= config.request_gap < math.inf:
        problems.append(f"request_gap {config.request_gap:g} s is not 0 or more")
    if not config.registers:
        problems.append("registers is empty: name at least one tag that may be written")
    seen: dict[str, int] = {}
    for number, register in enumerate(config.registers):
        where = f"registers[{number}] ({register.name})"
        problems += [f"{where}: {problem}" for problem in _register_problems(register)]
        first = seen.setdefault(register.path, number)
        if first != number:
            problems.append(f"{where}: the tag name is taken by registers[{first}]")
    return problems


def _register_problems(register: WriteRegister) -> list[str]:
    problems = [*unclean(register.name, what="tag name"), *tag_problems(register)]
    if register.name == REPLY:
        problems.append(f"'{REPLY}' is where answers go; give the tag another name")
    if register.kind in ("input", "discrete"):
        problems.append(
            f"a {register.kind} cannot be written, by the protocol; only a holding register or a "
            "coil can"
        )
    elif register.type == "bool" and register.kind not in BIT_KINDS:
        problems.append("a bool is written to a coil; a whole register is a number, such as uint16")
    if register.scale == 0:
        problems.append("scale 0 cannot be undone")
    limits = [limit for limit in (register.min, register.max) if limit is not None]
    if limits and register.type in ("bool", "string"):
        problems.append(f"a {register.type} has no min or max")
    if any(isinstance(limit, float) and not math.isfinite(limit) for limit in limits):
        problems.append("min and max must be numbers to compare with")
    elif len(limits) == 2 and limits[0] > limits[1]:
        least, most = plain(limits[0]), plain(limits[1])
        problems.append(f"min {least} is above max {most}: nothing could be written")
    return problems
