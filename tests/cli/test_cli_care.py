"""`backup`, `restore` and `doctor` as a person uses them: what they print, and their exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fsmv2.cli.app import app
from fsmv2.operate import prepare

PLANT = 'agent: {name: edge}\nbroker: {url: "nats://127.0.0.1:1"}\n'


def fsmv2(*words: str | Path) -> Result:
    return CliRunner().invoke(app, list(map(str, words)))


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The state directory of a plant that was run once."""
    (tmp_path / "plant.yaml").write_text(PLANT)
    with prepare(tmp_path / "plant.yaml", state_dir=tmp_path / "state") as tree:
        tree.ended()
    return tmp_path / "state"


def test_a_backup_says_what_is_in_it_and_how_it_is_put_back(state: Path, tmp_path: Path) -> None:
    shown = fsmv2("backup", tmp_path / "b.tgz", "--state-dir", state)
    assert shown.exit_code == 0
    assert f"b.tgz: generation 1 of {tmp_path}/plant.yaml, " in shown.stdout
    assert "restore it with: fsmv2 restore" in shown.stdout


def test_a_restore_says_how_it_is_run(state: Path, tmp_path: Path) -> None:
    fsmv2("backup", tmp_path / "b.tgz", "--state-dir", state)
    shutil.rmtree(state)
    shown = fsmv2("restore", tmp_path / "b.tgz")
    assert shown.exit_code == 0
    assert f"run it with: fsmv2 run {tmp_path}/plant.yaml --state-dir {state}" in shown.stdout


def test_a_refused_restore_ends_with_1_and_a_fix(state: Path, tmp_path: Path) -> None:
    fsmv2("backup", tmp_path / "b.tgz", "--state-dir", state)
    shown = fsmv2("restore", tmp_path / "b.tgz")
    assert shown.exit_code == 1
    assert "error[FSM0820]" in shown.stderr
    assert "--replace" in shown.stderr


def test_the_doctor_ends_with_0_where_nothing_is_wrong(state: Path) -> None:
    shown = fsmv2("doctor", "--state-dir", state)
    assert shown.exit_code == 0
    assert "store: whole, version" in shown.stdout
    assert shown.stdout.endswith("no errors, no warnings\n")


def test_the_doctor_ends_with_1_and_says_what_it_could_repair(state: Path) -> None:
    (state / "store.db").write_bytes(b"rubbish" * 999)
    shown = fsmv2("doctor", "--state-dir", state)
    assert shown.exit_code == 1
    assert "`fsmv2 doctor --repair` can see to 1 of them" in shown.stdout
    shown = fsmv2("doctor", "--state-dir", state, "--repair")
    assert shown.exit_code == 0
    assert "the original is in" in shown.stdout


def test_the_doctor_answers_as_json(state: Path) -> None:
    found = json.loads(fsmv2("doctor", "--state-dir", state, "--json").stdout)
    assert {one["level"] for one in found["findings"]} == {"ok"}


def test_names_from_outside_never_reach_the_screen_as_they_are(tmp_path: Path) -> None:
    place = tmp_path / "a\x1b[31mb"
    for words in (("doctor",), ("backup", str(tmp_path / "b.tgz"))):
        shown = fsmv2(*words, "--state-dir", place)
        assert shown.exit_code == 1
        assert "\x1b" not in shown.output
