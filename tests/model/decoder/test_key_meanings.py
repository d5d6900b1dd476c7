"""The meaning of a key: the string below its field, for the reference page and for editors."""

from __future__ import annotations

import msgspec
import pytest

from fsmv2.flow.inputs.modbus.modbus_config import ModbusInput
from fsmv2.flow.inputs.modbus.register import Register
from fsmv2.model.decoder.key_meanings import key_meanings
from fsmv2.plant import sections
from fsmv2.plant.process_section import ProcessSection, ReadySection


class Base(msgspec.Struct):
    a: int
    """What a is,
    in two lines."""
    b: int
    c: int
    """What c is."""


class Further(Base):
    c: int
    """What c is here."""
    d: int = 0


def test_the_string_below_a_field_is_its_meaning() -> None:
    assert key_meanings(Base) == {"a": "What a is, in two lines.", "c": "What c is."}
    assert key_meanings(Further)["a"] == "What a is, in two lines."
    assert key_meanings(Further)["c"] == "What c is here."


def test_a_struct_without_a_source_has_none() -> None:
    assert key_meanings(msgspec.defstruct("Made", [("a", int)])) == {}


@pytest.mark.parametrize(
    "struct",
    [
        sections.PlantSection,
        sections.AgentSection,
        sections.BrokerSection,
        sections.TemplateSection,
        sections.BridgeSection,
        sections.GroupSection,
        ProcessSection,
        ReadySection,
        ModbusInput,
        Register,
    ],
)
def test_each_key_of_a_document_has_one(struct: type[msgspec.Struct]) -> None:
    names = {field.name for field in msgspec.structs.fields(struct)}
    assert names - key_meanings(struct).keys() == set()
