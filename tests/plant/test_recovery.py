"""One mistake hides no other: two of them are told as each is told alone, and nothing besides."""

from __future__ import annotations

import copy
import functools
import itertools
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from fsmv2 import DocumentError
from fsmv2.plant import parse_plant

Told = frozenset[tuple[str, str, str]]

REGISTERS = [{"name": "speed", "address": 1}, {"name": "temp", "address": 2}]


def plc(host: str) -> dict[str, Any]:
    modbus = {"address": f"{host}:502", "registers": copy.deepcopy(REGISTERS)}
    return {
        "connection": {"host": host, "port": 502},
        "read": {"input": {"modbus": modbus}},
    }


def whole() -> dict[str, Any]:
    """A document in which nothing is wrong."""
    return {
        "agent": {"name": "edge", "location": {"enterprise": "acme", "site": "cologne"}},
        "global": {"host": "10.0.0.6", "word": "x"},
        "engine": {"stop_deadline": "10s"},
        "broker": {"port": 4222},
        "templates": {"plc": plc("{{ .IP }}"), "other": plc("{{ .global.host }}")},
        "bridges": [
            {"name": "filler", "template": "plc", "variables": {"IP": "10.0.0.5"}},
            {"name": "capper", **plc("10.0.0.7")},
            {"name": "labeller", "template": "other", "location": {"area": "packing"}},
            {"name": "sorter", **plc("10.0.0.8")},
        ],
        "processes": {
            "web": {"command": ["true", "{{ .WORD }}"], "variables": {"WORD": "a"}},
            "api": {"command": ["true", "{{ .global.word }}"], "ready": {"port": 80}},
        },
        "groups": [{"strategy": "one_for_all", "members": ["filler", "web"]}],
    }


def at(*steps: str | int, to: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for step in steps[:-1]:
            document = document[step]
        document[steps[-1]] = to

    return change


def without(*steps: str | int) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for step in steps[:-1]:
            document = document[step]
        del document[steps[-1]]

    return change


READ = ("read", "input", "modbus")

MISTAKES: dict[str, Callable[[Any], None]] = {
    "unknown section": at("globl", to={}),
    "agent name": at("agent", "name", to=5),
    "agent location": at("agent", "location", "site", to="co logne"),
    "engine": at("engine", "stop_deadline", to=10),
    "engine action": at("engine", "types", to={"broker": {"actions": {"start": {}}}}),
    "broker": at("broker", "port", to=99_999),
    "template port": at("templates", "plc", "connection", "port", to="http"),
    "template key": at("templates", "plc", "raed", to={}),
    "template address": at("templates", "plc", *READ, "registers", 0, "address", to=-1),
    "template tag": at("templates", "plc", *READ, "registers", 1, "name", to="a b"),
    "template variable": at("templates", "other", *READ, "address", to="{{ .NOWHERE }}:502"),
    "no variable": at("bridges", 0, "variables", to={}),
    "no such template": at("bridges", 0, "template", to="plx"),
    "bridge key": at("bridges", 0, "locatoin", to={}),
    "bridge name twice": at("bridges", 3, "name", to="filler"),
    "bridge host": at("bridges", 1, "connection", "host", to=""),
    "bridge type": at("bridges", 1, *READ, "registers", 0, "type", to="int17"),
    "bridge tag": at("bridges", 1, *READ, "registers", 1, "name", to="a/b"),
    "bridge address": at("bridges", 1, *READ, "address", to="10.0.0.7:modbus"),
    "no registers": without("bridges", 3, *READ, "registers"),
    "bridge location": at("bridges", 2, "location", to={"aera": "packing"}),
    "bridge state": at("bridges", 2, "state", to="on"),
    "no connection": without("bridges", 2, "template"),
    "secret": at("bridges", 0, "variables", "IP", to={"env": "FSMV2_NO_SUCH_SECRET"}),
    "command text": at("processes", "web", "command", to="true x"),
    "no command": without("processes", "web", "command"),
    "signal": at("processes", "web", "signal", to="SIGFOO"),
    "process variable": at("processes", "web", "env", to={"A": "{{ .NOWHERE }}"}),
    "process port": at("processes", "api", "ready", "port", to=0),
    "process url": at("processes", "api", "ready", to={"http": "nonsense"}),
    "after nobody": at("processes", "api", "after", to=["nobody"]),
    "group": at("groups", 0, "members", to=["filler", "wbe"]),
}

ONE_THING = [
    {"agent name", "agent location"},
    {"template port", "template key"},
    {"no variable", "no such template", "secret"},
    {"no such template", "template port", "template key", "template address", "template tag"},
    {"bridge name twice", "group"},
    {"no connection", "template variable"},
    {"command text", "no command"},
    {"process port", "process url"},
]
"""Mistakes of which one is none any more, or another one, when the other is there."""


def told(*names: str, bridges: str = "bridges") -> Told:
    document = whole()
    for name in names:
        MISTAKES[name](document)
    document[bridges] = document.pop("bridges")
    try:
        parse_plant(msgspec.json.encode(document).decode())
    except DocumentError as error:
        found = error.diagnostics
    else:
        found = parse_plant(msgspec.json.encode(document).decode()).diagnostics
    return frozenset((d.code, d.path, d.message) for d in found if not d.warning)


def test_nothing_is_wrong_without_a_mistake() -> None:
    assert told() == frozenset()


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_in_one_way(name: str) -> None:
    # A variable that is not there is told at each of its uses.
    assert len({(code, message) for code, _, message in told(name)}) == 1, told(name)


@functools.cache
def alone() -> dict[str, Told]:
    return {name: told(name) for name in MISTAKES}


@pytest.mark.parametrize(("number", "first"), [*enumerate(MISTAKES)], ids=[*MISTAKES])
@pytest.mark.thorough
def test_two_mistakes_are_told_as_each_alone(number: int, first: str) -> None:
    wrong = {}
    for second in [*MISTAKES][:number]:
        if any({first, second} <= one for one in ONE_THING):
            continue
        expected = alone()[first] | alone()[second]
        both = told(first, second)
        if both != expected:
            wrong[second] = (sorted(expected - both), sorted(both - expected))
    assert wrong == {}


def test_all_mistakes_that_can_be_together_are_told_together() -> None:
    names = [n for n in MISTAKES if not any(n in one for one in ONE_THING)]
    expected = frozenset(itertools.chain.from_iterable(alone()[name] for name in names))
    assert told(*names) == expected


def test_bridges_by_their_other_name_are_looked_at_like_that() -> None:
    names = [n for n in MISTAKES if not any(n in one for one in ONE_THING)]
    codes = [
        sorted(code for code, _, _ in told(*names, "no connection", bridges=key))
        for key in ("bridges", "protocolConverter")
    ]
    assert codes[0] == codes[1]


@pytest.mark.parametrize(("key", "url"), [("urll", "nats://10.0.0.1:4222"), ("url", 5)])
def test_what_goes_with_a_wrong_address_of_the_broker_is_looked_at(key: str, url: Any) -> None:
    login = {"user": "u", "password": "p", "ca_file": "{{ .global.NOWHERE }}"}
    document = {**whole(), "broker": {"embedded": False, key: url, **login}}
    with pytest.raises(DocumentError) as caught:
        parse_plant(msgspec.json.encode(document).decode())
    assert {d.path for d in caught.value.diagnostics} == {f"broker.{key}", "broker.ca_file"}
