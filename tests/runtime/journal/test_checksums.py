"""A checksum is of the plain form, however it was made, and of nothing that is only identity."""

from __future__ import annotations

import dataclasses
import enum
import gc
import sys
import zlib
from collections import deque
from types import MappingProxyType
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from fsmv2 import Backoff, ChildSpec, DesiredState, UserSpec, VariableBundle
from fsmv2.model.data.codec import ExactWriter
from fsmv2.model.data.frozen import EMPTY, FrozenDict
from fsmv2.runtime.journal import checksums
from fsmv2.runtime.journal.checksums import checksum, forget


class Colour(enum.Enum):
    """An enumeration."""

    RED = "red"


class Text(str):
    """A text of a class of its own, as some libraries return."""


@dataclasses.dataclass
class Point:
    """A dataclass."""

    x: int
    y: object = None


class Pump(msgspec.Struct, frozen=True, omit_defaults=True):
    """A struct with a default that is no single object."""

    name: str = "a long default"
    parts: object = ()


class Renamed(msgspec.Struct):
    """A struct that is inherited from."""

    name: str


class PumpSpec(UserSpec):
    """A spec with fields of its own."""

    rate: float = 1.5
    pumps: object = ()


class LoudSpec(PumpSpec):
    """A spec with a property over a field of its parent."""

    rate = property(lambda self: 9.5)  # type: ignore[assignment]


MANY = msgspec.defstruct("Many", [(f"f{n}", object, n) for n in range(17)])
"""A struct whose fields take a longer head than those of others."""

Shouting = type("Shouting", (Renamed,), {"name": property(lambda self: "LOUD")})
"""A struct with a property over a field of its parent."""


def reference(value: Any) -> str:
    """What a checksum is of."""
    plain = ExactWriter(refer=False).write(value)
    return f"{zlib.crc32(msgspec.msgpack.encode(plain)):08x}"


def child(name: str = "a", **variables: Any) -> ChildSpec:
    """A child with variables."""
    return ChildSpec(name, "lamp", UserSpec(variables=VariableBundle(variables)))


VALUES = [
    *(
        None,
        True,
        1,
        1.0,
        float("nan"),
        -0.0,
        "",
        "a",
        "ä",
        2**63,
        2**64,
        -(10**30),
        b"a",
        "\ud800",
    ),
    *(
        (),
        [],
        {},
        EMPTY,
        FrozenDict({"a": 1}),
        {"ä": 1},
        {1: "a", None: ()},
        {"a": {"b": {"ä": 1}}},
    ),
    *(
        {"a": FrozenDict({"b": [1, (2,)]})},
        {"a": b"a"},
        {"\ud800": 1},
        [10**30],
        {3, 1},
        deque([1], 3),
    ),
    *(MappingProxyType({"a": 1}), Colour.RED, Text("a"), {"a": Text("b")}, Point(1, Point(2))),
    *(object(), {"a": object()}, Pump(), Pump("".join(["a long", " default"]), (Pump(),))),
    *(Pump(parts=[object(), Colour.RED]), Shouting("soft"), Backoff(), Backoff(base=1.0)),
    child(PORT=502, location=FrozenDict({"site": "x"}), more=[1, {"a": None}]),
    VariableBundle({"a": 1}, {"b": "ä"}, {"id": "g/a"}),
    DesiredState(state="running", children_specs=(child(), child("b")), config={"a": [1.5]}),
    # More items than the shortest head of an array can say.
    *(tuple(range(14)), tuple(range(15)), tuple(range(16)), tuple(range(70_000))),
    *([()] * 14, [()] * 15, [()] * 16, MANY(), MANY(f1=())),
    DesiredState(state="running", children_specs=tuple(child(f"w{n}") for n in range(20))),
    # Ends that are not the usual ones, or are only equal to them.
    ChildSpec("a", "lamp", UserSpec(), restart="transient", enabled=False, after=("b",)),
    ChildSpec("a", "lamp", UserSpec(), restart="".join(["perma", "nent"]), backoff=Backoff()),
    ChildSpec("a", "lamp", UserSpec(), {"*": "running"}, depends_on=("g/ä",), detect_only=True),
    DesiredState(state="running", hold_reason="wait", claims=("port 9",), escalation="restart"),
    DesiredState(state="running", auto_stop="".join(["ne", "ver"])),
    DesiredState(state="running", config=Pump("x", (Pump(),))),
    *(
        LoudSpec(rate=1.0),
        PumpSpec(),
        PumpSpec(rate=2.5, pumps=[{"ä": 1}, b"a"]),
        UserSpec(location={"site": "x"}),
    ),
    PumpSpec(variables=VariableBundle({"a": {"b": 1}}, {"c": 1}), location={"site": "x"}, rate=1),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_it_is_of_the_plain_form(value: Any) -> None:
    assert checksum(value) == reference(value)
    assert checksum({"a": [value, (value,)]}) == reference({"a": [value, (value,)]})


SIMPLE = some.one_of(
    some.none(), some.booleans(), some.integers(), some.floats(), some.text(max_size=3)
)


@given(
    some.recursive(
        SIMPLE,
        lambda inner: some.one_of(
            some.lists(inner, max_size=3),
            some.tuples(inner, inner),
            some.dictionaries(some.text(max_size=2), inner, max_size=3),
            some.dictionaries(SIMPLE, inner, max_size=2),
            some.builds(FrozenDict, some.dictionaries(some.text(max_size=2), inner, max_size=2)),
            some.builds(Pump, some.text(max_size=2), inner),
            some.builds(Point, some.integers(), inner),
        ),
        max_leaves=12,
    )
)
@settings(max_examples=60, deadline=None)
def test_it_is_of_the_plain_form_of_anything(value: Any) -> None:
    assert checksum(value) == reference(value)


def test_what_is_equal_has_one_checksum_whichever_objects_it_is_made_of() -> None:
    shared = FrozenDict({"site": "cologne"})
    one = [child(location=shared), child(location=shared), Pump()]
    other = msgspec.msgpack.decode(msgspec.msgpack.encode({"site": "cologne"}))
    again = [child(location=FrozenDict(other)) for _ in range(2)]
    assert checksum(one) == checksum([*again, Pump("".join(["a long ", "default"]))])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((1,), [1]),
        (1, 1.0),
        (1, True),
        (FrozenDict({"a": 1}), {"a": 1}),
        (child(PORT=1), child(PORT=2)),
        (child(PORT=1), child(PORT="1")),
        (Pump(), Backoff()),
    ],
)
def test_what_differs_has_another(one: Any, other: Any) -> None:
    assert checksum(one) != checksum(other)


def test_internal_variables_count_by_whether_there_are_any() -> None:
    one, other, none = (
        VariableBundle({}, {}, {"id": name} if name else {}) for name in ("a", "b", "")
    )
    assert checksum(one) == checksum(other) != checksum(none)


def test_endless_nesting_has_one_as_well() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert checksum(endless) == "too deep"


def test_children_made_and_gone_are_never_taken_for_one_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checksums, "_MOST_KNOWN", 1_000)
    sums = {checksum(child(f"w{number}", PORT=number)) for number in range(6_000)}
    assert len(sums) == 6_000
    assert len(checksums._KNOWN) <= 1_000


def test_nothing_is_held_once_it_is_forgotten() -> None:
    one = child()
    before = sys.getrefcount(one)
    checksum(one)
    forget()
    gc.collect()
    assert sys.getrefcount(one) == before
