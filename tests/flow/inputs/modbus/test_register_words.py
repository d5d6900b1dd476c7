"""What manuals and PLCs call types, tables and orders: the fix says what it is here."""

from __future__ import annotations

import typing

import pytest

from fsmv2.flow.inputs.modbus.register import Kind, Order, ValueType
from fsmv2.flow.inputs.modbus.register_words import ADDRESSES, KINDS, ORDERS, TYPES, WRITTEN_KINDS


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
        ("float16", "Write uint16: a float takes at least two registers here."),
        ("uint24", "A value takes 1, 2 or 4 registers: write uint16, uint32 or uint64."),
        ("unsigned int 16", "Write uint16."),
        ("UINT32LE", "Write uint32, and `word_order: little`."),
        ("coil", "That is the kind of the tag: write `kind: coil`, and `type: bool`."),
        ("colour", ""),
    ],
)
def test_a_type_of_others(word: object, fix: str) -> None:
    assert TYPES.fix_for(word) == fix


def test_a_table_of_others() -> None:
    assert KINDS.fix_for("Holding Registers") == "Write holding."
    assert KINDS.fix_for(4) == "Write input, which function code 4 reads."


def test_what_can_only_be_read_is_not_written() -> None:
    assert WRITTEN_KINDS.fix_for("input") == (
        "The protocol cannot write input registers: write holding, if the device has the value "
        "there."
    )


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        (
            400001,
            "Write `address: 0` and `kind: holding`, which 400001 means in Modicon's notation.",
        ),
        (
            "3x0010",
            "Write `address: 9` and `kind: input`, which 3x0010 means in Modicon's notation.",
        ),
        ("HR 7", "Write `address: 7` and `kind: holding`."),
        ("100-110", "Write the first, 100: how many registers it takes, its type says."),
        (
            40001.3,
            (
                "Write 40001 for the whole register, with `type: uint16`: one bit of it cannot be "
                "a tag."
            ),
        ),
        ("%MW10", "Write the number that the manual of the device has for %MW10 in Modbus."),
        (70000, ""),
        (100.0, ""),
        (True, ""),
        ("five", ""),
        ("400000", ""),
    ],
)
def test_an_address_of_a_manual(written: object, fix: str) -> None:
    assert ADDRESSES.fix_for(written) == fix


def test_an_order_of_others() -> None:
    assert ORDERS.fix_for(True) == "Write little."
    assert ORDERS.fix_for("big-endian") == "Write big."
    assert ORDERS.fix_for("CDAB") == "CDAB is `word_order: little` with `byte_order: big`."


@pytest.mark.parametrize(("words", "values"), [(TYPES, ValueType), (KINDS, Kind), (ORDERS, Order)])
def test_no_word_of_ours_is_one_of_others(words: typing.Any, values: typing.Any) -> None:
    assert [value for value in typing.get_args(values) if words.fix_for(value)] == []
