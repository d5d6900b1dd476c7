"""A plant's document: everything wrong at once, at its place; one bad bridge stops no other."""

from __future__ import annotations

import pytest
from planned_plant import BRIDGE, planned

from fsmv2 import DocumentError
from fsmv2.plant import parse_plant
from fsmv2.plant.likely_mistakes import NO_LOCATION

WRONG = """\
agent: {name: " edge", location: {enterprise: acme, site: "col ogne"}}
brokr: {embedded: true}
templates:
  plc:
    connection: {host: "{{ .IP }}", port: "{{ .PORT }}"}
    read:
      input:
        modbus:
          address: "{{ .IP }}:{{ .PORT }}"
          every: 1
          registers:
            - {name: temperature, address: 0, type: int61}
            - {name: running, adress: 0, kind: coil, type: bool}
bridges:
  - {name: filler, template: plc, variables: {IP: 10.0.0.5, PORT: 502}}
  - {name: filler, template: plx, location: {area: "a/b"}, variables: {location: here}}
  - {name: capper, enabled: no}
  - {template: plc}
"""


EXPECTED = [
    (1, "FSM0100", "' edge'", "'edge'"),
    (1, "FSM0300", "'col ogne'", "col-ogne"),
    (2, "FSM0120", "brokr", "broker"),
    (5, "FSM0211", "'bridges[3]': Variable 'IP'", "Add `variables: {IP: ...}`"),
    (5, "FSM0211", "'bridges[3]': Variable 'PORT'", "in line 18"),
    (9, "FSM0211", "'bridges[3]': Variable 'IP'", "Add `variables: {IP: ...}`"),
    (10, "FSM0124", "1", "1s"),
    (12, "FSM0125", "int61", "int64"),
    (13, "FSM0120", "adress", "address"),
    (16, "FSM0131", "filler", "name of its own"),
    (16, "FSM0130", "plx", "plc"),
    (16, "FSM0300", "a/b", "a-b"),
    (16, "FSM0200", "location", "my_location"),
    (17, "FSM0132", "neither", "plc"),
    (17, "FSM0122", "no", "false"),
    (18, "FSM0121", "name", "name"),
]


def test_everything_wrong_is_reported_at_once_each_at_its_place() -> None:
    """Line, code, the offending word, and the way out."""
    with pytest.raises(DocumentError) as caught:
        parse_plant(WRONG, "plant.yaml")
    found = [(d.mark.line, d.code, d.message, d.fix) for d in caught.value.diagnostics if d.mark]
    for line, code, word, fix in EXPECTED:
        assert any(
            at == line and c == code and word in message and fix in how
            for at, c, message, how in found
        ), f"not reported: line {line} {code} {word!r}\n{caught.value}"
    assert len(found) == len(EXPECTED), str(caught.value)
    assert str(caught.value).splitlines()[0].startswith("plant.yaml:1:")


def test_the_name_of_the_original_is_understood() -> None:
    """`protocolConverter:` is `bridges:`."""
    assert planned(BRIDGE.replace("bridges:", "protocolConverter:")) == planned(BRIDGE)


def two(second: str, first: str = "") -> list[tuple[str, str]]:
    """What is reported of two bridges that are made of one template."""
    text = BRIDGE.partition("bridges:")[0] + "bridges:\n"
    for name, more in (("filler", first), ("capper", second)):
        text += f"  - {{name: {name}, template: plc, variables: {{IP: h, PORT: 502}}{more}}}\n"
    found = parse_plant(text).diagnostics
    return [(d.code, d.message) for d in found if d.code != NO_LOCATION]


def test_two_bridges_that_publish_to_one_topic_are_warned_of() -> None:
    topic = "umh/v1/acme/cologne/_raw/speed"
    message = f"bridge 'capper' publishes to {topic}, as 'filler' does."
    assert two("") == [("FSM0142", message)]
    assert two(", location: {area: capper}") == []
    assert two(", enabled: false") == []
    modbus = "{address: h, registers: [{name: %s, address: 1}, {name: temp, address: 2}]}"
    read = ", read: {input: {modbus: %s}}"
    other = read % (modbus % "speed, rename: pace")
    assert two(other) == []
    ((_, message),) = two(read % (modbus % "speed"), read % (modbus % "speed"))
    assert message.endswith(f"{topic}, as 'filler' does, and to 1 more of its topics.")
