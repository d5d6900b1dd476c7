"""The order in which siblings start: who is before whom, and circles."""

from __future__ import annotations

from typing import Any

from fsmv2.model import (
    ChildSpec,
    DesiredState,
    Group,
    UserSpec,
    siblings_before,
)


def child(name: str, **options: Any) -> ChildSpec:
    return ChildSpec(name, "lamp", UserSpec(), **options)


def test_a_chain_of_siblings_longer_than_the_stack_is_followed() -> None:
    chain = [child("0"), *(child(str(n), after=[str(n - 1)]) for n in range(1, 5000))]
    assert len(DesiredState("on", chain).children_specs) == 5000  # type: ignore[arg-type]  # a list


def test_who_starts_before_whom_is_named_once() -> None:
    groups = (Group("rest_for_one", ("x", "y", "a")),)
    assert siblings_before(child("a", requires=["r", "x"], after=["r"]), groups) == ("r", "x", "y")
