"""What one tag of a Modbus device is: its place, its type and scale, its names.

`Register` is a tag that is read, with what is published of it; a tag that may be written is in
`write_config`. Made by documents, used by every part of a flow.
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec

from fsmv2.errors import LocationError
from fsmv2.model import check_name_part

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


class ModbusTag(msgspec.Struct, frozen=True, kw_only=True):
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


class Register(ModbusTag, frozen=True, kw_only=True):
    """A tag that is read, and which of its values are published.

    `rename` is the name it is published by, if not its own; then its own may be any text.
    `deadband`, in units of the published value: only a value that differs by more from the last
    published one is published; 0: any change; None: every value. `deadband_percent`: the same in
    percent of the last published value. `min_interval`, in seconds: at most one sample in this
    time, the last value read in it.
    """

    rename: str = ""
    deadband: float | None = None
    deadband_percent: float | None = None
    min_interval: float = 0.0

    @property
    def published(self) -> str:
        """The name below the virtual path."""
        return self.rename or self.name


def tag_problems(tag: ModbusTag) -> list[str]:
    """Everything that is wrong with a tag by itself, its names aside."""
    problems = []
    if tag.virtual_path:
        problems += unclean(*tag.virtual_path.split("."), what="virtual path part")
    if tag.kind in BIT_KINDS and tag.type != "bool":
        problems.append(f"a {tag.kind} is one bit, its type is bool, not {tag.type}")
    if tag.type == "string" and not 1 <= tag.length <= 125:
        problems.append("a string needs length: its number of registers, from 1 to 125")
    if tag.type in ("bool", "string") and tag.scale is not None:
        problems.append(f"a {tag.type} cannot have a scale")
    for what, number in (("scale", tag.scale), ("offset", tag.offset)):
        if number is not None and not math.isfinite(number):
            problems.append(f"{what} {number:g} is not a number to calculate with")
    if not 0 <= tag.address <= 65535:
        problems.append(f"address {tag.address} is not from 0 to 65535")
    elif tag.address + tag.width > 65536:
        problems.append(f"it ends beyond address 65535 ({tag.address} + {tag.width})")
    return problems


def register_problems(register: Register) -> list[str]:
    """Everything that is wrong with a tag that is read."""
    # A tag that is renamed may be called what the device's manual calls it.
    what = "published name" if register.rename else "tag name"
    problems = [*unclean(register.published, what=what), *tag_problems(register)]
    if not register.name:
        problems.append("it has no name")
    for key, band in (
        ("deadband", register.deadband),
        ("deadband_percent", register.deadband_percent),
    ):
        if band is None:
            continue
        if not 0 <= band < math.inf:
            problems.append(f"{key} {band:g} is not 0 or more")
        elif band and register.type in ("bool", "string"):
            problems.append(
                f"a {register.type} changes or it does not: its deadband can only be 0, "
                "which publishes changes"
            )
    if register.deadband is not None and register.deadband_percent is not None:
        problems.append("deadband and deadband_percent exclude each other")
    if not 0 <= register.min_interval < math.inf:
        problems.append(f"min_interval {register.min_interval:g} s is not 0 or more")
    return problems


def unclean(*names: str, what: str) -> list[str]:
    """What is wrong with parts of a subject, which are used as they stand."""
    problems = []
    for name in names:
        try:
            if check_name_part(name, what) != name:
                problems.append(f"the {what} {name!r} has white space around it")
        except LocationError as error:
            problems.append(str(error))
    return problems
