"""`-` in the place of a document: validate, render and plan read standard input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from fsmv2.cli.app import app
from fsmv2.operate.changes import document_plan
from fsmv2.operate.changes.apply_data import DocumentText
from fsmv2.operate.changes.document_plan import plan_of

PLANT = "agent: {name: edge}\nbroker: {url: 'nats://127.0.0.1:1'}\n"


def fsmv2(*words: str, typed: str = PLANT) -> Result:
    return CliRunner().invoke(app, list(words), prog_name="fsmv2", input=typed)


def test_it_is_checked() -> None:
    shown = fsmv2("validate", "-")
    assert (shown.exit_code, shown.stderr) == (0, "standard input: no problems, no warnings\n")
    shown = fsmv2("validate", "-", typed="agent: {nam: edge}\n")
    assert shown.exit_code == 1
    assert shown.stderr.startswith("standard input:1:9: error[FSM0120]: there is no key 'nam'")


def test_it_is_rendered() -> None:
    shown = fsmv2("render", "-")
    assert (shown.exit_code, list(yaml.safe_load(shown.stdout))) == (0, ["edge"])


def test_it_is_planned_against_a_document(tmp_path: Path) -> None:
    old = tmp_path / "old.yaml"
    old.write_text(PLANT)
    assert fsmv2("plan", "-", "--against", str(old)).exit_code == 0
    shown = fsmv2("plan", "-", "--against", str(old), typed=f"{PLANT}global: {{rate: 1}}\n")
    assert shown.exit_code in (0, 2)
    assert fsmv2("plan", "-", "--against", str(old), typed="").exit_code == 1


def test_files_that_it_names_are_relative_to_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "password").write_text("secret")
    (tmp_path / "password").chmod(0o600)
    typed = "agent: {name: edge}\nbroker: {url: 'nats://127.0.0.1:1', user: a, "
    assert fsmv2("validate", "-", typed=f"{typed}password: 'file:password'}}\n").exit_code == 0


def test_of_a_tree_it_is_planned_in_the_place_of_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[DocumentText] = []

    class Tree:
        def __init__(self, directory: Path, *, tool: str) -> None:
            assert directory == Path("/state")

        def overview(self) -> Any:
            return type("Overview", (), {"document": "/plants/plant.yaml"})

        def plan_document(self, document: DocumentText) -> Any:
            asked.append(document)

    monkeypatch.setattr(document_plan, "RemoteTree", Tree)
    monkeypatch.setattr(document_plan, "tree_of", lambda document, tree, state_dir: state_dir)
    plan_of(Path("standard input"), text=b"x", state_dir=Path("/state"))
    assert asked == [DocumentText(source="/plants/plant.yaml", files={"": b"x"})]
