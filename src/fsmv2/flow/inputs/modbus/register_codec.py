"""From 16-bit registers to values and back: types, word order, byte order, scale."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from fsmv2.flow.inputs.modbus.register import ModbusTag, Order
from fsmv2.flow.tag import GREATEST_INTEGER, LEAST_INTEGER, Value

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
    """number × scale + offset, calculated exactly: 235 × 0.1 is 23.5, not 23.500000000000004.

    All three count as the decimals that they are written as. An integer with whole scale and offset
    stays an integer; any other result is the float that is nearest to the exact one (beyond all
    floats: infinite), or the integer when it is whole and no float is it.
    """
    if scale is None and not offset:
        return number
    times, plus, below = _line(1.0 if scale is None else scale, offset)
    if isinstance(number, int):
        above = number * times + plus
    else:
        numerator, denominator = exact(number).as_integer_ratio()
        above, below = numerator * times + plus * denominator, below * denominator
    whole, rest = divmod(above, below)
    try:
        # The division of integers gives the float nearest to the quotient, whatever their size.
        nearest = above / below
    except OverflowError:
        return math.inf if above > 0 else -math.inf
    if rest or not LEAST_INTEGER <= whole <= GREATEST_INTEGER:
        return nearest
    # The type of a tag does not change with its value, unless a digit would be lost.
    stays_whole = below == 1 and isinstance(number, int)
    return whole if stays_whole or nearest != whole else nearest


def exact(number: int | float | Decimal) -> Fraction:
    """The number as the decimal it is written as: 0.1 is a tenth."""
    return Fraction(repr(number) if isinstance(number, float) else number)


@lru_cache(maxsize=1024)
def _line(scale: float, offset: float) -> tuple[int, int, int]:
    """Integers (m, p, d) with which n × scale + offset is exactly (n × m + p) / d."""
    times, plus = exact(scale), exact(offset)
    below = math.lcm(times.denominator, plus.denominator)
    return int(times * below), int(plus * below), below


def shortest_float32(number: float) -> float:
    """The shortest decimal that is the same 32-bit float: 0.1, not 0.10000000149011612."""
    for digits in range(6, 10):
        short = float(f"{number:.{digits}g}")
        if struct.pack(">f", short) == struct.pack(">f", number):
            return short
    return number
