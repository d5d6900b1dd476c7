"""Warnings for what can be run and will mislead; what means what it says has none."""

from __future__ import annotations

import pytest

from fsmv2.flow import FlowPlace, ModbusOutput, write_flow
from fsmv2.plant.load import parse_plant

PLANT = """\
agent: {{name: a, location: {{enterprise: acme}}}}
broker: {{url: 'nats://10.0.0.1:4222'}}
bridges:
  - name: oven
    location: {{site: cologne}}
    connection: {{host: 10.0.0.5, port: 502}}
    write:
      input: {{commands: {{}}}}
      output: {{modbus: {{address: '10.0.0.5:502', registers: [{{name: t, address: 1, {tag}}}]}}}}
"""


@pytest.mark.parametrize(
    "tag",
    [
        "type: uint64, max: 18446744073709551615",  # 2**64 as a float
        "type: int64, max: 9223372036854775807, min: -9223372036854775808",
        "type: float32, max: 3.4028235e38, min: -3.4028235e38",
        "type: float32, max: 3.402823466e+38",
        "type: float64, scale: 2, max: 1.7e308",
        "type: uint16, scale: 0.1, max: 6553.5",
        "type: int16, scale: -0.1, offset: 5, min: -3271.7, max: 3281.8",
    ],
)
def test_a_limit_that_is_the_greatest_of_its_type_is_no_mistake(tag: str) -> None:
    assert parse_plant(PLANT.format(tag=tag)).diagnostics == ()


TWO = """\
agent: {{name: a, location: {{enterprise: acme}}}}
broker: {{url: 'nats://10.0.0.1:4222'}}
bridges:
  - name: oven
    location: {{site: cologne}}
    connection: {{host: PLC, port: 502}}
    read:
      input: {{modbus: {{address: 'PLC:502', {read}registers: [{{name: t, address: 1}}]}}}}
    write:
      output: {{modbus: {{address: 'plc:502', {write}registers: [{{name: u, address: 1}}]}}}}
  - name: fan
    location: {{site: bonn}}
    connection: {{host: plc, port: 502}}
    read:
      input: {{modbus: {{address: 'plc:{port}', {fan}registers: [{{name: t, address: 1}}]}}}}
"""


def pauses(read: str, write: str, fan: str, port: int = 502) -> list[str]:
    """What is warned of when three flows ask for these pauses."""
    made = [f"request_gap: {given}, " if given else "" for given in (read, write, fan)]
    text = TWO.format(read=made[0], write=made[1], fan=made[2], port=port)
    found = parse_plant(text).diagnostics
    assert all(warning.code == "FSM0157" and warning.warning for warning in found)
    return [f"{warning.path}: {warning.message} {warning.fix}" for warning in found]


def test_different_pauses_for_one_device_are_warned_of_where_the_shorter_stands() -> None:
    """A flow that asks for none has nothing that is overruled."""
    assert pauses("20ms", "20ms", "20ms") == []
    assert pauses("20ms", "", "") == []
    assert pauses("20ms", "", "50ms", port=503) == []
    (warning,) = pauses("20ms", "", "50ms")
    assert warning == (
        "bridges[0].read.input.modbus.request_gap: `read` of bridge 'oven' asks for 20 ms between "
        "requests to plc:502, and `read` of bridge 'fan' for 50 ms: the longest counts for all "
        "that use the device. Write one for both: `request_gap: 50ms`."
    )
    (warning,) = pauses("20ms", "50ms", "30ms")
    assert "`read` of bridge 'oven' asks for 20 ms" in warning
    assert "and `write` of bridge 'oven' for 50 ms" in warning
    assert "(and so for 1 more flow)" in warning


def test_a_whole_limit_of_a_document_is_not_made_a_float() -> None:
    registers = {"name": "t", "address": 1, "type": "int64", "max": 2**53 + 1, "min": 0.5}
    section = {"output": {"modbus": {"address": "10.0.0.5:502", "registers": [registers]}}}
    place = FlowPlace(location_path="acme", broker_url="nats://127.0.0.1:1")
    output = write_flow(section, place).output
    assert isinstance(output, ModbusOutput)
    (tag,) = output.registers
    assert (tag.max, tag.min) == (2**53 + 1, 0.5)
    assert isinstance(tag.max, int)


@pytest.mark.parametrize(
    "tag",
    [
        "type: uint64, max: 18446744073709551616",
        "type: int64, max: 9223372036854775808",
        "type: uint64, max: 1.9e19",
        "type: float32, max: 3.41e38",
        "type: uint16, max: 65536",
    ],
)
def test_a_limit_that_is_beyond_its_type_is_warned_of(tag: str) -> None:
    (warning,) = parse_plant(PLANT.format(tag=tag)).diagnostics
    assert warning.code == "FSM0152"
    assert warning.warning


MANY = """\
agent: {{name: a, location: {{enterprise: acme}}}}
broker: {{url: 'nats://10.0.0.1:4222'}}
bridges:
  - name: oven
    location: {{site: cologne}}
    connection: {{host: 10.0.0.5, port: 502}}
    read: {{input: {{modbus: {{address: '10.0.0.5:502', registers: [{tags}]}}}}}}
"""


@pytest.mark.parametrize(
    ("tags", "warned"),
    [
        (
            "{name: t, address: 0, length: 2}",
            (
                "FSM0159 length: tag 't': `length` is for strings; a uint16 takes 1 register. "
                "Remove `length`, or write a type that takes as many."
            ),
        ),
        (
            "{name: t, address: 0, scale: 0, offset: 5}",
            (
                "FSM0159 scale: tag 't': with scale 0 each value is 5, whatever is read. Write "
                "another scale, or remove it."
            ),
        ),
        (
            "{name: t, address: 0, type: float32}, {name: u, address: 1}",
            (
                "FSM0143 address: tag 'u' begins at 1, within 't', which is a float32 and takes 0 "
                "to 1. Compare both with the manual: the next free address is 2."
            ),
        ),
        (
            (
                "{name: u, address: 6, type: int32}, {name: t, address: 5, type: int32}, "
                "{name: v, address: 7, type: int32}"
            ),
            (
                "FSM0143 address: tag 'u' begins at 6, within 't', which is an int32 and takes 5 "
                "to 6. Compare both with the manual: the next free address is 7."
            ),
        ),
        ("{name: t, address: 0, type: uint32}, {name: u, address: 1}", ""),
        ("{name: t, address: 0, type: float32}, {name: u, address: 0, type: uint32}", ""),
        ("{name: t, address: 0, type: float32}, {name: u, address: 1, kind: input}", ""),
        ("{name: t, address: 0, type: string, length: 4}, {name: u, address: 4}", ""),
    ],
)
def test_tags_that_overlap_or_have_what_does_nothing_are_warned_of(tags: str, warned: str) -> None:
    """A whole number may be read as its halves, too, and one address as two types."""
    found = [
        f"{one.code} {one.path.rpartition('.')[2]}: {one.message} {one.fix}"
        for one in parse_plant(MANY.format(tags=tags)).diagnostics
    ]
    assert found == ([warned] if warned else [])
