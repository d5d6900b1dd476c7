"""A plant's document: everything wrong at once, at its place; one bad bridge stops no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmv2 import DocumentError, WorkerFactory
from fsmv2.builtin import register_builtins
from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.flow import AsyncioEngine
from fsmv2.plant import parse_plant
from fsmv2.plant.likely_mistakes import NO_LOCATION
from fsmv2.runtime import expand

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
    (5, "FSM0211", "'bridges[3]': Variable 'IP'", "Known:"),
    (5, "FSM0211", "'bridges[3]': Variable 'PORT'", "Known:"),
    (9, "FSM0211", "'bridges[3]': Variable 'IP'", "Known:"),
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


BRIDGE = """\
agent: {name: edge, location: {enterprise: acme, site: cologne}}
templates:
  plc:
    connection: {host: "{{ .IP }}", port: "{{ .PORT }}"}
    read:
      input:
        modbus:
          address: "{{ .IP }}:{{ .PORT }}"
          registers: [{name: speed, address: 0}]
bridges:
  - {name: filler, template: plc, location: {area: filler}, variables: {IP: 10.0.0.5, PORT: 502}}
"""


def planned(text: str) -> dict[str, str]:
    """Path → problem of the whole planned tree."""
    factory = WorkerFactory()
    register_builtins(factory, AsyncioEngine())
    return {node.path: node.problem for node in expand(parse_plant(text).root, factory)}


def test_a_sound_document_becomes_the_whole_tree() -> None:
    """Broker and bridges, and the parts of each."""
    assert parse_plant(BRIDGE).diagnostics == ()
    assert planned(BRIDGE) == {
        "edge": "",
        "edge/broker": "",
        "edge/filler": "",
        "edge/filler/connection": "",
        "edge/filler/dfc_read": "",
    }


def test_the_name_of_the_original_is_understood() -> None:
    """`protocolConverter:` is `bridges:`."""
    assert planned(BRIDGE.replace("bridges:", "protocolConverter:")) == planned(BRIDGE)


@pytest.mark.parametrize(
    ("added", "line", "words"),
    [
        ("{IP: 10.0.0.6}", 4, ("capper", "'PORT' is not defined")),
        ("{IP: 10.0.0.6, PORT: 150200}", 12, ("capper", "from 1 to 65535", "150200")),
        ("{IP: 10.0.0.6, PORT: abc}", 12, ("capper", "whole number", "abc")),
        ("{IP: '', PORT: 502}", 12, ("capper",)),
    ],
    ids=["undefined", "range", "text", "empty"],
)
def test_a_bad_bridge_is_reported_and_waits_while_the_others_run(
    added: str, line: int, words: tuple[str, ...]
) -> None:
    """The document can be used; the problem stands at its line, and in the tree at its bridge."""
    text = f"{BRIDGE}  - {{name: capper, template: plc, variables: {added}}}\n"
    plant = parse_plant(text, "plant.yaml")
    problems = [d for d in plant.diagnostics if not d.warning]
    assert problems
    assert any(
        d.mark and d.mark.line == line and all(word in d.render() for word in words)
        for d in problems
    ), "\n".join(d.render() for d in problems)
    tree = planned(text)
    assert tree["edge/filler"] == tree["edge/filler/dfc_read"] == ""
    assert tree["edge/capper"]
    assert "edge/capper/connection" not in tree


def test_the_agent_owns_its_levels_and_the_loser_is_told() -> None:
    """A warning; the agent's value stands."""
    text = BRIDGE.replace("{area: filler}", "{site: berlin, area: filler}")
    plant = parse_plant(text, "plant.yaml")
    (warning,) = plant.diagnostics
    assert warning.warning
    assert warning.mark is not None
    assert warning.mark.line == 11
    assert "'cologne' stands, 'berlin' is not used" in warning.message


def test_a_flow_without_any_location_is_refused() -> None:
    """What publishes into the namespace needs at least the enterprise."""
    text = BRIDGE.replace(", location: {enterprise: acme, site: cologne}", "").replace(
        " location: {area: filler},", ""
    )
    assert any(d.code == "FSM0134" for d in parse_plant(text).diagnostics)
    assert "location is empty" in planned(text)["edge/filler"]


@pytest.mark.parametrize(
    ("section", "does"), [("read", "publishes by it"), ("write", "hears commands by it")]
)
def test_a_flow_at_a_location_without_an_enterprise_is_refused(section: str, does: str) -> None:
    """Else it would publish, or hear commands, below `unknown`."""
    whole = BRIDGE.partition("bridges:")[0] + WRITE
    text = whole.replace("enterprise: acme, ", "")
    if section == "write":
        before, _, after = text.partition("    read:")
        text = before + after[after.index("    write:") :]
    (problem,) = [d for d in parse_plant(text).diagnostics if d.code == "FSM0134"]
    assert f"the location has no enterprise, but its flow {does}" in problem.message
    assert "location has no enterprise" in planned(text)["edge/filler"]


def test_a_broker_of_ones_own_is_used_by_its_url() -> None:
    """Nothing embedded is then planned; without a url `embedded: false` is refused."""
    plant = parse_plant(BRIDGE + "broker: {url: 'nats://10.0.0.9:4222'}\n")
    assert plant.root.user_spec.broker.embedded is False  # type: ignore[attr-defined]
    with pytest.raises(DocumentError, match="needs the `url:`"):
        parse_plant(BRIDGE + "broker: {embedded: false}\n")


WRITE = """\
    write:
      output:
        modbus:
          address: "{{ .IP }}:{{ .PORT }}"
          registers: [{name: setpoint, address: 7, max: "{{ .MAX }}"}]
bridges:
  - name: filler
    template: plc
    location: {area: filler}
    variables: {IP: 10.0.0.5, PORT: 502, MAX: 80}
"""


def test_a_bridge_with_a_write_section_gains_a_flow_to_the_device() -> None:
    """Only then; it hears commands below the bridge's location."""
    text = BRIDGE.partition("bridges:")[0] + WRITE
    assert parse_plant(text).diagnostics == ()
    nodes = planned(text)
    assert nodes["edge/filler/dfc_write"] == ""
    assert list(nodes) == [
        "edge",
        "edge/broker",
        "edge/filler",
        "edge/filler/connection",
        "edge/filler/dfc_read",
        "edge/filler/dfc_write",
    ]
    factory = WorkerFactory()
    register_builtins(factory, AsyncioEngine())
    config = {n.path: n.config for n in expand(parse_plant(text).root, factory)}
    write = config["edge/filler/dfc_write"]
    assert write.input.subject == "cmd.v1.acme.cologne.filler._write"
    assert write.output.registers[0].max == 80


def test_a_flow_speaks_to_the_broker_of_its_own_plant_alone(tmp_path: Path) -> None:
    """Another plant's may have its port by now; to a broker of the user's any name is right."""
    factory = WorkerFactory()
    register_builtins(factory, AsyncioEngine())
    own = parse_plant(BRIDGE, state_dir=tmp_path)
    config = {n.path: n.config for n in expand(own.root, factory)}
    server = config["edge/filler/dfc_read"].output.server
    assert server == BrokerConfig(state_dir=str(tmp_path / "broker")).identity
    assert server != BrokerConfig(state_dir=str(tmp_path / "other")).identity
    given = parse_plant("broker: {url: nats://10.0.0.1}\n" + BRIDGE, state_dir=tmp_path)
    config = {n.path: n.config for n in expand(given.root, factory)}
    assert config["edge/filler/dfc_read"].output.server == ""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("address: 7", "address: 7, kind: input", "expected one of holding, coil"),
        ("name: setpoint", "name: reply", "'reply' is where answers go"),
        ("MAX: 80", "MAX: high", "expected a number, got the text 'high'"),
        ("      output", "      input: {commands: {subject: umh.v1.acme}}\n      output", "cmd.v1"),
        (
            "      output",
            "      input: {commands: {subject: a.b/c}}\n      output",
            "dots or an MQTT",
        ),
    ],
)
def test_what_is_wrong_with_a_write_section_is_told_before_it_runs(
    old: str, new: str, told: str
) -> None:
    """As a refusal of the document, or as that bridge's own problem."""
    text = (BRIDGE.partition("bridges:")[0] + WRITE).replace(old, new)
    try:
        found = parse_plant(text).diagnostics
    except DocumentError as error:
        found = tuple(error.diagnostics)
    assert any(told in f"{d.message} {d.fix}" for d in found), found


def test_two_bridges_that_would_hear_the_same_commands_are_told() -> None:
    """Before they run; one with a subject of its own, or that is disabled, is no trouble."""
    text = BRIDGE.partition("bridges:")[0] + WRITE
    second = text.partition("bridges:\n")[2].replace("name: filler", "name: second", 1)
    found, topics = sorted(parse_plant(text + second).diagnostics, key=lambda d: d.code)
    assert (found.code, topics.code) == ("FSM0138", "FSM0142")
    assert "'second' would hear the commands of 'filler'" in found.message
    assert parse_plant(text + second + "    enabled: false\n").diagnostics == ()
    moved = second.replace("area: filler", "area: other")
    assert parse_plant(text + moved).diagnostics == ()


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
