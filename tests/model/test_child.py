"""ChildSpec: what its constructor takes, shares and refuses."""

from __future__ import annotations

from typing import Any

import pytest

from fsmv2.errors import SpecError
from fsmv2.model import (
    ChildSpec,
    UserSpec,
)


class LampSpec(UserSpec):
    """What an author writes: no options to repeat."""

    pin: int
    label: str = ""


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


def child(name: str, **options: Any) -> ChildSpec:
    return ChildSpec(name, "lamp", UserSpec(), **options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"restart": "permanant"}, "Did you mean 'permanent'?"),
        ({"significant": True}, "never ends by itself"),
        ({"after": "b"}, "after of child 'a' is 'b', expected a list of names"),
        ({"requires": "b"}, "Write ['b']"),
    ],
)
def test_a_child_that_cannot_be_meant_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError) as caught:
        child("a", **options)
    assert said in str(caught.value)
