"""The worked examples of the pages are what the code really makes of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import yaml

from fsmv2.errors import LocationError
from fsmv2.flow import FlowPlace, UnsOutput, read_flow
from fsmv2.flow.inputs.modbus.modbus_config import ModbusInput
from fsmv2.flow.inputs.modbus.register import Register
from fsmv2.flow.inputs.modbus.register_codec import decode
from fsmv2.flow.inputs.modbus.tag_mistakes import FIRST
from fsmv2.flow.subject import PREFIX, topic_of
from fsmv2.model.location import compute_location_path, merge_locations, normalise_location
from fsmv2.model.name_rules import check_name_part, clean_name_part

DOCS = Path(__file__).resolve().parents[2] / "docs"
MODBUS = DOCS / "reference" / "modbus-addressing.md"
LOCATIONS = DOCS / "explanation" / "topics-and-locations.md"


def tables(page: Path) -> Iterator[list[list[str]]]:
    """The tables of a page: rows of cells, the first being the heading; without backticks."""
    for found in re.findall(r"(?:^\|.*\n)+", page.read_text(), re.MULTILINE):
        rows = [
            re.split(r"\s*\|\s*", line.strip().strip("|").strip()) for line in found.splitlines()
        ]
        yield [[cell.strip("`") for cell in row] for row in rows if not set(row[0]) <= {"-", ":"}]


def rows(page: Path, *heading: str) -> list[list[str]]:
    """The rows of all tables that begin with these columns."""
    return [
        row
        for table in tables(page)
        if tuple(table[0][: len(heading)]) == heading
        for row in table[1:]
    ]


READINGS = [(row[0], row[1], row[3]) for row in rows(MODBUS, "registers", "keys", "letters")] + [
    (row[0], row[1], row[2]) for row in rows(MODBUS, "registers", "keys", "value")
]


@pytest.mark.parametrize(("registers", "keys", "value"), READINGS)
def test_registers_are_decoded_to_the_value_on_the_page(
    registers: str, keys: str, value: str
) -> None:
    written = {"name": "tag", "address": 0, **yaml.safe_load(keys)}
    register = msgspec.convert(written, Register)
    words = [int(word, 16) for word in registers.split()]
    assert len(words) == register.width
    found = decode(register, words, word_order="big", byte_order="big")
    assert found == (value if register.type == "string" else msgspec.json.decode(value.encode()))


def test_the_page_decodes_enough() -> None:
    assert len(READINGS) > 20


def test_an_address_of_a_manual_is_the_one_of_the_protocol_and_is_recognised() -> None:
    shown = rows(MODBUS, "the manual says")
    assert len(shown) >= 6
    for manual, _, keys in shown:
        meant = yaml.safe_load("{" + keys + "}")
        assert int(manual) - FIRST[meant["kind"]] == meant["address"]


def test_the_types_take_as_many_registers_as_the_page_says() -> None:
    shown = rows(MODBUS, "type", "registers", "the manual also says")
    assert len(shown) >= 10
    for name, registers, _ in shown:
        if registers.isdigit():
            tag = msgspec.convert({"name": "t", "address": 0, "type": name}, Register)
            assert tag.width == int(registers)


def test_the_topics_of_the_page_are_those_of_its_document() -> None:
    text = re.search(r"```yaml file=locations.yaml\n(.*?)```", LOCATIONS.read_text(), re.DOTALL)
    assert text is not None
    document = yaml.safe_load(text[1])
    agent = normalise_location(document["agent"]["location"])
    found = []
    for bridge in document["bridges"]:
        location = merge_locations(agent, bridge["location"], parent_wins=True)
        place = FlowPlace(
            location_path=compute_location_path(location), broker_url="nats://127.0.0.1:4222"
        )
        source, output = read_flow(bridge["read"], place)
        assert isinstance(source, ModbusInput)
        assert isinstance(output, UnsOutput)
        for tag in source.registers:
            name = ".".join(filter(None, (tag.virtual_path, tag.published)))
            found.append([bridge["name"], name, topic_of(output.subject(tag))])
    assert found == rows(LOCATIONS, "bridge", "tag", "topic")


def test_gaps_are_as_on_the_page() -> None:
    shown = rows(LOCATIONS, "the agent has", "the bridge has")
    assert len(shown) >= 3
    for agent, bridge, begins in shown:
        parent, child = (normalise_location(yaml.safe_load(one)) for one in (agent, bridge))
        path = compute_location_path(merge_locations(parent, child, parent_wins=True))
        assert topic_of(f"{PREFIX}.{path}") == begins


def test_the_names_that_are_proposed_are_those_on_the_page() -> None:
    shown = rows(LOCATIONS, "written", "proposed")
    assert len(shown) >= 4
    for written, proposed in shown:
        assert clean_name_part(written) == proposed
        if written != proposed:
            with pytest.raises(LocationError):
                check_name_part(written, "level")
