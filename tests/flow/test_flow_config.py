"""One flow from its ends: they must fit each other, and the registry tells what they reach."""

from __future__ import annotations

import msgspec
import pytest

from fsmv2 import SpecError
from fsmv2.flow import (
    CommandInput,
    FlowConfig,
    ModbusInput,
    ModbusOutput,
    Register,
    UnsOutput,
    WriteConfig,
    WriteRegister,
    claims_of,
    flow_config,
    reach_of,
    slowest_sample,
)
from fsmv2.flow.device import Reach
from fsmv2.flow.inputs.generate.generate_config import GenerateInput
from fsmv2.flow.inputs.generate.generated_tag import GeneratedTag

READS = ModbusInput(
    address="10.0.0.5",
    registers=(Register(name="speed", address=0, min_interval=30.0),),
    every=2.0,
    request_gap=0.05,
)
MAKES = GenerateInput(tags=(GeneratedTag(name="speed", curve="sine"),), every=0.5)
PUBLISHES = UnsOutput(url="nats://127.0.0.1", location_path="acme")
HEARS = CommandInput(url="nats://127.0.0.1", subject="cmd.v1.acme")
WRITES = ModbusOutput(address="10.0.0.5:503", registers=(WriteRegister(name="s", address=0),))


def test_the_ends_say_which_flow_it_is_and_it_survives_json() -> None:
    for source, sink, kind in (
        (READS, PUBLISHES, FlowConfig),
        (MAKES, PUBLISHES, FlowConfig),
        (HEARS, WRITES, WriteConfig),
    ):
        config = flow_config("a/b", source, sink)
        assert config == kind(name="a/b", input=source, output=sink)
        assert msgspec.json.decode(msgspec.json.encode(config), type=kind) == config


@pytest.mark.parametrize(("source", "sink"), [(READS, WRITES), (HEARS, PUBLISHES)])
def test_ends_that_do_not_fit_are_refused(source: object, sink: object) -> None:
    with pytest.raises(SpecError, match=r"leads from .*modbus.* to uns or from commands to modbus"):
        flow_config("a/b", source, sink)  # type: ignore[arg-type]


def test_what_a_flow_reaches_is_the_device_at_its_end_if_it_has_one() -> None:
    """At the input of one that reads, and at the output of one that writes."""
    assert reach_of(READS, PUBLISHES) == Reach("10.0.0.5", 502, 0.05)
    assert str(reach_of(HEARS, WRITES)) == "10.0.0.5:503"
    assert reach_of(MAKES, PUBLISHES) is None


def test_the_slowest_sample_is_that_of_the_tag_that_is_published_most_often() -> None:
    """Of a tag with an interval longer than that of the polls, it is the interval."""
    assert slowest_sample(READS) == 30.0
    assert slowest_sample(MAKES) == 0.5


def test_h98_a_flow_claims_its_device_and_where_it_publishes_or_is_sent_commands() -> None:
    assert claims_of(READS, PUBLISHES) == ("the device 10.0.0.5:502", "the topic umh.v1.acme._raw")
    assert claims_of(HEARS, WRITES) == ("the device 10.0.0.5:503", "the commands on cmd.v1.acme")
    assert claims_of(MAKES, PUBLISHES) == ("the topic umh.v1.acme._raw",)
