"""Who needs a `connection:`: bridges and templates whose flows reach a device, and no others."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fsmv2 import DocumentError
from fsmv2.builtin.agent import AgentSpec
from fsmv2.plant import parse_plant

AT = {"host": "plc", "port": 502}
MODBUS = {"modbus": {"address": "plc:502", "registers": [{"name": "t", "address": 1}]}}
READS = {"input": MODBUS}
MAKES = {"input": {"generate": {"tags": [{"name": "t", "curve": "sine"}]}}}
WRITES = {"output": MODBUS}


def text(template: dict[str, Any] | None, /, **bridge: Any) -> str:
    document = {
        "agent": {"name": "edge", "location": {"enterprise": "acme"}},
        "templates": {"oven": template} if template is not None else {},
        "bridges": [{"name": "one", "location": {"site": "hall"}, **bridge}],
    }
    return msgspec.yaml.encode(document).decode()


def told(template: dict[str, Any] | None, /, **bridge: Any) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        parse_plant(text(template, **bridge))
    return [f"{p.code} {p.path}: {p.message} {p.fix}" for p in caught.value.diagnostics]


def connection_of(template: dict[str, Any] | None, /, **bridge: Any) -> Any:
    """What the bridge is handed to watch."""
    spec = parse_plant(text(template, **bridge)).root.user_spec
    assert isinstance(spec, AgentSpec)
    return spec.bridges[0].spec.connection


@pytest.mark.parametrize(
    ("template", "bridge", "watched"),
    [
        ({"connection": AT, "read": READS}, {"template": "oven"}, AT),
        ({"connection": AT}, {"template": "oven"}, AT),
        (None, {"connection": AT, "write": WRITES}, AT),
        (None, {"connection": AT, "read": MAKES, "write": WRITES}, AT),
        ({"read": MAKES}, {"template": "oven"}, None),
        (None, {"read": MAKES}, None),
        ({"connection": AT, "read": READS}, {"template": "oven", "read": MAKES}, None),
        ({"read": MAKES}, {"template": "oven", "read": READS, "connection": AT}, AT),
    ],
)
def test_a_connection_is_watched_where_a_device_is_reached(
    template: Any, bridge: Any, watched: Any
) -> None:
    assert connection_of(template, **bridge) == watched


def test_a_template_of_a_device_needs_one() -> None:
    add = "Add `connection:`, and below it, indented, `host:` and `port:`."
    assert told({"read": READS}, template="oven") == [
        f"FSM0121 templates.oven: 'templates.oven' has no 'connection'. {add}"
    ]
    (said,) = told({"read": MAKES, "write": WRITES}, template="oven")
    assert said.startswith("FSM0121 templates.oven: 'templates.oven' has no 'connection'.")


def test_a_misspelt_key_explains_what_is_missing() -> None:
    (said,) = told({"conection": AT, "read": READS}, template="oven")
    assert said.startswith("FSM0120 templates.oven.conection: there is no key 'conection'")
    (said,) = told(None, conection=AT, read=READS)
    assert "there is no key 'conection'" in said


def test_a_misspelt_input_needs_no_more_than_the_one_that_was_meant() -> None:
    made = {"input": {"genrate": MAKES["input"]["generate"]}}
    for template, bridge in ((None, {"read": made}), ({"read": made}, {"template": "oven"})):
        (said,) = told(template, **bridge)
        assert "there is no key 'genrate'" in said
    reads = {"input": {"modbuss": MODBUS["modbus"]}}
    assert any(one.startswith("FSM0132") for one in told(None, read=reads))


@pytest.mark.parametrize("read", [{}, {"read": READS}])
def test_a_bridge_of_its_own_needs_one_or_a_template(read: Any) -> None:
    (said,) = told(None, **read)
    assert said == (
        "FSM0132 bridges[0]: this bridge has neither `template:` nor `connection:`. "
        "Add `connection:` here, and below it, indented, `host:` and `port:`."
    )


def test_a_bridge_that_reads_a_device_does_not_live_by_a_template_without() -> None:
    (said,) = told({"read": MAKES}, template="oven", read=READS)
    assert said.startswith("FSM0132 bridges[0]: this bridge reaches a device, and the template")


def test_an_empty_one_is_said_where_it_is() -> None:
    (said,) = told({"connection": None, "read": READS}, template="oven")
    assert said.startswith("FSM0122 templates.oven.connection: 'connection' has no value")
    (said,) = told({"connection": AT, "read": READS}, template="oven", connection=None)
    assert said.startswith("FSM0122 bridges[0].connection: 'connection' has no value")
