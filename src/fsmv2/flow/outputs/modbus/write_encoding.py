"""From a value that somebody wants written to the registers that hold it, or why there are none.

The inverse of reading (`register_values`), but strict: what does not fit exactly is refused, never
bent. The one exception is a number with a scale, which is rounded to the nearest step of its
register.
"""

from __future__ import annotations

import math
import struct
from decimal import Decimal
from fractions import Fraction
from typing import Any

from fsmv2.diagnostic import visible
from fsmv2.flow.inputs.modbus.register import Order
from fsmv2.flow.inputs.modbus.register_codec import decode, encode, exact
from fsmv2.flow.outputs.modbus.write_register import WriteRegister, plain
from fsmv2.flow.tag import Value

BITS = {"int16": 16, "uint16": 16, "int32": 32, "uint32": 32, "int64": 64, "uint64": 64}


def registers_for(
    register: WriteRegister, value: Any, *, word_order: Order, byte_order: Order
) -> tuple[tuple[int, ...], Value]:
    """The registers, or the bit, to write, and the value they then stand for.

    Raises ValueError with the reason, for a person, when `value` (of JSON) cannot be written. A
    number with a point may be a Decimal, which is then written to its last digit.
    """
    if register.type == "bool":
        raw: Value = _flag(register, value)
    elif register.type == "string":
        raw = _text(register, value)
    else:
        _check_limits(register, value, "")
        raw = _number(register, value)
    words = encode(register, raw, word_order=word_order, byte_order=byte_order)
    written = decode(register, words, word_order=word_order, byte_order=byte_order)
    numeric = register.type not in ("bool", "string")
    # A float with a scale is off by a little, in either direction: a limit itself must not be.
    if numeric and (register.type in BITS or register.scale is None) and written != value:
        _check_limits(register, written, f", to which {_shown(value)} is rounded,")
    return words, written


def _flag(register: WriteRegister, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{register.path} is a coil: it takes true or false, not {_shown(value)}")
    return value


def _text(register: WriteRegister, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{register.path} takes a text, not {_shown(value)}")
    size, room = len(value.encode("utf-8", "replace")), 2 * register.length
    if size > room:
        raise ValueError(f"the text has {size} bytes, {register.path} has room for {room}")
    if "\0" in value:
        raise ValueError("the text has a NUL character in it, at which it would end")
    if value != value.strip():
        # It would be read back as another one.
        raise ValueError("the text has white space around it, which registers do not keep")
    return value


def _check_limits(register: WriteRegister, value: Any, how: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"{register.path} takes a number, not {_shown(value)}")
    if not isinstance(value, int) and not math.isfinite(float(value)):
        raise ValueError(f"{_shown(value)} is not a number that can be written")
    number = exact(value)
    if register.min is not None and number < exact(register.min):
        raise ValueError(f"{_shown(value)}{how} is below the minimum, {plain(register.min)}")
    if register.max is not None and number > exact(register.max):
        raise ValueError(f"{_shown(value)}{how} is above the maximum, {plain(register.max)}")


def _number(register: WriteRegister, value: int | float | Decimal) -> int | float:
    scale = Fraction(1) if register.scale is None else exact(register.scale)
    number = (exact(value) - exact(register.offset)) / scale
    if register.type in BITS:
        return _integer(register, value, number)
    try:
        result = kept = float(number)
        if register.type == "float32":
            kept = struct.unpack(">f", struct.pack(">f", result))[0]
    except OverflowError:
        kept = math.inf
    if math.isinf(kept) or (kept == 0) is not (number == 0):
        raise ValueError(
            f"{_shown(value)} is outside the range of {register.path} ({register.type})"
        )
    return result


def _integer(register: WriteRegister, value: int | float | Decimal, number: Fraction) -> int:
    if register.scale is not None:
        whole = math.floor(abs(number) + Fraction(1, 2)) * (1 if number > 0 else -1)
    else:
        whole = int(number)
        if whole != number:
            raise ValueError(f"{register.path} takes whole numbers, not {_shown(value)}")
    bits = BITS[register.type]
    low, high = (0, 2**bits - 1) if register.type[0] == "u" else (-(2 ** (bits - 1)), 0)
    high = high or 2 ** (bits - 1) - 1
    if not low <= whole <= high:
        ends = " to ".join(_ends(register, low, high))
        raise ValueError(
            f"{_shown(value)} is outside the range of {register.path} ({register.type}): {ends}"
        )
    return whole


def _ends(register: WriteRegister, low: int, high: int) -> tuple[str, str]:
    """Least and greatest value, in the unit of the tag."""
    scale = Decimal(repr(1.0 if register.scale is None else register.scale))
    offset = Decimal(repr(register.offset))
    first, last = sorted(raw * scale + offset for raw in (low, high))
    return f"{first.normalize():f}", f"{last.normalize():f}"


def _shown(value: Any) -> str:
    """A value of JSON as a person would write it, short and printable."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 200:
        # To write out a number of a million digits would take its time.
        return f"a number of some {value.bit_length() * 3 // 10} digits"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = f'"{value[:60]}"' if isinstance(value, str) else str(value)
    return visible(text if len(text) <= 40 else text[:37] + "...")
