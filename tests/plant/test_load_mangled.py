"""Documents with mistakes of all kinds, drawn from a seed: told as such, whatever they are."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from fsmv2 import DocumentError
from fsmv2.plant import parse_plant

PLC = {
    "connection": {"host": "{{ .IP }}", "port": 502},
    "read": {
        "input": {
            "modbus": {
                "address": "{{ .IP }}:502",
                "registers": [{"name": "speed", "address": 1}, {"name": "temp", "address": 2}],
            }
        }
    },
}
WHOLE = {
    "agent": {"name": "edge", "location": {"enterprise": "acme", "site": "cologne"}},
    "global": {"rate": "1s", "key": {"env": "HOME"}},
    "engine": {"stop_deadline": "10s"},
    "broker": {"embedded": True},
    "templates": {"plc": PLC},
    "bridges": [
        {"name": "filler", "template": "plc", "variables": {"IP": "10.0.0.5"}},
        {"name": "capper", "variables": {}, **PLC},
    ],
    "processes": {"web": {"command": ["true"], "env": {"A": "b"}, "ready": {"port": 80}}},
    "groups": [{"strategy": "one_for_all", "members": ["filler", "web"]}],
}
ODD: tuple[Any, ...] = (
    *(None, 1, -1, 99_999, 1.5, True, "", "x", "a b", [], {}, [1], {"a": 1}, {"env": "NO_SUCH"}),
    *("{{ .NO }}", "{{ .IP", "{{ .global.no }}"),
)


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = data.items() if isinstance(data, dict) else ()
    for step, below in enumerate(data) if isinstance(data, list) else items:
        yield from places(below, (*path, step))


def mangled(rng: random.Random) -> Any:
    data = copy.deepcopy(WHOLE)
    for _ in range(rng.randrange(1, 6)):
        *above, step = rng.choice([path for path in places(data) if path] or [("agent",)])
        at: Any = data
        for one in above:
            at = at[one]
        match rng.randrange(3):
            case 0:
                at[step] = copy.deepcopy(rng.choice(ODD))
            case 1 if step in at or isinstance(at, list):
                del at[step]
            case _ if isinstance(at, dict) and step in at:
                at[f"{step}"[:-1] + "q"] = at.pop(step)
    return data


def test_a_mangled_document_is_refused_with_our_words_only() -> None:
    rng, refused = random.Random(5), 0
    for _ in range(300):
        text = msgspec.json.encode(mangled(rng)).decode()  # which is YAML
        try:
            parse_plant(text)
        except DocumentError as error:
            refused += bool(error.diagnostics)
    assert refused > 150


def test_a_template_of_no_name_is_none() -> None:
    data = copy.deepcopy(WHOLE)
    data["bridges"] = [{"name": "filler", "template": None}, {}]
    with pytest.raises(DocumentError) as caught:
        parse_plant(msgspec.json.encode(data).decode())
    assert "neither `template:` nor `connection:`" in str(caught.value)


def test_a_variable_may_be_named_env() -> None:
    """Of a whole section `{env: production}` is no secret."""
    data = copy.deepcopy(WHOLE)
    data["bridges"][0]["variables"] = {"IP": "10.0.0.5", "env": "production"}  # type: ignore[index]
    data["bridges"][1]["variables"] = {"env": "production"}  # type: ignore[index]
    found = parse_plant(msgspec.json.encode(data).decode())
    bridge = found.root.user_spec.bridges[1]  # type: ignore[attr-defined]
    assert bridge.spec.variables.user == {"env": "production"}
