"""What one tag of a Modbus device is: its place, its type and scale, its names.

The one description of a tag, from the document to the wire: `Register` is read, with what is
published of it; one that may be written is in `write_register`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

import msgspec

from fsmv2.flow.field_types import Band, Name, Pause
from fsmv2.flow.inputs.modbus.register_words import ADDRESSES, KINDS, ONE_BIT, ORDERS, TYPES
from fsmv2.flow.tag import Problem, publishing_problems, unclean, virtual_path_problems
from fsmv2.model.decoder import Templated
from fsmv2.model.decoder.other_words import other_names

Kind = Literal["holding", "input", "coil", "discrete"]
"""The four tables of a Modbus device."""
ValueType = Literal[
    "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64", "bool", "string"
]
"""How registers are read as one value."""
Order = Literal["big", "little"]
"""Which comes first, the most or the least significant part."""

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

    OTHER_NAMES: ClassVar[Mapping[str, str]] = other_names(
        address="register reg addr register_address",
        scale="factor gain multiplier scaling multiply",
        type="datatype data_type format value_type",
        kind="function function_code fc register_type table",
        length="size count quantity registers",
        name="tag id label tag_name",
        rename="alias display_name as",
        deadband="deadzone threshold hysteresis",
        virtual_path="folder path group",
        word_order="endian endianness swap word_swap swap_words wordswap",
        byte_order="byte_swap swap_bytes byteswap",
        min="minimum",
        max="maximum",
    )
    """What other programs call its keys."""
    WITHOUT_COUNTERPART: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("bit", "bits", "mask", "bitmask", "bit_mask"), ONE_BIT),
        **dict.fromkeys(("enabled", "disabled"), "Remove the tag, or put a # before it."),
        "every": "Write it beside `registers:`; all tags of a device are read as often.",
    }

    name: Templated[Name]
    """The name of the tag, the last part of its topic."""
    address: Annotated[Templated[Annotated[int, msgspec.Meta(ge=0, le=65535)]], ADDRESSES]
    """The address of the first register, counted from 0: 40001 in a manual is 0 of `kind:
    holding`."""
    kind: Annotated[Templated[Kind], KINDS] = "holding"
    """The table: holding registers, input registers, coils, or discrete inputs."""
    type: Annotated[Templated[ValueType], TYPES] = "uint16"
    """How the registers are read: int16 and uint16 take one, int32, uint32 and float32 two, the
    others four."""
    length: Templated[Annotated[int, msgspec.Meta(ge=0, le=125)]] = 0
    """Registers of a string, two characters each."""
    scale: Templated[float] | None = None
    """What the raw number is multiplied by; the tag is a float then."""
    offset: Templated[float] = 0.0
    """What is added after scaling."""
    virtual_path: Templated[str] = ""
    """Parts of the topic before the name: `motor.left`."""
    word_order: Annotated[Templated[Order], ORDERS] | None = None
    """In place of that of the device."""
    byte_order: Annotated[Templated[Order], ORDERS] | None = None
    """In place of that of the device."""

    @property
    def width(self) -> int:
        """Registers, or bits, that the value takes."""
        return self.length if self.type == "string" else WIDTHS[self.type]


class Register(ModbusTag, frozen=True, kw_only=True):
    """One entry of `registers:`, a tag.

    `address` counts from 0. `rename` is the name it is published by, if not its own; then its own
    may be any text. `unit`, such as °C, is shown by `fsmv2 values`. `deadband`,
    `deadband_percent` and `min_interval` say which values are published; see
    [Publish less](../how-to/publish-less.md).
    """

    rename: Templated[str] = ""
    """The name that it is published by, in place of `name`."""
    unit: Templated[str] = ""
    """The unit of the value, such as °C; shown, not published."""
    deadband: Templated[Band] | None = None
    """A value is published only if it differs by more than this from the last one; 0: at any
    change."""
    deadband_percent: Templated[Band] | None = None
    """The same in percent of the last value."""
    min_interval: Templated[Pause] = 0.0
    """At most one value is published in this time."""

    @property
    def published(self) -> str:
        """The name below the virtual path."""
        return self.rename or self.name

    @property
    def value_type(self) -> str:
        """`int16`, `bool`, ...; a number with a scale is a float."""
        scaled = self.scale is not None or self.offset
        return f"{self.type}, scaled" if scaled else self.type


def tag_problems(tag: ModbusTag) -> Iterator[Problem]:
    """Everything that is wrong with a tag by itself, its names aside."""
    yield from virtual_path_problems(tag.virtual_path)
    if tag.kind in BIT_KINDS and tag.type != "bool":
        yield Problem(
            "type",
            f"a {tag.kind} is one bit, its type is bool, not {tag.type}",
            "Write `type: bool`, or `kind: holding` for a whole register.",
        )
    if tag.type == "string" and not 1 <= tag.length <= 125:
        yield Problem(
            "type",
            "a string needs length: its number of registers, from 1 to 125",
            "Add `length:`, half the number of its characters: `length: 10` for 20 of them.",
        )
    if tag.type in ("bool", "string") and tag.scale is not None:
        yield Problem("scale", f"a {tag.type} cannot have a scale", "Remove `scale`.")
    for what, number in (("scale", tag.scale), ("offset", tag.offset)):
        if number is not None and not math.isfinite(number):
            yield Problem(what, f"{what} {number:g} is not a finite number", "Write a number.")
    if not 0 <= tag.address <= 65535:
        yield Problem("", f"address is {tag.address}, expected 0 to 65535")
    elif tag.address + tag.width > 65536:
        yield Problem(
            "address",
            f"it takes {tag.width} registers and ends beyond address 65535",
            f"Write an address of at most {65536 - tag.width}.",
        )


def register_problems(register: Register) -> Iterator[Problem]:
    """Everything that is wrong with a tag that is read."""
    # A tag that is renamed may be called what the device's manual calls it.
    key, what = ("rename", "published name") if register.rename else ("name", "tag name")
    yield from unclean(key, register.published, what=what)
    yield from tag_problems(register)
    if not register.name:
        yield Problem("", "it has no name")
    only_changes = register.type if register.type in ("bool", "string") else ""
    yield from publishing_problems(register, only_changes=only_changes)
