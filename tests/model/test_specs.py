"""UserSpec, ObservedState, ChildSpec, DesiredState: what their constructors promise."""

from __future__ import annotations

from typing import Any

import pytest

import fsmv2.model
from fsmv2.errors import DefinitionError, SpecError
from fsmv2.model import (
    ObservedState,
    UserSpec,
    VariableBundle,
    Volatile,
    same_observation,
    stable_fields,
)
from fsmv2.model.data.frozen import EMPTY


class LampSpec(UserSpec):
    """What an author writes: no options to repeat."""

    pin: int
    label: str = ""


class DimmerSpec(LampSpec):
    """And once more below it."""

    steps: int = 8


class Seen(ObservedState):
    """An observation with a field that changes all the time."""

    up: bool
    level: float = 0.0
    queue_depth: Volatile[int] = 0


class Unwatched(ObservedState):
    """Nothing but volatile fields."""

    ticks: Volatile[int] = 0


class Calmed(Seen):
    """A field of the base, no longer volatile."""

    queue_depth: int = 0


@pytest.mark.parametrize("kind", [LampSpec, DimmerSpec])
def test_a_subclass_is_frozen_keyword_only_and_strict(kind: Any) -> None:
    """The base's rules hold without repetition, two levels down."""
    with pytest.raises(SpecError, match="have no name, expected all by name"):
        kind(1)
    with pytest.raises(AttributeError):
        kind(pin=1).pin = 2
    assert kind.__struct_config__.forbid_unknown_fields
    assert kind(pin=1) == kind(pin=1) != kind(pin=2)


@pytest.mark.parametrize("option", ["frozen", "kw_only", "forbid_unknown_fields"])
def test_a_subclass_cannot_switch_the_rules_off(option: str) -> None:
    """The error names the class and the option."""
    with pytest.raises(DefinitionError, match=f"Loose sets {option}=False"):
        type(UserSpec)("Loose", (UserSpec,), {"__module__": __name__}, **{option: False})


def test_an_observation_may_be_read_with_fields_of_a_newer_version() -> None:
    """Strictness about unknown fields is for what people write."""
    assert not Seen.__struct_config__.forbid_unknown_fields


def test_specs_without_variables_share_their_empty_parts() -> None:
    """100,000 of them hold no dicts of their own."""
    one, other = LampSpec(pin=1), LampSpec(pin=2)
    assert one.variables is other.variables
    assert one.location is other.location is EMPTY


def test_volatile_fields_do_not_make_another_observation() -> None:
    """Section 4: only a field not marked volatile counts."""
    assert stable_fields(Seen) == ("up", "level")
    assert same_observation(Seen(up=True, queue_depth=1), Seen(up=True, queue_depth=2))
    assert not same_observation(Seen(up=True), Seen(up=False))
    assert not same_observation(Seen(up=True, level=1.0), Seen(up=True, level=2.0))


def test_an_observation_is_the_same_as_itself() -> None:
    """Without a look at its fields."""
    seen = Seen(up=True)
    assert same_observation(seen, seen)


def test_only_volatile_fields_means_always_the_same() -> None:
    """There is nothing left to compare."""
    assert same_observation(Unwatched(ticks=1), Unwatched(ticks=2))


def test_a_subclass_may_take_a_field_back() -> None:
    """The nearest annotation counts."""
    assert stable_fields(Calmed) == ("up", "level", "queue_depth")
    assert not same_observation(Calmed(up=True, queue_depth=1), Calmed(up=True))


def test_another_type_is_another_observation() -> None:
    """Even with the same values."""
    assert not same_observation(Seen(up=True), Calmed(up=True))


def test_nan_is_the_same_as_nan() -> None:
    """A sensor without a value does not wake the tree at every reading."""
    assert same_observation(Seen(up=True, level=float("nan")), Seen(up=True, level=float("nan")))
    assert not same_observation(Seen(up=True, level=float("nan")), Seen(up=True, level=1.0))


def test_volatile_is_found_in_a_class_whose_names_cannot_be_resolved() -> None:
    """A class inside a function names what only that function knows."""

    class Local:
        pass

    class Inside(ObservedState):
        own: Volatile[Local | None] = None
        other: Local | None = None

    assert stable_fields(Inside) == ("other",)


def test_a_spec_with_its_effective_variables_is_another_value() -> None:
    """Variables are part of a spec's equality."""
    bundle = VariableBundle(user={"IP": 1})
    assert LampSpec(pin=1, variables=bundle) != LampSpec(pin=1)


def test_all_exported_names_exist_and_are_sorted() -> None:
    """The room's face is what `__all__` says."""
    names = fsmv2.model.__all__
    assert len(set(names)) == len(names)
    for name in names:
        assert hasattr(fsmv2.model, name)
