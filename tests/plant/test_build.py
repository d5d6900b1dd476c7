"""From the sections of a valid document to the tree that it declares."""

from __future__ import annotations

from pathlib import Path

import pytest
from planned_plant import BRIDGE, WRITE, planned

from fsmv2 import DocumentError, WorkerFactory
from fsmv2.builtin import register_builtins
from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.flow import AsyncioEngine
from fsmv2.plant import parse_plant
from fsmv2.runtime import expand


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


def test_two_bridges_that_would_hear_the_same_commands_are_told() -> None:
    """Before they run; one with a subject of its own, or that is disabled, is no trouble."""
    text = BRIDGE.partition("bridges:")[0] + WRITE
    second = text.partition("bridges:\n")[2].replace("name: filler", "name: second", 1)
    found, topics = sorted(parse_plant(text + second).diagnostics, key=lambda d: d.code)
    assert (found.code, topics.code) == ("FSM0138", "FSM0142")
    assert "'second' would receive the commands of 'filler'" in found.message
    assert parse_plant(text + second + "    enabled: false\n").diagnostics == ()
    moved = second.replace("area: filler", "area: other")
    assert parse_plant(text + moved).diagnostics == ()


def test_settings_of_an_own_type_are_refused_with_where_they_stand() -> None:
    """And a misspelled one of ours is only that."""

    def fix(type_: str) -> str:
        with pytest.raises(DocumentError) as raised:
            parse_plant(
                f"agent: {{name: edge}}\nengine: {{types: {{{type_}: {{interval: 2s}}}}}}\n"
            )
        return next(d.fix for d in raised.value.diagnostics if d.code == "FSM0135")

    assert "A type of your own has its settings in its class: `interval = 2.0`" in fix("pump")
    assert fix("conection").startswith("Did you mean 'connection'?")
    assert "your own" not in fix("conection")
