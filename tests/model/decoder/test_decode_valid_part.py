"""What of a wrong document is valid: what is left out, what becomes neutral, which rules hold."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest

from fsmv2.errors import UnfitError
from fsmv2.model.decoder import (
    AsWritten,
    Duration,
    Host,
    Node,
    OneOf,
    Templated,
    decode,
    decode_valid_part,
)

Seats = Annotated[int, msgspec.Meta(ge=2, le=9)]


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    name: Annotated[str, msgspec.Meta(min_length=1)]
    minutes: int = 1


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """With rules over its entries."""

    host: Templated[Host]
    stops: Annotated[tuple[Stop, ...], msgspec.Meta(min_length=2)]
    limit: int = 100

    def __post_init__(self) -> None:
        names = [stop.name for stop in self.stops]
        if wrong := [n for n, name in enumerate(names) if name in names[:n]]:
            raise UnfitError("line", [(f"stops[{n}].name", "taken") for n in wrong])
        if self.limit < 0:
            raise UnfitError("line", [("limit", "negative")])


class Sea(msgspec.Struct, frozen=True, kw_only=True):
    ship: str


class Air(msgspec.Struct, frozen=True, kw_only=True):
    plane: str = "kite"


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    by: Annotated[Any, OneOf(choices={"sea": Sea, "air": Air})]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    trip: Trip | None = None


class Fleet(msgspec.Struct, frozen=True, kw_only=True):
    """Without rules."""

    name: Annotated[str, msgspec.Meta(min_length=1)]
    seats: Seats
    pause: Annotated[Duration, msgspec.Meta(gt=0)]
    mode: Literal["fast", "slow"]
    stops: list[Stop] = []
    spare: Stop | None = None
    by_name: dict[str, Stop] = {}
    notes: dict[str, Any] = {}
    written: AsWritten[Line] | None = None
    by: Annotated[Any, OneOf(choices={"sea": Sea, "air": Air}, default="air")] = Air()


WHOLE: dict[str, Any] = {"name": "n", "seats": 4, "pause": "2s", "mode": "slow"}
LINE: dict[str, Any] = {"host": "h", "stops": [{"name": "a"}, {"name": "b"}]}


def fleet(**changes: Any) -> Fleet:
    """The valid part of a fleet with one mistake, which is told."""
    node = Node.from_data({**WHOLE, **changes}, "fleets[3]")
    value, valid, problems = decode_valid_part(node, Fleet)
    assert value is not None
    assert valid is not None
    assert decode(valid, Fleet) == (value, [])
    assert problems == decode(node, Fleet)[1] != []
    return value


def line(wrong: tuple[str, ...] = (), **changes: Any) -> tuple[Line | None, list[str]]:
    """The valid part, and what is wrong."""
    value, _, problems = decode_valid_part(Node.from_data({**LINE, **changes}), Line, wrong)
    return value, [f"{problem.path}: {problem.message}" for problem in problems]


def test_of_a_sound_document_it_is_all() -> None:
    node = Node.from_data(WHOLE)
    assert decode_valid_part(node, Fleet) == (decode(node, Fleet)[0], node, [])


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"stopps": []}, {}),
        ({"stops": 5}, {}),
        ({"stops": [5, {"name": "a", "minutes": "x"}]}, {"stops": [Stop(name="a")]}),
        ({"spare": {"name": "a", "minutes": None}}, {"spare": Stop(name="a")}),
        ({"spare": 7}, {}),
        ({"by_name": {"x": 1, "y": {"name": "y"}}}, {"by_name": {"y": Stop(name="y")}}),
        ({"written": {"host": 5}}, {}),
        ({"by": {"see": {}}}, {}),
        ({"by": {"sea": {"ship": "ida"}, "air": {}}}, {"by": Sea(ship="ida")}),
    ],
)
def test_what_can_be_left_out_is(change: dict[str, Any], part: dict[str, Any]) -> None:
    whole, _ = decode(Node.from_data(WHOLE), Fleet)
    assert whole is not None
    assert fleet(**change) == msgspec.structs.replace(whole, **part)


@pytest.mark.parametrize(
    ("change", "key", "neutral"),
    [
        ({"name": ""}, "name", "fleets[3]"),
        ({"seats": 1}, "seats", 2),
        ({"seats": "many"}, "seats", 2),
        ({"pause": "-1s"}, "pause", 1.0),
        ({"mode": "x"}, "mode", "fast"),
        ({"spare": {}}, "spare", Stop(name="spare")),
        ({"stops": [{"minutes": 2}]}, "stops", [Stop(name="stops[0]", minutes=2)]),
    ],
)
def test_what_is_needed_becomes_neutral(change: dict[str, Any], key: str, neutral: Any) -> None:
    assert getattr(fleet(**change), key) == neutral


def test_what_has_no_neutral_value_makes_wrong_what_is_around_it() -> None:
    node = Node.from_data({"trip": {"by": {"see": {}}}})
    assert decode_valid_part(node, Plan).value == Plan()
    value, valid, problems = decode_valid_part(node.value["trip"], Trip)
    assert (value, valid, len(problems)) == (None, None, 1)


def test_rules_are_asked_of_what_is_left_and_entries_keep_their_numbers() -> None:
    stops = [{"name": "a", "minutes": "x"}, {"name": "b"}, {"name": "b"}, {"name": "a"}]
    value, told = line(stops=stops)
    assert value is not None
    assert [stop.name for stop in value.stops] == ["stops[0]", "b", "stops[2]", "a"]
    assert told == [
        "stops[0].minutes: expected a whole number, got the text 'x'.",
        "stops[2].name: taken",
    ]


def test_entries_that_are_too_few_become_enough() -> None:
    value, told = line(stops=[{"name": "a"}])
    assert value is not None
    assert [stop.name for stop in value.stops] == ["a", "stops[1]"]
    assert told == ["stops: expected at least 2 entries, got 1."]


def test_a_value_that_a_rule_refuses_is_left_out() -> None:
    assert line(limit=-1) == (line()[0], ["limit: negative"])


def test_what_is_known_to_be_wrong_is_not_told_again() -> None:
    value, told = line(("host", "stops[1]"), stops=[{"name": "a"}, {"name": "a"}])
    assert value is not None
    assert (value.host, value.stops[1].name, told) == ("host", "stops[1]", [])
    node = Node.from_data({**WHOLE, "notes": {"a": [1, 2], "b": {"c": 3}}})
    found = decode_valid_part(node, Fleet, ("notes.a[0]", "notes.b.c")).value
    assert found is not None
    assert found.notes == {"a": [2], "b": {}}
