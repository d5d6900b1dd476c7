"""What a document says of a flow, rendered, becomes the configs of its ends; with every problem."""

from __future__ import annotations

from typing import Any

import pytest

from fsmv2 import SpecError
from fsmv2.flow import (
    CommandInput,
    FlowPlace,
    ModbusInput,
    ModbusOutput,
    Register,
    UnsOutput,
    WriteRegister,
    read_device,
    read_flow,
    write_flow,
)

URL = "nats://127.0.0.1:4222"
PLACE = FlowPlace(location_path="acme.cologne", broker_url=URL, memory="/ids")
MODBUS = {"address": "10.0.0.5:503", "registers": [{"name": "speed", "address": 7}]}


def test_a_read_section_is_an_input_and_where_it_publishes() -> None:
    """Durations are seconds; what the place gives is in the output."""
    ends = read_flow(
        {
            "input": {"modbus": {**MODBUS, "every": "250ms"}},
            "output": {"uns": {"contract": "_historian"}},
        },
        PLACE,
    )
    register = Register(name="speed", address=7)
    assert ends.input == ModbusInput(address="10.0.0.5:503", registers=(register,), every=0.25)
    assert ends.output == UnsOutput(url=URL, location_path="acme.cologne", contract="_historian")
    assert (ends.input.host, ends.input.port) == ("10.0.0.5", 503)


def test_a_write_section_hears_below_its_location_or_on_its_own_subject() -> None:
    ends = write_flow({"output": {"modbus": MODBUS}}, PLACE)
    assert ends.input == CommandInput(url=URL, subject="cmd.v1.acme.cologne._write", memory="/ids")
    tag = WriteRegister(name="speed", address=7)
    assert ends.output == ModbusOutput(address="10.0.0.5:503", registers=(tag,))
    own = {"output": {"modbus": MODBUS}, "input": {"commands": {"subject": "set/oven"}}}
    nowhere = FlowPlace(location_path="", broker_url=URL)
    assert write_flow(own, nowhere).input.subject == "set.oven"  # type: ignore[union-attr]
    with pytest.raises(SpecError, match="location is empty, and commands are received below it"):
        write_flow({"output": {"modbus": MODBUS}}, nowhere)


def test_a_device_has_the_units_of_a_document() -> None:
    device = read_device({"host": "plc", "port": 502, "slow": "200ms"})
    assert (device.host, device.port, device.timeout, device.slow) == ("plc", 502, 1.0, 0.2)
    assert read_device({"host": "plc", "port": "502"}).port == 502  # the text of a variable
    with pytest.raises(SpecError, match=r"connection\.port: expected a whole number"):
        read_device({"host": "plc", "port": "http"})


@pytest.mark.parametrize(
    ("modbus", "said"),
    [
        ({"address": "plc"}, "read.input.modbus.registers: 'read.input.modbus' has no 'registers'"),
        ({**MODBUS, "evry": "1s"}, "Did you mean 'every'?"),
        ({**MODBUS, "every": "1ms"}, "read.input.modbus.every: expected a duration of at least"),
        ({**MODBUS, "address": "plc:0"}, "read.input.modbus.address: 'plc:0'"),
        (
            {"address": "plc", "registers": [*MODBUS["registers"], *MODBUS["registers"]]},
            (
                "read.input.modbus.registers[1].name: registers[1] (speed): the tag name is taken "
                "by registers[0]"
            ),
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_path(modbus: Any, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_flow({"input": {"modbus": modbus}}, PLACE)
    assert said in str(caught.value)
