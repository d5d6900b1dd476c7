"""`modbus:` as an output: which tags of a device may be written, and how a value becomes words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fsmv2.errors import UnfitError
from fsmv2.flow.commands.command_output import Prepared
from fsmv2.flow.inputs.modbus.modbus_device import ModbusDevice, device_problems
from fsmv2.flow.outputs.modbus.write_encoding import registers_for
from fsmv2.flow.outputs.modbus.write_register import WriteRegister, write_register_problems
from fsmv2.flow.tag import Problem, of_tag, taken


class ModbusOutput(ModbusDevice, frozen=True, kw_only=True, tag="modbus"):
    """`modbus:` below `write:`, a Modbus TCP device and the only tags of it that may be written."""

    registers: tuple[WriteRegister, ...]
    """The tags that may be written; at least one. Nothing else ever is."""

    def __post_init__(self) -> None:
        if problems := list(_problems(self)):
            raise UnfitError("modbus", problems)

    @property
    def tags(self) -> tuple[WriteRegister, ...]:
        """What may be written; nothing else ever is."""
        return self.registers

    def prepare(self, tag: WriteRegister, value: Any) -> Prepared:
        """The registers that hold a value of JSON; ValueError with the reason if none do."""
        return Prepared(
            *registers_for(tag, value, word_order=self.word_order, byte_order=self.byte_order)
        )


def _problems(config: ModbusOutput) -> Iterator[Problem]:
    yield from device_problems(config)
    if not config.registers:
        yield Problem(
            "registers", "registers is empty", "Name at least one tag that may be written."
        )
    seen: dict[str, int] = {}
    for number, register in enumerate(config.registers):
        where = f"registers[{number}]"
        for problem in write_register_problems(register):
            yield of_tag(problem, where, register.name)
        first = seen.setdefault(register.path, number)
        if first != number:
            names = {one.name for one in config.registers}
            yield taken(where, register.name, f"registers[{first}]", names)
