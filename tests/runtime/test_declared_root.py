"""A root that is declared, a document that replaces it, and a secret that changes meanwhile."""

from __future__ import annotations

from pathlib import Path

from lamp_tree import group

from fsmv2 import EngineSettings, Vault
from fsmv2.core import Declared, Event
from fsmv2.runtime.declared_root import DeclaredRoot


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
