"""Warnings for what can be run and will mislead; what means what it says has none."""

from __future__ import annotations

import pytest

from fsmv2.builtin.plant import parse_plant

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


@pytest.mark.parametrize(
    "tag",
    ["type: uint64, max: 1.9e19", "type: float32, max: 3.41e38", "type: uint16, max: 65536"],
)
def test_a_limit_that_is_beyond_its_type_is_warned_of(tag: str) -> None:
    (warning,) = parse_plant(PLANT.format(tag=tag)).diagnostics
    assert warning.code == "FSM0152"
    assert warning.warning
