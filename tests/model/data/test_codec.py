"""What is written exactly is read as the same: values, classes, and what is one object."""

from __future__ import annotations

import datetime
import ipaddress
import math
import uuid
from collections import OrderedDict, deque, namedtuple
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from codec_round_trip import Colour, Point, Tall, find
from hypothesis import given
from hypothesis import strategies as st

from fsmv2 import ChildSpec, VariableBundle
from fsmv2.model.data.codec import ExactWriter
from fsmv2.model.data.codec_reader import ExactReader
from fsmv2.model.data.frozen import EMPTY, FrozenDict
from fsmv2.model.read_tracking import TrackedBundle


class Once(msgspec.Struct, frozen=True):
    """A rule that may not be applied twice."""

    path: str

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "path", f"/{self.path}")


Pair = namedtuple("Pair", "a b")


def again(value: Any, **options: Any) -> Any:
    writer = ExactWriter()
    plain = msgspec.msgpack.decode(msgspec.msgpack.encode(writer.write(value)))
    assert not writer.unkept
    return ExactReader(find, **options).read(plain)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        1,
        1.0,
        -0.0,
        math.inf,
        2**64,
        -(2**63) - 1,
        "text",
        "Größe",
        "half a pair \udc80",
        b"bytes",
        [1, (2, 3), {4}, frozenset({"5"})],
        {"a": 1, "ü": {"b": ()}},
        {1: "one", (2, 3): "pair"},
        FrozenDict({"a": 1}),
        FrozenDict({"ü": 1}),
        deque([1, 2], maxlen=3),
        Colour.RED,
        Point(1, [2]),
        Pair(1, 2),
        datetime.datetime(2026, 1, 2, 3, 4, 5, 6, datetime.UTC),
        datetime.date(2026, 1, 2),
        datetime.time(1, 2, 3),
        datetime.timedelta(1, 2, 3),
        Decimal("1.10"),
        uuid.UUID(int=5),
        Path("/a/b"),
        ipaddress.ip_address("10.0.0.1"),
        ipaddress.ip_address("::1"),
        Tall(height=1.0),
        Once("a"),
        ChildSpec("a", "tall", Tall(), {"on": "off"}, depends_on=("b",)),
        VariableBundle({"a": {"b": [1]}}, {"c": 2}),
    ],
    ids=repr,
)
def test_a_value_is_itself_again(value: Any) -> None:
    found = again(value)
    assert found == value
    assert repr(found) == repr(value), "1 is not 1.0, and a tuple is no list"
    assert type(found) is type(value)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner)
    ),
    max_leaves=20,
)


@given(PLAIN)
def test_any_plain_data_is_itself_again(value: Any) -> None:
    assert repr(again(value)) == repr(value)


def test_what_is_one_object_stays_one() -> None:
    shared = {"a": [1]}
    spec = Tall(variables=VariableBundle(shared))
    first, second, child = again([shared, shared, ChildSpec("a", "tall", spec)])
    assert first is second
    one, other = again([spec, spec])
    assert one is other
    assert child.user_spec == spec


@pytest.mark.parametrize("kind", [set, frozenset])
def test_what_stands_in_a_set_is_referred_to_as_what_it_is(kind: type) -> None:
    """Whatever the order in which a set gives its members, which is another one in each process."""
    members = [(f"name{number}", number) for number in range(50)]
    assert again([kind(members), members]) == [kind(members), members]


def test_equal_values_have_equal_forms_when_nothing_is_referred_to() -> None:
    text = "".join(["a", "b"])
    one = ExactWriter(refer=False).write([{"a": text}, {"a": text}, EMPTY])
    shared = {"a": "ab"}
    assert one == ExactWriter(refer=False).write([shared, shared, FrozenDict({})])
    assert one != ExactWriter(refer=False).write([shared, {"a": b"ab"}, EMPTY])


def test_a_bundle_that_was_read_is_of_its_own_kind_still() -> None:
    found = again(TrackedBundle.open({"a": 1}, EMPTY, EMPTY))
    assert type(found) is TrackedBundle, "or it would not equal what the next derive makes"
    assert found == TrackedBundle.open({"a": 1}, EMPTY, EMPTY)


def test_subclasses_of_plain_data_become_what_they_equal() -> None:
    class Text(str):
        __slots__ = ()

    assert again([Text("a"), OrderedDict(a=1)]) == ["a", {"a": 1}]


def test_internal_variables_are_never_written() -> None:
    writer = ExactWriter()
    plain = writer.write(VariableBundle(internal={"id": "a/b", "secret": "never"}))
    assert b"never" not in msgspec.msgpack.encode(plain)
    assert writer.unkept == ["internal variables"]
    given_back = ExactWriter(given=lambda value: ("internal", value["id"]))
    plain = given_back.write(VariableBundle(internal={"id": "a/b"}))
    found = ExactReader(find, given=lambda kind, key: {"id": key}).read(plain)
    assert found.internal == {"id": "a/b"}
    assert not given_back.unkept
