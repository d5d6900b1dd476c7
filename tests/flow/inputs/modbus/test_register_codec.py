"""From registers to values."""

from __future__ import annotations

import json
import math
import struct
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsmv2.flow.inputs.modbus.register import Order, Register
from fsmv2.flow.inputs.modbus.register_codec import decode, encode, scaled, shortest_float32

ORDERS = st.sampled_from(["big", "little"])
LIMITS = {"int16": (-(2**15), 2**15 - 1), "uint16": (0, 2**16 - 1)}
LIMITS |= {"int32": (-(2**31), 2**31 - 1), "uint32": (0, 2**32 - 1)}
LIMITS |= {"int64": (-(2**63), 2**63 - 1), "uint64": (0, 2**64 - 1)}


@given(st.sampled_from(sorted(LIMITS)), st.data(), ORDERS, ORDERS)
def test_integers_come_back_as_they_went(
    type_: str, data: st.DataObject, words: Order, byte: Order
) -> None:
    value = data.draw(st.integers(*LIMITS[type_]))
    tag = Register(name="t", address=0, type=type_)  # type: ignore[arg-type]
    raw = encode(tag, value, word_order=words, byte_order=byte)
    assert len(raw) == tag.width
    assert all(0 <= word <= 0xFFFF for word in raw)
    assert decode(tag, raw, word_order=words, byte_order=byte) == value


@given(st.floats(width=32, allow_nan=False, allow_infinity=False), ORDERS, ORDERS)
def test_floats_come_back_as_the_same_float(value: float, words: Order, byte: Order) -> None:
    for type_, size in (("float32", "f"), ("float64", "d")):
        tag = Register(name="t", address=0, type=type_)  # type: ignore[arg-type]
        raw = encode(tag, value, word_order=words, byte_order=byte)
        found = decode(tag, raw, word_order=words, byte_order=byte)
        assert struct.pack(size, found) == struct.pack(size, value)


@pytest.mark.parametrize(
    ("words", "byte", "raw"),
    [
        ("big", "big", [0x1234, 0x5678]),
        ("little", "big", [0x5678, 0x1234]),
        ("big", "little", [0x3412, 0x7856]),
        ("little", "little", [0x7856, 0x3412]),
    ],
)
def test_each_order_of_words_and_bytes(words: Order, byte: Order, raw: list[int]) -> None:
    """As devices call them: ABCD, CDAB, BADC, DCBA."""
    tag = Register(name="t", address=0, type="uint32")
    assert decode(tag, raw, word_order=words, byte_order=byte) == 0x12345678
    own = Register(name="t", address=0, type="uint32", word_order=words, byte_order=byte)
    assert decode(own, raw, word_order="big", byte_order="big") == 0x12345678


def test_scaling_gives_the_decimal_a_person_expects() -> None:
    assert scaled(235, 0.1) == 23.5
    assert json.dumps(scaled(3, 0.1)) == "0.3"
    assert scaled(100, 0.5, -20) == 30.0
    assert scaled(7, None) == 7
    assert isinstance(scaled(7, None), int)


SCALES = st.one_of(
    st.sampled_from([1.0, 10.0, 0.1, 0.01, 2.5, -0.1, 1e-9, 3.0]),
    st.floats(-1e6, 1e6, allow_nan=False).filter(lambda scale: scale != 0),
)
OFFSETS = st.one_of(
    st.sampled_from([0.0, -40.0, 273.15, 0.5]), st.floats(-1e6, 1e6, allow_nan=False)
)
EDGES = st.one_of(
    st.integers(-(2**63), 2**64 - 1),
    st.sampled_from([-(2**63), 2**63 - 1, 2**64 - 1, 2**53 + 1, -(2**53) - 1, 0]),
)


@given(EDGES, SCALES, OFFSETS)
def test_an_integer_is_scaled_exactly_or_to_the_nearest_float(
    raw: int, scale: float, offset: float
) -> None:
    """Whole results are right to their last digit, as long as JSON carries them."""
    found = scaled(raw, scale, offset)
    expected = raw * Fraction(str(scale)) + Fraction(str(offset))
    if expected.denominator == 1 and -(2**63) <= expected < 2**64:
        assert Fraction(found) == expected
        if float(scale).is_integer() and float(offset).is_integer():
            assert type(found) is int, "whatever its value"
    else:
        assert (type(found), found) == (float, expected.numerator / expected.denominator)


@given(st.floats(-1e9, 1e9, allow_nan=False), SCALES, OFFSETS)
def test_a_float_is_scaled_to_the_nearest_float(raw: float, scale: float, offset: float) -> None:
    """It stays a float, unless only an integer says exactly what it is."""
    found = scaled(raw, scale, offset)
    expected = Fraction(str(raw)) * Fraction(str(scale)) + Fraction(str(offset))
    assert found == float(expected) or Fraction(found) == expected


def test_the_last_digits_of_large_numbers_are_kept() -> None:
    """A scale of 1, which templates have, or an offset, made a float of an int64 before."""
    assert scaled(2**63 - 1, 1.0) == 9223372036854775807
    assert scaled(2**64 - 1, None, 0.0) == 18446744073709551615
    assert scaled(2**53, 1.0, 1.0) == 9007199254740993
    assert scaled(90071992547409930, 0.1) == 9007199254740993
    assert scaled(2**64 - 1, 1e300) == math.inf
    assert scaled(-(2**63), 1e300) == -math.inf
    assert type(scaled(2**64 - 1, 10.0)) is float
    assert type(scaled(240, 0.1)) is float, "like its neighbour, 23.5"
    assert type(scaled(2.0, 3.0)) is float


@given(st.integers(-(2**31), 2**31), st.integers(1, 4))
def test_a_scale_of_tenths_never_shows_more_digits(raw: int, digits: int) -> None:
    value = scaled(raw, 10**-digits)
    assert value == round(value, digits)


def test_a_32_bit_float_is_published_as_it_is_written() -> None:
    """0.1, not 0.10000000149011612."""
    assert shortest_float32(struct.unpack("f", struct.pack("f", 0.1))[0]) == 0.1


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_json_cannot_carry_is_refused_by_name(value: float) -> None:
    tag = Register(name="pressure", address=0, type="float32")
    raw = encode(tag, value, word_order="big", byte_order="big")
    with pytest.raises(ValueError, match=r"pressure is .*JSON cannot carry"):
        decode(tag, raw, word_order="big", byte_order="big")


@pytest.mark.parametrize(
    ("raw", "text"),
    [(b"idle\0\0\0\0", "idle"), (b"  ok  \0\xff", "ok"), (b"\xff\xfeab\0\0\0\0", "��ab")],
)
def test_strings_end_at_the_first_nul(raw: bytes, text: str) -> None:
    tag = Register(name="state", address=0, type="string", length=4)
    words: list[Any] = [int.from_bytes(raw[i : i + 2], "big") for i in range(0, 8, 2)]
    assert decode(tag, words, word_order="little", byte_order="big") == text


def test_a_bool_is_any_bit() -> None:
    tag = Register(name="on", address=0, kind="coil", type="bool")
    assert decode(tag, [1], word_order="big", byte_order="big") is True
    assert decode(tag, [0], word_order="big", byte_order="big") is False


@given(st.text(max_size=20), st.integers(1, 40), ORDERS, ORDERS)
def test_a_text_that_fits_comes_back_without_its_edges(
    text: str, length: int, words: Order, byte: Order
) -> None:
    tag = Register(name="t", address=0, type="string", length=length)
    raw = encode(tag, text, word_order=words, byte_order=byte)
    assert len(raw) == tag.width
    if len(text.encode()) <= 2 * length:
        found = decode(tag, raw, word_order=words, byte_order=byte)
        assert found == text.split("\0", 1)[0].strip()


def test_a_value_too_large_for_its_scale_is_refused_by_name() -> None:
    """It would be infinite, which JSON writes as null."""
    tag = Register(name="energy", address=0, type="float64", scale=10.0)
    raw = encode(tag, 1e308, word_order="big", byte_order="big")
    with pytest.raises(ValueError, match=r"energy is 1e\+308, too large for its scale"):
        decode(tag, raw, word_order="big", byte_order="big")
