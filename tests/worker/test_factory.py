"""Worker types by name: what the factory refuses, and how it says so."""

from __future__ import annotations

import importlib.metadata
from typing import Any

import pytest

from fsmv2 import (
    ObservedState,
    RegistrationError,
    UnknownWorkerTypeError,
    UserSpec,
    Worker,
    WorkerFactory,
    state,
    stay,
)
from fsmv2.worker import CheckView, ChildStatus, Phase, Subject, factory, fault, healthy, unknown


class Lamp(Worker[UserSpec, ObservedState]):
    def __init__(self, size: int = 1) -> None:
        self.size = size

    async def collect_observed_state(self, spec: Any, resources: Any) -> ObservedState:
        return ObservedState()

    @state("stopped")
    def stopped(self, s: Any) -> Any:
        return stay("")


class Unfinished(Lamp, abstract=True):
    """Inherits a definition that is not its own."""


def test_a_type_is_found_by_its_own_or_a_given_name() -> None:
    types = WorkerFactory()
    types.register(Lamp)
    types.register(Lamp, name="big lamp", make=lambda: Lamp(9))
    types.register_alias("bulb", "lamp")
    assert types.names == ("big lamp", "bulb", "lamp")
    assert types.find("big lamp").make().size == 9  # type: ignore[attr-defined]
    assert types.find("big lamp").definition.name == "big lamp"
    assert types.find("bulb") is types.find("lamp")


@pytest.mark.parametrize("name", ["", "  "])
def test_an_empty_name_is_refused(name: str) -> None:
    with pytest.raises(RegistrationError, match="is empty"):
        WorkerFactory().register(Lamp, name=name)


def test_a_taken_name_is_refused_and_says_by_whom() -> None:
    types = WorkerFactory()
    types.register(Lamp)
    with pytest.raises(RegistrationError, match="already registered, by Lamp"):
        types.register(Lamp)
    with pytest.raises(RegistrationError, match="already registered"):
        types.register_alias("lamp", "lamp")


@pytest.mark.parametrize("kind", [Worker, Unfinished, int])
def test_a_class_without_an_fsm_of_its_own_is_refused(kind: Any) -> None:
    with pytest.raises(RegistrationError, match="defines no FSM"):
        WorkerFactory().register(kind)


def test_an_unknown_type_is_answered_with_the_nearest_and_all_known() -> None:
    types = WorkerFactory()
    types.register(Lamp)
    with pytest.raises(UnknownWorkerTypeError, match="Did you mean 'lamp'"):
        types.find("lmap")
    with pytest.raises(LookupError):
        types.register_alias("x", "nothing")


def test_types_of_installed_packages_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    point = importlib.metadata.EntryPoint("plugin-lamp", f"{__name__}:Lamp", factory.ENTRY_POINTS)
    asked: list[str] = []

    def entry_points(*, group: str) -> list[importlib.metadata.EntryPoint]:
        asked.append(group)
        return [point]

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    types = WorkerFactory()
    types.load_entry_points()
    assert types.names == ("plugin-lamp",)
    assert asked == ["fsmv2.workers"]


def test_a_check_view_notes_what_is_read() -> None:
    status = ChildStatus("lamp", "on", Phase.RUNNING, True, True, "")
    subject = Subject(status, None, None)
    view = CheckView(5.0, {"a": subject}, {"x/y": subject})
    assert view.child("b") is None
    assert view.dependencies == ("x/y",)
    assert view.child("a") is view.dependency("x/y") is subject
    assert view.read == [subject, subject]


def test_the_three_answers_of_a_check() -> None:
    assert healthy() == healthy()
    assert unknown("why").reason == "why"
    assert fault("a", "why").affected is None
    assert fault("a", "why", affected=["b", "b"]).affected == {"b"}
