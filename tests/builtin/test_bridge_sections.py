"""What the sections of a bridge mean: rendered and decoded once, and again only for a change."""

from __future__ import annotations

from typing import Any

import pytest

from fsmv2 import SpecError, TemplateError, WorkerFactory
from fsmv2.builtin import bridge_sections, register_builtins
from fsmv2.builtin.bridge_sections import BridgeSections
from fsmv2.flow import AsyncioEngine, FlowPlace
from fsmv2.flow.section_template import SectionTemplate
from fsmv2.plant import parse_plant
from fsmv2.runtime import expand

PLACE = FlowPlace(location_path="acme", broker_url="nats://127.0.0.1:4222")
CONNECTION = {"host": "plc", "port": "{{ .PORT }}"}
REGISTERS = [{"name": "speed", "address": 0}, {"name": "level", "address": 1}]
READ = {"input": {"modbus": {"address": "plc:{{ .PORT }}", "registers": REGISTERS}}}


def test_the_same_inputs_mean_the_same_object() -> None:
    sections = BridgeSections()
    first = sections.meaning((CONNECTION, READ, None), {"PORT": 502}, PLACE)
    assert first.connection is not None
    assert first.connection.port == 502
    assert first.write is None
    again = sections.meaning((CONNECTION, READ, None), {"PORT": 502, "OTHER": 1}, PLACE)
    assert again is first


@pytest.mark.parametrize(
    ("port", "place"), [(503, PLACE), (502, FlowPlace(location_path="b", broker_url="nats://h:1"))]
)
def test_another_variable_or_place_means_something_else(port: int, place: FlowPlace) -> None:
    sections = BridgeSections()
    first = sections.meaning((CONNECTION, READ, None), {"PORT": 502}, PLACE)
    other = sections.meaning((CONNECTION, READ, None), {"PORT": port}, place)
    assert other != first
    assert other == BridgeSections().meaning((CONNECTION, READ, None), {"PORT": port}, place)


def test_another_section_means_something_else() -> None:
    sections = BridgeSections()
    sections.meaning((CONNECTION, READ, None), {"PORT": 502}, PLACE)
    found = sections.meaning(({"host": "b", "port": 1}, None, None), {"PORT": 502}, PLACE)
    assert found.connection is not None
    assert (found.connection.host, found.read) == ("b", None)


def test_what_fails_is_not_remembered() -> None:
    sections = BridgeSections()
    first = sections.meaning((CONNECTION, None, None), {"PORT": 502}, PLACE)
    for _ in range(2):
        with pytest.raises(TemplateError, match="PORT"):
            sections.meaning((CONNECTION, None, None), {}, PLACE)
        with pytest.raises(SpecError, match=r"connection\.port: expected a whole number"):
            sections.meaning((CONNECTION, None, None), {"PORT": "x"}, PLACE)
    assert sections.meaning((CONNECTION, None, None), {"PORT": 502}, PLACE) == first


def test_bridges_share_what_has_no_template_in_it() -> None:
    templates = [SectionTemplate(READ, "read")]
    one, other = (
        BridgeSections(templates).meaning((None, READ, None), {"PORT": port}, PLACE).read
        for port in (502, 503)
    )
    assert one is not None
    assert other is not None
    assert one.input != other.input
    assert one.input.tags is other.input.tags  # type: ignore[union-attr]


DOCUMENT = """
agent: {name: edge, location: {enterprise: acme}}
global: {every: 2s}
templates:
  plc:
    connection: {host: "{{ .IP }}", port: "{{ .PORT }}"}
    read:
      input:
        modbus:
          address: "{{ .IP }}:{{ .PORT }}"
          every: "{{ .global.every }}"
          registers: [{name: "{{ .location.site }}", address: 0}]
bridges:
  - {name: filler, template: plc, location: {site: b}, variables: {IP: 10.0.0.5, PORT: 502}}
  - {name: capper, template: plc, location: {site: c}, variables: {IP: 10.0.0.6, PORT: 502}}
"""


@pytest.mark.parametrize(
    ("name", "times"), [("{{ .location.site }}", 0), ("at-{{ .internal.id | length }}", 1)]
)
def test_a_bridge_goes_on_with_what_its_document_was_checked_by(
    monkeypatch: pytest.MonkeyPatch, name: str, times: int
) -> None:
    """It decodes again only what nobody knew before it ran, such as its path."""
    plant = parse_plant(DOCUMENT.replace("{{ .location.site }}", name))
    assert plant.diagnostics == ()
    decoded: list[Any] = []
    real = bridge_sections.read_flow
    monkeypatch.setattr(bridge_sections, "read_flow", lambda *g: decoded.append(g) or real(*g))
    factory = WorkerFactory()
    register_builtins(factory, AsyncioEngine(), plant.ready)
    config = {node.path: node.config for node in expand(plant.root, factory)}
    assert config["edge/capper/dfc_read"].input.reach.host == "10.0.0.6"
    assert len(decoded) == 2 * times
    assert plant.ready == {}
