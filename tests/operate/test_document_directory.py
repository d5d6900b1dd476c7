"""Which state directory is that of a document, also behind a link that is turned."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fsmv2.cli.app import app
from fsmv2.operate.document_directory import default_directory
from fsmv2.operate.run_record import begin_record
from fsmv2.operate.state_directory import held

DOCUMENT = "agent: {name: edge}\nprocesses: {sleeps: {command: [sleep, '100']}}\n"


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A document behind a link to the first of two releases."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    for release in ("r1", "r2"):
        (tmp_path / release).mkdir()
        (tmp_path / release / "plant.yaml").write_text(DOCUMENT)
    turn(tmp_path, "r1")
    return tmp_path / "current" / "plant.yaml"


def turn(folder: Path, release: str) -> None:
    new = folder / "new"
    new.symlink_to(folder / release)
    os.replace(new, folder / "current")


def test_a_path_keeps_its_place_when_its_link_is_turned(plant: Path, tmp_path: Path) -> None:
    """After a crash and a new release everything that runs is adopted, and nothing runs twice."""
    before = default_directory(plant)
    assert before == default_directory(tmp_path / "r1" / "plant.yaml"), (
        "one document, whatever its name"
    )
    before.mkdir(parents=True)
    begin_record(before, plant)
    turn(tmp_path, "r2")
    assert default_directory(plant) == before
    shutil.rmtree(before)
    assert default_directory(plant) == default_directory(tmp_path / "r2" / "plant.yaml") != before


def test_of_two_places_of_a_path_the_later_one_counts(plant: Path, tmp_path: Path) -> None:
    first = default_directory(plant)
    turn(tmp_path, "r2")
    second = default_directory(plant)
    for place in (second, first):
        place.mkdir(parents=True)
        begin_record(place, plant)
    assert default_directory(plant) == first


def test_a_document_that_runs_under_another_name_is_refused(plant: Path, tmp_path: Path) -> None:
    before = default_directory(plant)
    before.mkdir(parents=True)
    begin_record(before, plant)
    turn(tmp_path, "r2")
    real = tmp_path / "r2" / "plant.yaml"
    with held(before):
        found = CliRunner().invoke(app, ["run", str(real), "--for", "1s"])
    assert found.exit_code == 1
    said = " ".join(found.output.split())
    assert f"{real} runs already as {plant}, in process {os.getpid()} with" in said
    assert not default_directory(real).exists()
