"""From a value somebody sends to registers: the inverse of reading, and what is refused."""

from __future__ import annotations

import math
import re
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsmv2.flow import WriteRegister
from fsmv2.flow.inputs.modbus.register import Order
from fsmv2.flow.inputs.modbus.register_codec import decode
from fsmv2.flow.outputs.modbus.write_encoding import registers_for


def tag(type_: str = "int16", **options: Any) -> WriteRegister:
    """A writable tag."""
    return WriteRegister(name="tag", address=0, type=type_, **options)  # type: ignore[arg-type]


def written(register: WriteRegister, value: Any, order: Order = "big") -> tuple[Any, Any]:
    """(registers, the value they stand for)."""
    return registers_for(register, value, word_order=order, byte_order="big")


@pytest.mark.parametrize(
    ("register", "value", "words", "stands_for"),
    [
        (tag("int16"), -5, (65531,), -5),
        (tag("uint16"), 3.0, (3,), 3),
        (tag("int16", scale=0.1), 23.5, (235,), 23.5),
        (tag("int16", scale=0.1), 23.44, (234,), 23.4),
        (tag("int16", scale=0.1), 23.45, (235,), 23.5),
        (tag("int16", scale=0.1), -23.45, (65301,), -23.5),
        (tag("int16", scale=0.1, offset=-40.0), -12.3, (277,), -12.3),
        (tag("uint16", scale=10), 1230, (123,), 1230.0),
        (tag("uint32", word_order="little"), 65537 * 2, (2, 2), 131074),
        (tag("uint32", word_order="little"), 65536, (0, 1), 65536),
        (tag("uint16", byte_order="little"), 1, (256,), 1),
        (tag("uint64"), 2**64 - 1, (65535,) * 4, 2**64 - 1),
        (tag("float32"), 0.1, (0x3DCC, 0xCCCD), 0.1),
        (tag("float64"), 1, (0x3FF0, 0, 0, 0), 1.0),
        (tag("string", length=2), "ab", (0x6162, 0), "ab"),
        (tag("string", length=2), "", (0, 0), ""),
        (tag("bool", kind="coil"), True, (1,), True),
        (tag("bool", kind="coil"), False, (0,), False),
    ],
    ids=str,
)
def test_a_value_becomes_the_registers_that_read_as_it(
    register: WriteRegister, value: Any, words: tuple[int, ...], stands_for: Any
) -> None:
    """Rounded half away from zero to the step of a scaled register, and to nothing else."""
    assert written(register, value) == (words, stands_for)


@pytest.mark.parametrize(
    ("register", "value", "reason"),
    [
        (tag("int16"), 40000, "outside the range of tag (int16): -32768 to 32767"),
        (tag("uint16"), -1, "): 0 to 65535"),
        (tag("uint16", scale=0.1), 7000, "): 0 to 6553.5"),
        (tag("uint16", scale=-0.1), 1, "): -6553.5 to 0"),
        (tag("int16"), 1.5, "takes whole numbers, not 1.5"),
        (tag("int16"), True, "takes a number, not true"),
        (tag("int16"), "1", 'takes a number, not "1"'),
        (tag("int16"), None, "takes a number, not null"),
        (tag("int16"), math.nan, "nan is not a number that can be written"),
        (tag("float32"), math.inf, "inf is not a number that can be written"),
        (tag("float32"), 1e39, "outside the range of tag (float32)"),
        (tag("float32"), 1e-60, "outside the range of tag (float32)"),
        (tag("float64", scale=1e-10), 1e300, "outside the range of tag (float64)"),
        (tag("float32", max=10), 10.5, "10.5 is above the maximum, 10"),
        (tag("int16", min=-5), -6, "-6 is below the minimum, -5"),
        (tag("int16", scale=1, max=10.4), 10.4, ""),
        (tag("int16", scale=0.5, max=10.4), 10.3, "10.5, to which 10.3 is rounded, is above"),
        (tag("string", length=2), "abcde", "the text has 5 bytes, tag has room for 4"),
        (tag("string", length=1), "äö", "4 bytes"),
        (tag("string", length=2), 1, "takes a text, not 1"),
        (tag("string", length=2), "a\0b", "NUL"),
        (tag("string", length=2), "a ", "white space around it"),
        (tag("bool", kind="coil"), 1, "it takes true or false, not 1"),
        (tag("bool", kind="coil"), "true", "it takes true or false"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused_with_a_reason(
    register: WriteRegister, value: Any, reason: str
) -> None:
    """Never bent into something else."""
    if not reason:
        assert written(register, value)
        return
    with pytest.raises(ValueError, match=re.escape(reason)):
        written(register, value)


@given(
    st.sampled_from(["int16", "uint16", "int32", "uint32", "int64", "uint64"]),
    st.sampled_from([None, 0.1, 0.01, 2.5, -0.1, 10]),
    st.sampled_from([0.0, -40.0, 273.15]),
    st.sampled_from(["big", "little"]),
    st.sampled_from(["big", "little"]),
    st.integers(-(2**31), 2**31),
)
def test_what_reads_so_writes_back_the_same_registers(
    type_: Any, scale: Any, offset: float, word_order: Any, byte_order: Any, raw: int
) -> None:
    """For every raw number of a type, scaled and back."""
    register = WriteRegister(name="tag", address=0, type=type_, scale=scale, offset=offset)
    bits = 16 * register.width
    raw &= 2**bits - 1
    words = tuple(raw >> 16 * n & 0xFFFF for n in range(register.width))
    value = decode(register, words, word_order=word_order, byte_order=byte_order)
    if isinstance(value, float) and abs(value) > 1e12:
        return  # a float no longer tells neighbours apart; the test below knows the decimal
    assert registers_for(register, value, word_order=word_order, byte_order=byte_order) == (
        words,
        value,
    )


@given(
    st.sampled_from(["int64", "uint64"]),
    st.sampled_from([None, 1.0, 0.1, 0.01, -0.1, 10.0]),
    st.sampled_from([0.0, -40.0, 273.15]),
    st.one_of(
        st.integers(-(2**63), 2**64 - 1),
        st.sampled_from([-(2**63), 2**63 - 1, 2**64 - 1, 2**53 + 1, 0]),
    ),
)
def test_a_number_is_written_to_its_last_digit(
    type_: Any, scale: Any, offset: float, raw: int
) -> None:
    """Sent as the decimal that it is, the register holds exactly that; none is bent by a float."""
    low, high = (0, 2**64 - 1) if type_ == "uint64" else (-(2**63), 2**63 - 1)
    if not low <= raw <= high:
        return
    register = WriteRegister(name="tag", address=0, type=type_, scale=scale, offset=offset)
    with localcontext(prec=100):
        value = raw * Decimal(str(1 if scale is None else scale)) + Decimal(str(offset))
    if scale is None and value != int(value):
        return
    words, _ = written(register, value)
    assert words == tuple((raw & (2**64 - 1)) >> 16 * n & 0xFFFF for n in (3, 2, 1, 0))


def test_limits_count_as_the_decimals_they_are_written_as() -> None:
    """The float 0.1 is a little more than a tenth, which must not refuse a tenth."""
    assert written(tag("float64", min=0.1, max=0.3), Decimal("0.1"))
    assert written(tag("float64", min=0.1, max=0.3), Decimal("0.3"))
    with pytest.raises(ValueError, match="below the minimum"):
        written(tag("float64", min=0.1), Decimal("0.0999999999999999999999999"))


@pytest.mark.parametrize("type_", ["int64", "uint64"])
def test_a_limit_above_what_a_float_counts_is_kept_to_its_last_digit(type_: str) -> None:
    """2**53 + 1 is no float."""
    limit = 2**53 + 1
    assert written(tag(type_, max=limit), limit)
    with pytest.raises(ValueError, match=r"740994 is above the maximum, 90.*993$"):
        written(tag(type_, max=limit), limit + 1)
    with pytest.raises(ValueError, match=r"740993\.5 is above the maximum, 90.*993$"):
        written(tag(type_, max=limit), Decimal("9007199254740993.5"))
    with pytest.raises(ValueError, match=r"740992 is below the minimum, 90.*993$"):
        written(tag(type_, min=limit), limit - 1)
    with pytest.raises(ValueError, match=r"1234567.5 is above the maximum, 1234567.25"):
        written(tag("float64", max=1234567.25), 1234567.5)


def test_a_float_that_is_rounded_beyond_its_limit_is_not_written() -> None:
    """The register would hold what nobody allowed."""
    with pytest.raises(ValueError, match=r"16777218.*, to which 16777217\.5 is rounded, is above"):
        written(tag("float32", max=16777217.5), 16777217.5)
    with pytest.raises(ValueError, match=r"740996.*, to which 9007199254740995 is rounded"):
        written(tag("float64", max=2**53 + 3), 2**53 + 3)
    for scale in (0.7, 0.1, 3.0):
        assert written(tag("float32", scale=scale, max=3.3), Decimal("3.3"))
    assert written(tag("float32", max=0.1), Decimal("0.1"))


def test_h87_a_number_of_any_size_is_refused_in_few_words() -> None:
    """Of 400 digits it cannot even be compared as a float, of 5,000 not be shown."""
    tags = tag("int16"), tag("float64"), tag("float32", scale=0.1), tag("string", length=1)
    for digits in (400, 5000):
        for register in (*tags, tag("float64", max=10), tag("bool", kind="coil")):
            with pytest.raises(ValueError, match="a number of some") as caught:
                written(register, 10**digits)
            assert len(str(caught.value)) < 200


def test_what_is_quoted_is_printable() -> None:
    with pytest.raises(ValueError, match=r"takes a number, not") as caught:
        written(tag("int16"), "\x1b[31m\u202e\nx")
    assert str(caught.value).isprintable()


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float32_comes_back_as_it_was_sent(value: float) -> None:
    """In the shortest form that is the same number."""
    words, stands_for = written(tag("float32"), value)
    assert written(tag("float32"), stands_for) == (words, stands_for)
    assert stands_for == pytest.approx(value, rel=1e-6)
