"""The root that was declared last, and declared again when a secret changes, or replaced."""

from __future__ import annotations

from pathlib import Path

from lamp_tree import group

from fsmv2 import ChildSpec, EngineSettings, UserSpec, VariableBundle, Vault
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
    DeclaredRoot(posted.append, None).redeclare({"pw": "changed"}, 0.0)
    assert posted == []


def test_it_is_declared_again_with_the_secret_of_now(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("first value")
    vault = Vault(tmp_path)
    posted: list[Event] = []
    declared = DeclaredRoot(posted.append, vault)
    old = vault.from_file("pw")
    declared.declare(child(PW=old), None, "program")
    declared.redeclare({"pw": "second value"}, 0.0)
    again = posted[-1]
    assert isinstance(again, Declared)
    assert again.who == "a changed secret"
    assert again.secrets == {"file:pw": "pw changed (file pw)"}
    assert again.root.user_spec.variables.user["PW"] == vault.current(old) != old


def vault_with(folder: Path, name: str, value: str, key: bytes | None = None) -> Vault:
    (folder / name).write_text(value)
    (folder / name).chmod(0o600)
    made = Vault(folder, key=key)
    made.from_file(name, variable=name.upper())
    return made


def test_a_secret_that_changes_never_brings_back_the_root_of_before(tmp_path: Path) -> None:
    posted: list[Event] = []
    vault = vault_with(tmp_path, "old", "first-password")
    declared = DeclaredRoot(posted.append, vault)
    declared.declare(group("g"), None, "start")
    new = vault_with(tmp_path, "new", "other-password", vault.key)
    settings = EngineSettings(escalate_at=9)
    event = declared.replace(
        group("g", wish="stopped"), "ann", secrets=new, settings=settings, now=1.0
    )
    assert posted[-1] is event
    declared.redeclare({"old": "second-password"}, 2.0)
    assert posted[-1] is event, "nobody reads that one any more"
    declared.redeclare({"new": "third-password"}, 3.0)
    again = posted[-1]
    assert isinstance(again, Declared)
    assert again.root == group("g", wish="stopped")
    assert list(again.secrets) == ["file:new"]
    assert again.settings is None, "they are those of before"
    assert vault.files == ("new",)
