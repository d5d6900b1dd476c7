"""`notify-test`: through a document, by the tree that runs, and what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from forked_python import fsmv2
from fsmv2.cli.app import app

DOCUMENT = """
agent: {name: edge}
processes: {a: {command: [sleep, "1000"], enabled: false}}
notify:
  targets:
    log: {file: n.jsonl}
    env: {command: [sh, -c, 'echo "$0" >> out', "{{ .event }}"]}
    dead: {webhook: "http://127.0.0.1:1/secret"}
"""


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("FSMV2_TREE", raising=False)
    file = tmp_path / "plant.yaml"
    file.write_text(DOCUMENT)
    return file


def test_each_target_is_told_of_on_a_line_and_a_failure_is_the_exit_code(plant: Path) -> None:
    found = CliRunner().invoke(app, ["notify-test", "-f", str(plant)])
    assert found.exit_code == 1, found.output
    lines = found.stdout.splitlines()
    assert lines[0].startswith(f"log  file {plant.parent}/n.jsonl  delivered: written (")
    assert lines[1].startswith("env  command sh  delivered: exit code 0 (")
    assert lines[2].startswith(
        "dead  webhook http://127.0.0.1:1  not delivered: it cannot be reached: Connection refused"
    )
    assert "no tree runs this document: sent from this shell" in found.stderr
    assert (plant.parent / "out").read_text() == "test\n"
    assert json.loads((plant.parent / "n.jsonl").read_text())["event"] == "test"


def test_some_targets_are_tested_alone(plant: Path) -> None:
    found = CliRunner().invoke(app, ["notify-test", "log", "env", "-f", str(plant), "--json"])
    assert found.exit_code == 0
    assert [one["target"] for one in json.loads(found.stdout)] == ["log", "env"]


def test_what_is_wrong_is_said(plant: Path) -> None:
    found = CliRunner().invoke(app, ["notify-test", "lg", "-f", str(plant)])
    assert found.exit_code == 2
    assert "Did you mean 'log'?" in found.stderr
    plant.write_text("agent: {name: edge}\n")
    found = CliRunner().invoke(app, ["notify-test", "-f", str(plant)])
    assert found.exit_code == 1
    assert "the document has no targets, so no notification is sent" in found.stderr


@pytest.mark.real
def test_the_tree_that_runs_sends_it(plant: Path) -> None:
    """With its own environment, not that of who asks."""
    plant.write_text(
        DOCUMENT.replace("$0", "$WHO")
        .replace("{{ .event }}", "x")
        .replace("[sh,", "{run: [sh,")
        .replace('"x"]', '"x"], env: {WHO: "{{ .global.WHO }}"}}')
        .replace("processes", "global: {WHO: {env: WHO}}\nprocesses")
    )
    command = [sys.executable, "-m", "fsmv2.cli"]
    run = subprocess.Popen(
        [*command, "run", str(plant), "--json"],
        env={**os.environ, "WHO": "the-tree"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert run.stdout is not None
        for line in run.stdout:
            if "declared by start" in line:
                break
        for _ in range(300):
            found = fsmv2(
                "notify-test", "env", "-f", str(plant), env={**os.environ, "WHO": "somebody"}
            )
            if found.returncode == 0:
                break
        assert "delivered: exit code 0" in found.stdout, found
        assert "sent from here" not in found.stderr
        assert (plant.parent / "out").read_text().splitlines()[-1] == "the-tree"
    finally:
        run.terminate()
        run.communicate(timeout=200)
