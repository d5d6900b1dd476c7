"""Tags of a Modbus device that can be read and will mislead: one warning for each kind of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from fsmv2.flow.inputs.modbus.register import BIT_KINDS, ModbusTag
from fsmv2.flow.tagged_kind import LikelyMistake

BOOL_OF_A_REGISTER, MODICON = MISTAKE_CODES = ("FSM0151", "FSM0153")

FIRST = {"discrete": 10001, "input": 30001, "holding": 40001}
"""Where Modicon's notation begins to count each kind."""
NOTED = 9999
"""Addresses that the notation has of each kind, in five digits."""


class HasTags(Protocol):
    """An input or output of the protocol."""

    @property
    def registers(self) -> Sequence[ModbusTag]: ...


def likely_mistakes(config: HasTags) -> Iterator[LikelyMistake]:
    """Flags in whole registers, addresses in another notation; the first stands for the rest."""
    tags = config.registers
    flags = [n for n, t in enumerate(tags) if t.type == "bool" and t.kind not in BIT_KINDS]
    if flags:
        tag = tags[flags[0]]
        yield LikelyMistake(
            flags[0],
            "type",
            BOOL_OF_A_REGISTER,
            f"tag '{tag.name}' is a bool of {_a(tag.kind)} register, which has 16 bits: it is "
            f"true when any of them is set{_more(len(flags))}.",
            "Read the whole register as `type: uint16`, or a single bit as `kind: coil` or "
            "`kind: discrete`.",
        )
    noted = [n for n, tag in enumerate(tags) if _meant(tag) is not None]
    if noted:
        tag = tags[noted[0]]
        yield LikelyMistake(
            noted[0],
            "address",
            MODICON,
            f"tag '{tag.name}': addresses count from 0 here, and {tag.address} looks like "
            f"Modicon's notation, which means address {_meant(tag)} of the {tag.kind} "
            f"registers{_more(len(noted))}.".replace("discrete registers", "inputs"),
            f"Write `address: {_meant(tag)}`, unless the device has as many registers as that.",
        )


def _more(number: int) -> str:
    return "" if number == 1 else f" (and so for {number - 1} more tag{'s' if number > 2 else ''})"


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeio" else f"a {kind}"


def _meant(tag: ModbusTag) -> int | None:
    """The address that Modicon's notation means, if this may be in it."""
    first = FIRST.get(tag.kind)
    if first is None or not first <= tag.address < first + NOTED:
        return None
    return tag.address - first
