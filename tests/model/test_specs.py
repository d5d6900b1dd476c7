"""UserSpec, ObservedState, ChildSpec, DesiredState: what their constructors promise."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

import fsmv2.model
from fsmv2.errors import DefinitionError, SpecError
from fsmv2.model import (
    ChildSpec,
    DesiredState,
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


def test_a_child_takes_three_arguments_by_position() -> None:
    """Name, worker type, user spec; the rest has defaults."""
    child = ChildSpec("lamp", "light", LampSpec(pin=1))
    assert child == ChildSpec(name="lamp", worker_type="light", user_spec=LampSpec(pin=1))
    assert (child.enabled, child.discovered, child.depends_on) == (True, False, ())
    assert child != ChildSpec("lamp", "light", LampSpec(pin=2))


def test_equal_state_mappings_are_one_object_that_nobody_can_change() -> None:
    """And a later change of the author's dict does not reach the child."""
    mapping = {"on": "running"}
    one = ChildSpec("a", "light", LampSpec(pin=1), mapping)
    mapping["on"] = "stopped"
    other = ChildSpec("b", "light", LampSpec(pin=1), {"on": "running"})
    assert one.state_mapping == {"on": "running"}
    assert one.state_mapping is other.state_mapping


@pytest.mark.parametrize("name", ["opc.tcp://10.0.0.1:4840/a b", "Füller 1", "a/b", "*"])
def test_any_printable_name_will_do(name: str) -> None:
    """Discovered servers are named by their URL."""
    assert ChildSpec(name, "light", LampSpec(pin=1)).name == name


@pytest.mark.parametrize("name", ["", " a", "a ", "a\nb", "a\x00", "\u200b", 7, None])
def test_other_names_are_refused(name: Any) -> None:
    """Empty, padded, unprintable, not text."""
    with pytest.raises(SpecError, match="name"):
        ChildSpec(name, "light", LampSpec(pin=1))


def test_the_error_of_a_name_proposes_a_clean_one() -> None:
    """Trimmed and printable."""
    with pytest.raises(SpecError) as caught:
        ChildSpec(" a\tb ", "light", LampSpec(pin=1))
    assert caught.value.fix == "Use 'ab'."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"worker_type": ""}, "worker type of child 'a' is ''"),
        ({"worker_type": None}, "worker type of child 'a' is None"),
        ({"user_spec": {"pin": 1}}, "user_spec of child 'a' is a dict"),
        ({"depends_on": "broker"}, "depends_on of child 'a' is 'broker', expected a list"),
        ({"depends_on": 7}, "depends_on of child 'a' is 7"),
    ],
)
def test_a_child_of_wrong_parts_is_refused(arguments: dict[str, Any], message: str) -> None:
    """The error names the child and the part."""
    given = {"name": "a", "worker_type": "light", "user_spec": LampSpec(pin=1), **arguments}
    with pytest.raises(SpecError, match=message):
        ChildSpec(**given)


def test_lists_become_tuples() -> None:
    """Authors write lists; what is frozen holds tuples."""
    child = ChildSpec("a", "light", LampSpec(pin=1), depends_on=["b"])  # type: ignore[arg-type]
    assert child.depends_on == ("b",)
    desired = DesiredState("on", [child])  # type: ignore[arg-type]
    assert desired.children_specs == (child,)
    assert desired == DesiredState("on", (child,))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"state": ""}, "desired state is ''"),
        ({"state": None}, "desired state is None"),
        ({"children_specs": 3}, "children_specs is a int"),
        ({"children_specs": ["a"]}, "children_specs holds a str"),
        ({"hold_reason": 3}, "hold_reason is 3"),
    ],
)
def test_a_desired_state_of_wrong_parts_is_refused(arguments: dict[str, Any], message: str) -> None:
    """What a derive returns is checked where it is made."""
    with pytest.raises(SpecError, match=message):
        DesiredState(**{"state": "on", **arguments})


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


class Client:
    """No data."""


@dataclasses.dataclass
class Settings:
    """Data."""

    inner: Any


@pytest.mark.parametrize(
    ("config", "place"),
    [
        (Client(), "config"),
        ({"a": [Client()]}, "config.a[0]"),
        (Settings({"x": Client()}), "config.inner.x"),
    ],
)
def test_a_config_that_holds_an_object_is_refused_at_its_place(config: Any, place: str) -> None:
    """By name: it could not be stored, compared or shown."""
    with pytest.raises(SpecError, match=r"an object of the class test_specs\.Client") as caught:
        DesiredState("running", config=config)
    assert caught.value.path == place


def test_a_config_may_be_any_data() -> None:
    for config in ({"a": [1, b"x", {2}, (None,)]}, Settings("x"), LampSpec(pin=1), "x", 1):
        assert DesiredState("running", config=config).config == config
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(SpecError, match="nested too deeply"):
        DesiredState("running", config=loop)
