"""What manuals and PLCs call types, tables and orders: the fix says what it is here."""

from __future__ import annotations

import typing

import pytest

from fsmv2.flow.inputs.modbus.register import Kind, Order, ValueType
from fsmv2.flow.inputs.modbus.register_words import KINDS, ORDERS, TYPES


@pytest.mark.parametrize(
    ("word", "fix"),
    [
        (
            "int",
            (
                "Write int16 for one register, int32 for two or int64 for four: the manual of the "
                "device says how large the value is."
            ),
        ),
        ("UDINT", "Write uint32."),
        ("real", "Write float32."),
        ("LREAL", "Write float64."),
        ("unsigned int", TYPES.fix_for("uint")),
        (
            "int8",
            "A register has 16 bits: write uint16, or int16 if the value can be negative.",
        ),
        ("ascii", "Write string, and `length:` in registers."),
        (16, "Write uint16."),
        ("colour", ""),
    ],
)
def test_a_type_of_others(word: object, fix: str) -> None:
    assert TYPES.fix_for(word) == fix


def test_a_table_of_others() -> None:
    assert KINDS.fix_for("Holding Registers") == "Write holding."
    assert KINDS.fix_for(4) == "Write input, which function code 4 reads."


def test_an_order_of_others() -> None:
    assert ORDERS.fix_for("big-endian") == "Write big."
    assert ORDERS.fix_for("CDAB") == "CDAB is `word_order: little` with `byte_order: big`."


@pytest.mark.parametrize(("words", "values"), [(TYPES, ValueType), (KINDS, Kind), (ORDERS, Order)])
def test_no_word_of_ours_is_one_of_others(words: typing.Any, values: typing.Any) -> None:
    assert [value for value in typing.get_args(values) if words.fix_for(value)] == []
