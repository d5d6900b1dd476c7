"""Limits of a tag that its register cannot reach, so that they do not mean what they say."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from fsmv2.flow.inputs.modbus.register import WIDTHS, ModbusTag
from fsmv2.flow.inputs.modbus.register_codec import exact
from fsmv2.flow.outputs.modbus.modbus_write_config import ModbusOutput
from fsmv2.flow.outputs.modbus.write_register import WriteRegister, plain
from fsmv2.flow.tagged_kind import LikelyMistake

LIMIT = "FSM0152"
GREATEST = {"float32": Fraction(2**24 - 1) * 2**104, "float64": Fraction(2**53 - 1) * 2**971}


def limit_mistakes(config: ModbusOutput) -> Iterator[LikelyMistake]:
    """One for each limit."""
    for number, tag in enumerate(config.registers):
        for key, message, fix in _limits(tag):
            yield LikelyMistake(number, key, LIMIT, message, fix)


def _limits(tag: WriteRegister) -> Iterator[tuple[str, str, str]]:
    """Key, message and fix of each."""
    if tag.type not in WIDTHS or tag.type == "bool":
        return
    low, high = _range(tag)
    held = tag.type + ("" if tag.scale is None else f", scale {tag.scale:g}")
    held += f", offset {tag.offset:g}" if tag.offset else ""
    for key, limit in (("min", tag.min), ("max", tag.max)):
        if limit is None or low <= (number := exact(limit)) <= high:
            continue
        # Written with a point, the greatest uint64 is 2**64. And 3.4028235e38, as people write it,
        # is the greatest float32 only when it is rounded to one.
        rounded = Fraction(1, 2**25 if tag.type == "float32" else 2**53)
        meant = isinstance(limit, int) and tag.type != "float32"
        if not meant and any(abs(number - end) <= abs(end) * rounded for end in (low, high)):
            continue
        above = number > high
        word, end = ("above", high) if above else ("below", low)
        none = ", so that nothing can be written" if above is (key == "min") else ""
        message = (
            f"tag '{tag.name}': {key} {plain(limit)} is {word} {_number(end)}, the "
            f"{'most' if above else 'least'} that it holds ({held}){none}."
        )
        fix = f"Write `{key}: {_number(end)}`, or a type that holds more, if the device has one."
        yield key, message, fix


def _range(tag: ModbusTag) -> tuple[Fraction, Fraction]:
    """The least and the greatest value, in units of the tag."""
    bits = 16 * WIDTHS[tag.type]
    if (greatest := GREATEST.get(tag.type)) is not None:
        ends = (-greatest, greatest)
    elif tag.type.startswith("u"):
        ends = (Fraction(0), Fraction(2**bits - 1))
    else:
        ends = (Fraction(-(2 ** (bits - 1))), Fraction(2 ** (bits - 1) - 1))
    scale = Fraction(repr(1.0 if tag.scale is None else tag.scale))
    low, high = sorted(end * scale + Fraction(repr(tag.offset)) for end in ends)
    return low, high


def _number(value: Fraction) -> str:
    whole = value.denominator == 1 and abs(value) < 10**20
    return str(value.numerator) if whole else f"{float(value):.10g}"
