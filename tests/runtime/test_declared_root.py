"""The root that was declared last, and declared again when a secret changes."""

from __future__ import annotations

from pathlib import Path

from fsmv2 import ChildSpec, UserSpec, VariableBundle, Vault
from fsmv2.core import Declared, Event
from fsmv2.runtime.declared_root import DeclaredRoot


def child(**variables: str) -> ChildSpec:
    return ChildSpec("root", "lamp", UserSpec(variables=VariableBundle(variables, {"rate": 5})))


def test_fleet_wide_variables_are_those_of_the_root_unless_others_are_given() -> None:
    posted: list[Event] = []
    declared = DeclaredRoot(posted.append, None)
    declared.declare(child(), None, "program")
    declared.declare(child(), {"rate": 7}, "program")
    first, second = posted
    assert isinstance(first, Declared)
    assert isinstance(second, Declared)
    assert (first.global_variables, second.global_variables) == ({"rate": 5}, {"rate": 7})


def test_a_changed_secret_before_any_declaration_declares_nothing() -> None:
    posted: list[Event] = []
    DeclaredRoot(posted.append, None).redeclare({"env:PW": "changed"})
    assert posted == []


def test_it_is_declared_again_with_the_secret_of_now(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("first value")
    vault = Vault(tmp_path)
    posted: list[Event] = []
    declared = DeclaredRoot(posted.append, vault)
    old = vault.from_file("pw")
    declared.declare(child(PW=old), None, "program")
    vault.replace("pw", "second value", 0.0)
    declared.redeclare({"file:pw": "changed"})
    again = posted[-1]
    assert isinstance(again, Declared)
    assert again.who == "a changed secret"
    assert again.root.user_spec.variables.user["PW"] == vault.current(old) != old
