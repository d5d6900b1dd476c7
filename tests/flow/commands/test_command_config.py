"""What a write flow refuses to be: all its problems at once."""

from __future__ import annotations

import pytest

from fsmv2 import SpecError
from fsmv2.flow import CommandInput, ModbusOutput, WriteRegister


def test_all_problems_of_a_write_flow_are_told_at_once() -> None:
    """Of what it hears, and of what it writes to."""
    with pytest.raises(SpecError) as heard:
        CommandInput(url="", subject="umh.v1.acme", max_age=0, clock_tolerance=-1, queue=0)
    with pytest.raises(SpecError) as writes:
        ModbusOutput(
            address="",
            registers=(
                WriteRegister(name="a", address=0, kind="input"),
                WriteRegister(name="b", address=0, type="bool"),
                WriteRegister(name="c", address=0, scale=0),
                WriteRegister(name="d", address=0, min=3, max=2),
                WriteRegister(name="e", address=0, type="string", length=1, min=3),
                WriteRegister(name="reply", address=70000),
                WriteRegister(name="a", address=1),
            ),
        )
    for told in (
        "url is empty",
        "commands need another, such as cmd.v1",
        "max_age is 0 s",
        "clock_tolerance is -1 s",
        "queue is 0",
    ):
        assert told in str(heard.value)
    for told in (
        "the address ''",
        "registers[0] (a): a register of the kind 'input' can only be read",
        "registers[1] (b): a bool is written to a coil",
        "registers[2] (c): scale 0 makes 0 of every number, so none can be written",
        "registers[3] (d): min 3 is above max 2",
        "registers[4] (e): a string has no min or max",
        "registers[5] (reply): 'reply' is where answers go",
        "address is 70000",
        "registers[6] (a): the tag name is taken by registers[0]",
    ):
        assert told in str(writes.value)
