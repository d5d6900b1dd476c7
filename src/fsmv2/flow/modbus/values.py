"""From 16-bit registers to values and back: types, word order, byte order, scale."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from decimal import Decimal

from fsmv2.flow.register import ModbusTag, Order

Value = int | float | bool | str

FORMATS = {
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "uint64": "Q",
    "float32": "f",
    "float64": "d",
}


def decode(
    register: ModbusTag, words: Sequence[int], *, word_order: Order, byte_order: Order
) -> Value:
    """The value of `register` from the registers it takes, scaled.

    Raises ValueError when the value cannot stand in JSON (NaN, infinite).
    """
    word_order = register.word_order or word_order
    byte_order = register.byte_order or byte_order
    if register.type == "bool":
        return any(words)
    if register.type == "string":
        # The order of words is about numbers of several registers; a text is read as it stands.
        raw = b"".join(word.to_bytes(2, byte_order) for word in words)
        return raw.split(b"\0", 1)[0].decode("utf-8", "replace").strip()
    ordered = words if word_order == "big" else words[::-1]
    raw = b"".join(word.to_bytes(2, byte_order) for word in ordered)
    number: int | float = struct.unpack(">" + FORMATS[register.type], raw)[0]
    if isinstance(number, float):
        if not math.isfinite(number):
            raise ValueError(f"{register.name} is {number}, which JSON cannot carry")
        if register.type == "float32":
            number = shortest_float32(number)
    value = scaled(number, register.scale, register.offset)
    if not math.isfinite(value):
        raise ValueError(f"{register.name} is {number}, too large for its scale")
    return value


def encode(
    register: ModbusTag, value: Value, *, word_order: Order, byte_order: Order
) -> tuple[int, ...]:
    """The registers that hold an unscaled `value`; the inverse of `decode`."""
    word_order = register.word_order or word_order
    byte_order = register.byte_order or byte_order
    if register.type == "bool":
        return (int(bool(value)),)
    if register.type == "string":
        raw = str(value).encode()[: 2 * register.length].ljust(2 * register.length, b"\0")
        return tuple(int.from_bytes(raw[i : i + 2], byte_order) for i in range(0, len(raw), 2))
    raw = struct.pack(">" + FORMATS[register.type], value)
    words = [int.from_bytes(raw[i : i + 2], byte_order) for i in range(0, len(raw), 2)]
    return tuple(words if word_order == "big" else reversed(words))


def scaled(number: int | float, scale: float | None, offset: float = 0.0) -> int | float:
    """number × scale + offset in decimal, so that 235 × 0.1 is 23.5 and not 23.500000000000004."""
    if scale is None and not offset:
        return number
    exact = Decimal(repr(number)) * Decimal(repr(1.0 if scale is None else scale))
    return float(exact + Decimal(repr(offset)))


def shortest_float32(number: float) -> float:
    """The shortest decimal that is the same 32-bit float: 0.1, not 0.10000000149011612."""
    for digits in range(6, 10):
        short = float(f"{number:.{digits}g}")
        if struct.pack(">f", short) == struct.pack(">f", number):
            return short
    return number
