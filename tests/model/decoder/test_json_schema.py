"""The JSON Schema of a type: it accepts what the decoder accepts, and refuses what is misspelt."""

from __future__ import annotations

import enum
import json
from typing import Annotated, Any, ClassVar, Literal

import jsonschema_rs
import msgspec
import pytest

from fsmv2.diagnostic import Diagnostic
from fsmv2.document import scan_yaml
from fsmv2.model.decoder import Duration, OneOf, Templated, decode
from fsmv2.model.decoder.json_schema import json_schema


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Lamp(msgspec.Struct, frozen=True, kw_only=True):
    """`lamp:` what shines. `watts` is its power."""

    watts: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10


class Bell(msgspec.Struct, frozen=True, kw_only=True):
    """`bell:` what rings."""


class House(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """`house:` a place to live. After `wait` the door opens. `rooms`: their names; at least one."""

    ALIASES: ClassVar[dict[str, str]] = {"chambers": "rooms"}

    rooms: Annotated[list[Annotated[str, msgspec.Meta(min_length=1)]], msgspec.Meta(min_length=1)]
    wait: Duration = 10.0
    port: Templated[Annotated[int, msgspec.Meta(ge=1)]] = 1
    from_: str | None = None
    colour: Colour = Colour.RED
    size: Literal["small", "big"] = "big"
    names: dict[str, float] = {}
    pair: tuple[int, str] = (1, "a")
    signal: Annotated[Any, OneOf(choices={"lamp": Lamp, "bell": Bell}, default="bell")] = None
    inner: House | None = None
    anything: Any = None


SCHEMA = json_schema(House)
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)

VALID: list[dict[str, Any]] = [
    {"rooms": ["kitchen"]},
    {"chambers": ["kitchen"]},
    {"rooms": ["a"], "wait": "1h 30m", "port": 502, "from": None, "colour": "green"},
    {"rooms": ["a"], "port": "{{ .PORT }}", "size": "small", "names": {"x": 1, "y": 2.5}},
    {"rooms": ["a"], "pair": [3, "b"], "signal": {"lamp": {"watts": 5}}, "anything": [1, {}]},
    {"rooms": ["a"], "signal": {}, "inner": {"rooms": ["b"], "inner": None}},
]

INVALID: list[dict[str, Any]] = [
    {},
    {"rooms": []},
    {"rooms": [""]},
    {"room": ["a"]},
    {"rooms": ["a"], "wiat": "1s"},
    {"rooms": ["a"], "wait": 5},
    {"rooms": ["a"], "wait": "5"},
    {"rooms": ["a"], "wait": "5 seconds"},
    {"rooms": ["a"], "port": "50 2"},
    {"rooms": ["a"], "port": 0},
    {"rooms": ["a"], "colour": "blue"},
    {"rooms": ["a"], "size": "middle"},
    {"rooms": ["a"], "names": {"x": "one"}},
    {"rooms": ["a"], "pair": [1]},
    {"rooms": ["a"], "signal": {"lamp": {}, "bell": {}}},
    {"rooms": ["a"], "signal": {"lamp": {"watts": 101}}},
    {"rooms": ["a"], "inner": {"rooms": ["b"], "rums": 1}},
]


def problems_of(data: dict[str, Any]) -> list[Diagnostic]:
    return decode(scan_yaml(json.dumps(data), "house.yaml").validated().root, House)[1]


@pytest.mark.parametrize("data", VALID, ids=str)
def test_what_the_decoder_accepts_is_accepted(data: dict[str, Any]) -> None:
    assert problems_of(data) == []
    assert VALIDATOR.is_valid(data), [error.message for error in VALIDATOR.iter_errors(data)]


@pytest.mark.parametrize("data", INVALID, ids=str)
def test_what_is_misspelt_or_out_of_range_is_refused(data: dict[str, Any]) -> None:
    assert problems_of(data) != []
    assert not VALIDATOR.is_valid(data)


def test_a_key_is_described_by_the_sentences_that_name_it() -> None:
    said = {key: one.get("description", "") for key, one in SCHEMA["properties"].items()}
    assert said["wait"] == (
        "After `wait` the door opens. Expected: a duration such as 500ms, 1s or 2m. Default: 10s."
    )
    assert said["rooms"].startswith("`rooms`: their names; at least one.")
    assert SCHEMA["definitions"]["Lamp"]["properties"]["watts"]["description"] == (
        "`watts` is its power. Expected: a whole number from 1 to 100. Default: 10."
    )


def test_an_editor_may_know_more() -> None:
    found = json_schema(Lamp, lambda struct, key: f"{struct.__name__}.{key} costs money.")
    assert "Lamp.watts costs money." in found["properties"]["watts"]["description"]
