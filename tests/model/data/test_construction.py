"""A spec that is made in Python is checked as one in a document, with all its problems at once."""

from __future__ import annotations

import copy
import enum
import pickle
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
import pytest

from fsmv2 import ObservedState, SpecError, UserSpec, VariableBundle
from fsmv2.model.data.frozen import EMPTY, FrozenDict


class Kind(enum.StrEnum):
    ROUND = "round"


class Pump(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    speed: int = 0


class TankSpec(UserSpec):
    level: int
    name: str = ""
    ratio: float = 0.0
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 502
    kind: Kind = Kind.ROUND
    mode: Literal["fill", "drain"] = "fill"
    pump: Pump | None = None
    tags: tuple[str, ...] = ()
    limits: Mapping[str, float] = EMPTY
    order: Sequence[int] = ()
    notes: list[str] = msgspec.field(default_factory=list)
    free: Any = None
    inner: UserSpec | None = None
    inners: tuple[UserSpec, ...] = ()


class Seen(ObservedState):
    level: int = 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"levl": 3, "level": 1}, "there is no field 'levl' in TankSpec. Did you mean 'level'?"),
        ({"level": "x"}, "TankSpec.level: expected a whole number, got the text 'x'."),
        ({"level": True}, "TankSpec.level: expected a whole number, got true."),
        ({"level": 1.5}, "TankSpec.level: expected a whole number, got the number 1.5."),
        ({"level": None}, "TankSpec.level: expected a whole number, got nothing."),
        ({}, "TankSpec.level: TankSpec has no 'level'. Add 'level', a whole number."),
        ({"level": 1, "name": 5}, "TankSpec.name: expected text, got the number 5. Put it in"),
        ({"level": 1, "ratio": "1"}, "ratio: expected a number, got the text '1'. Write 1."),
        ({"level": 1, "port": 0}, "TankSpec.port: expected a whole number from 1 to 65535, got 0."),
        ({"level": 1, "kind": "square"}, "TankSpec.kind: expected round, got the text 'square'."),
        ({"level": 1, "mode": "empty"}, "mode: expected one of fill, drain, got the text 'empty'."),
        ({"level": 1, "pump": 3}, "TankSpec.pump: expected Pump or its fields, got the number 3."),
        ({"level": 1, "pump": {"sped": 3}}, "pump.sped: there is no field 'sped' in 'pump'. Did"),
        ({"level": 1, "tags": "ab"}, "TankSpec.tags: expected a list, got the text 'ab'."),
        ({"level": 1, "tags": ["a", 3]}, "TankSpec.tags[1]: expected text, got the number 3."),
        ({"level": 1, "limits": {"a": "b"}}, "limits.a: expected a number, got the text 'b'."),
        ({"level": 1, "location": 5}, "location: expected keys and values, got the number 5."),
        ({"level": 1, "variables": {"IP": "a"}}, "Write variables=VariableBundle({'NAME': va"),
        ({"level": 1, "inner": Pump()}, "expected UserSpec or its fields, got an object of the"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_with_what_was_expected(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError) as caught:
        TankSpec(**given)
    assert said in str(caught.value)
    assert caught.value.code == "FSM0100"


def test_all_problems_are_told_at_once() -> None:
    wrong: dict[str, Any] = {"more": 3, "name": 5, "tags": ["a", 3]}
    with pytest.raises(SpecError) as caught:
        TankSpec(3, **wrong)
    assert str(caught.value).startswith(
        "TankSpec: 5 fields do not fit:\n  - fields: 1 of its fields"
    )
    assert len(caught.value.problems) == 5
    assert "more: there is no field 'more' in TankSpec. Did you" in caught.value.problems[1]
    assert "level: TankSpec has no 'level'" in str(caught.value)
    # A misspelt name explains the missing one.
    with pytest.raises(SpecError, match=r"TankSpec\.levl: .* Did you mean 'level'\?"):
        TankSpec(levl=3)  # type: ignore[call-arg]


def test_what_is_right_is_kept_as_it_was_given() -> None:
    """The same objects, so that specs are compared by identity, and mappings stay shared."""
    tags, limits, notes, free = ("a", "b"), FrozenDict({"a": 1.0}), ["n"], {"x": [(1, 2)]}
    order, variables, pump = (1, 2), VariableBundle({"IP": "a"}), Pump(speed=3)
    spec = TankSpec(
        level=1, tags=tags, limits=limits, notes=notes, free=free, order=order,
        variables=variables, pump=pump,
    )  # fmt: skip
    assert spec.tags is tags
    assert spec.limits is limits
    assert spec.notes is notes
    assert spec.free is free
    assert spec.order is order
    assert spec.variables is variables
    assert spec.pump is pump
    assert TankSpec(level=1).location is EMPTY
    assert pickle.loads(pickle.dumps(spec)) == spec == copy.deepcopy(spec)  # noqa: S301


def test_what_a_document_would_convert_is_converted() -> None:
    given: dict[str, Any] = {"tags": ["a"], "ratio": 1, "kind": "round", "pump": {"speed": 3}}
    spec = TankSpec(level=1, **given)
    assert spec.tags == ("a",)
    assert type(spec.ratio) is float
    assert spec.kind is Kind.ROUND
    assert spec.pump == Pump(speed=3)


class Inner(UserSpec):
    x: int = 0


def test_a_spec_within_a_spec_may_be_of_a_subclass() -> None:
    spec = TankSpec(level=1, inner=Inner(x=1), inners=(Inner(x=2),))
    assert (spec.inner, spec.inners) == (Inner(x=1), (Inner(x=2),))
    with pytest.raises(SpecError, match=r"TankSpec\.name: expected text"):
        TankSpec(level=1, inner=Inner(x=1), name=3)  # type: ignore[arg-type]


class Ruled(UserSpec):
    low: int = 0
    high: int = 0
    command: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.command, str):
            raise SpecError("command is one text.", fix="Write a list.")
        if self.low > self.high:
            raise ValueError("low is above high")


def test_the_rule_of_the_type_speaks_for_itself() -> None:
    with pytest.raises(ValueError, match="low is above high"):
        Ruled(low=3, high=1)
    with pytest.raises(SpecError, match=r"command is one text\. Write a list"):
        Ruled(command="ls")  # type: ignore[arg-type]
    with pytest.raises(SpecError, match=r"Ruled\.low: expected a whole number"):
        Ruled(low="x")  # type: ignore[arg-type]


def test_a_class_that_msgspec_cannot_look_at_is_checked_for_names_alone() -> None:
    class Local(msgspec.Struct):
        x: int = 0

    class Odd(UserSpec):
        local: Local | None = None
        needed: int

    class Renamed(UserSpec, rename={"every": "interval"}):
        every: int = 0

    assert Odd(local=Local(), needed=1).needed == 1
    assert Renamed(every=3).every == 3
    with pytest.raises(SpecError, match="2 fields do not fit"):
        Odd(ned=3)  # type: ignore[call-arg]
    with pytest.raises(SpecError, match=r"Renamed\.evry: .* Did you mean 'every'"):
        Renamed(evry=3)  # type: ignore[call-arg]


def test_an_observation_is_checked_for_names_alone() -> None:
    """It is made by the author's own collector each time, and its types are looked at by nobody."""
    with pytest.raises(
        SpecError, match=r"Seen\.levl: there is no field 'levl' in Seen. Did you mean 'level'"
    ):
        Seen(levl=3)  # type: ignore[call-arg]
    with pytest.raises(SpecError, match=r"Seen: 1 of its fields have no name"):
        Seen(3)  # type: ignore[misc]
    assert Seen(level=3).level == 3


class Raising(ObservedState):
    level: int = 0

    def __post_init__(self) -> None:
        raise TypeError("a rule of the author's own")


def test_a_type_error_of_the_author_s_own_rule_is_his() -> None:
    with pytest.raises(TypeError, match="a rule of the author's own"):
        Raising(level=3)


def test_each_given_type_is_refused_wherever_it_is_wrong() -> None:
    """By the decoder of documents and by Python alike."""
    from fsmv2.model import decode_spec

    for field, value in (("level", "x"), ("tags", [1]), ("pump", {"sped": 1}), ("kind", "x")):
        given = {"level": 1, field: value}
        with pytest.raises(SpecError) as python:
            TankSpec(**given)
        with pytest.raises(SpecError) as document:
            decode_spec(given, TankSpec)
        [told] = document.value.diagnostics  # type: ignore[attr-defined]
        assert told.message in str(python.value)
