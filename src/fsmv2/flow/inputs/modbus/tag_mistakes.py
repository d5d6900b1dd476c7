"""Tags of a Modbus device that can be read and will mislead: one warning for each kind of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from fsmv2.flow.inputs.modbus.register import BIT_KINDS, ModbusTag
from fsmv2.flow.tagged_kind import LikelyMistake

BOOL_OF_A_REGISTER, MODICON, NO_EFFECT, OVERLAP = MISTAKE_CODES = (
    "FSM0151",
    "FSM0153",
    "FSM0159",
    "FSM0143",
)

FIRST = {"discrete": 10001, "input": 30001, "holding": 40001}
"""Where Modicon's notation begins to count each kind."""
NOTED = 9999
"""Addresses that the notation has of each kind, in five digits."""


class HasTags(Protocol):
    """An input or output of the protocol."""

    @property
    def registers(self) -> Sequence[ModbusTag]: ...


def likely_mistakes(config: HasTags) -> Iterator[LikelyMistake]:
    """Flags in whole registers, addresses in another notation, and others; the first of a kind
    stands for the rest."""
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

    unused = [n for n, tag in enumerate(tags) if tag.length and tag.type != "string"]
    if unused:
        tag = tags[unused[0]]
        yield LikelyMistake(
            unused[0],
            "length",
            NO_EFFECT,
            f"tag '{tag.name}': `length` is for strings; {_an(tag.type)} takes "
            f"{_registers(tag.width)}{_more(len(unused))}.",
            "Remove `length`, or write a type that takes as many.",
        )
    nothing = [n for n, tag in enumerate(tags) if tag.scale == 0]
    if nothing:
        tag = tags[nothing[0]]
        yield LikelyMistake(
            nothing[0],
            "scale",
            NO_EFFECT,
            f"tag '{tag.name}': with scale 0 each value is {tag.offset:g}, whatever is "
            f"read{_more(len(nothing))}.",
            "Write another scale, or remove it.",
        )
    shared = list(_overlaps(tags))
    if shared:
        number, other = shared[0]
        tag, first = tags[number], tags[other]
        end = first.address + first.width
        yield LikelyMistake(
            number,
            "address",
            OVERLAP,
            f"tag '{tag.name}' begins at {tag.address}, within '{first.name}', which is "
            f"{_an(first.type)} and takes {first.address} to {end - 1}"
            f"{_more(len(shared))}.",
            f"Compare both with the manual: the next free address is {end}.",
        )


def _overlaps(tags: Sequence[ModbusTag]) -> Iterator[tuple[int, int]]:
    """Tags that begin within another one that is not a whole number, whose parts mean nothing.

    Whole numbers may be read as their halves, too, and one address as two types.
    """
    placed = sorted(
        (n for n, tag in enumerate(tags) if tag.kind not in BIT_KINDS),
        key=lambda n: (tags[n].kind, tags[n].address, -tags[n].width),
    )
    last: int | None = None
    for number in placed:
        tag = tags[number]
        if last is not None and tag.kind == tags[last].kind:
            before = tags[last]
            end = before.address + before.width
            cut = tag.address + tag.width > end
            if before.address < tag.address < end and (cut or before.type not in WHOLE):
                yield number, last
                continue
            if tag.address + tag.width <= end:
                continue  # all of it lies within
        last = number


WHOLE = frozenset(("int16", "uint16", "int32", "uint32", "int64", "uint64", "bool"))


def _an(type_: str) -> str:
    return f"an {type_}" if type_.startswith("int") else f"a {type_}"


def _registers(number: int) -> str:
    return "1 register" if number == 1 else f"{number} registers"


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
