"""What an input from Modbus refuses: all its problems at once."""

from __future__ import annotations

import math

import pytest

from fsmv2 import SpecError
from fsmv2.flow import ModbusInput, Register


def test_all_problems_of_an_input_are_told_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        ModbusInput(
            address=":70000",
            every=0,
            registers=(
                Register(name="a b", address=0),
                Register(name="coil", address=1, kind="coil", type="int16"),
                Register(name="end", address=65535, type="float32"),
                Register(name="text", address=3, type="string"),
                Register(name="twice", address=4),
                Register(name="twice", address=5),
            ),
        )
    text = str(caught.value)
    for told in (
        "the address ':70000' has no host",
        "every is 0 s",
        "registers[0] (a b)",
        "its type is bool, not int16",
        "beyond address 65535",
        "a string needs length",
        "registers[5] (twice): the tag name is taken by registers[4]",
    ):
        assert told in text, f"{told!r} is not in: {text}"


def test_one_name_may_stand_below_two_virtual_paths() -> None:
    tags = [Register(name="energy", address=a, virtual_path=v) for a, v in ((0, "in"), (1, "out"))]
    assert ModbusInput(address="plc", registers=tuple(tags)).registers == tuple(tags)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_no_setting_may_be_something_other_than_a_number(number: float) -> None:
    """A NaN passes every comparison, and would poll without a pause."""
    tag = Register(name="t", address=0, scale=number, offset=number)
    with pytest.raises(SpecError) as caught:
        ModbusInput(address="plc", every=number, timeout=number, registers=(tag,))
    for told in ("every is", "timeout is", "scale", "offset"):
        assert f"{told} {number:g}" in str(caught.value)


def test_names_are_used_as_they_stand_so_white_space_around_them_is_refused() -> None:
    tag = Register(name="speed ", address=0, virtual_path="a. b")
    with pytest.raises(SpecError, match=r"'speed ' has white space.*' b' has white space"):
        ModbusInput(address="plc", registers=(tag,))
