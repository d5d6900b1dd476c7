"""`modbus:` as an input: what to read of a device, as a document says it and as it is read."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, ClassVar

import msgspec

from fsmv2.errors import UnfitError
from fsmv2.flow.field_types import Interval
from fsmv2.flow.inputs.modbus.modbus_device import ModbusDevice, device_problems
from fsmv2.flow.inputs.modbus.register import Register, register_problems
from fsmv2.flow.tag import Problem, of_tag, taken
from fsmv2.model.decoder import Templated


class ModbusInput(ModbusDevice, frozen=True, kw_only=True, tag="modbus"):
    """`modbus:` a Modbus TCP device and the tags to read.

    It is read every `every`. Reads of tags with at most `max_gap` unread addresses between them are
    merged into one request. After each request, whoever it is from, the device is left alone for
    `request_gap`. Word order is that of the registers of one value, byte order that of the bytes of
    one register; `big` is what the protocol says and most devices do.
    """

    DOES: ClassVar[str] = "reads"

    registers: Annotated[tuple[Register, ...], msgspec.Meta(min_length=1)]
    """The tags that are read; at least one."""
    every: Templated[Interval] = 1.0
    """How often all of them are read."""
    max_gap: Templated[Annotated[int, msgspec.Meta(ge=0, le=100)]] = 8
    """Registers between two tags that are read along, to save a request."""

    def __post_init__(self) -> None:
        if problems := list(_problems(self)):
            raise UnfitError("modbus", problems)

    @property
    def tags(self) -> tuple[Register, ...]:
        """What is read."""
        return self.registers


def _problems(config: ModbusInput) -> Iterator[Problem]:
    yield from device_problems(config)
    if not 0.01 <= config.every < math.inf:
        yield Problem("every", f"every is {config.every:g} s, expected at least 0.01 s")
    if not 0 <= config.max_gap <= 100:
        yield Problem("max_gap", f"max_gap is {config.max_gap}, expected 0 to 100")
    if not config.registers:
        yield Problem("registers", "registers is empty", "Name at least one tag to read.")
    seen: dict[tuple[str, str], int] = {}
    for number, register in enumerate(config.registers):
        where = f"registers[{number}]"
        for problem in register_problems(register):
            yield of_tag(problem, where, register.name)
        first = seen.setdefault((register.virtual_path, register.published), number)
        if first != number:
            names = {one.published for one in config.registers}
            at = f"registers[{first}]"
            yield taken(where, register.name, at, names, register.rename)
