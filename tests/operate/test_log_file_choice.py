"""A log is not written into the document of the tree whose log it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from fsmv2.cli.app import app
from fsmv2.operate.log_file_choice import takes_the_document


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plants").mkdir()
    for name in ("plant.yaml", "plants/a.yaml", "plants/old.log", "run.log"):
        (tmp_path / name).write_text("agent: {name: edge}\n")
    (tmp_path / "link.log").symlink_to("plant.yaml")
    (tmp_path / "lost.log").symlink_to("nowhere")
    return tmp_path


@pytest.mark.parametrize(
    ("log_file", "document", "takes"),
    [
        ("plant.yaml", "plant.yaml", True),
        ("link.log", "plant.yaml", True),
        ("plants/a.yaml", "plants", True),
        ("plants/old.log", "plants", False),
        ("plants/new.yaml", "plants", False),
        ("run.log", "plant.yaml", False),
        ("new.log", "plant.yaml", False),
        ("lost.log", "plant.yaml", False),
        ("run.log", "missing.yaml", False),
    ],
)
def test_only_the_document_itself_is_kept_from_it(
    folder: Path, log_file: str, document: str, takes: bool
) -> None:
    assert takes_the_document(folder / log_file, folder / document) is takes


def test_without_one_of_the_two_there_is_nothing_to_take(folder: Path) -> None:
    assert not takes_the_document(None, folder / "plant.yaml")
    assert not takes_the_document(folder / "run.log", None)


def test_a_run_refuses_it(folder: Path) -> None:
    file = str(folder / "plant.yaml")
    found = CliRunner().invoke(app, ["run", file, "--log-file", file])
    assert found.exit_code == 2
    assert "is the document; name another file" in " ".join(found.output.split())
