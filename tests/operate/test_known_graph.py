"""A graph is that of what runs, or of a document that is named and does not run."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmv2.errors import NotRunningError, UnknownPathError
from fsmv2.operate.known_graph import graph_nodes

PLANT = 'agent: {name: edge}\nprocesses: {web: {command: [sleep, "1"]}}\n'


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    (tmp_path / "plant.yaml").write_text(PLANT)
    return tmp_path / "plant.yaml"


def test_a_document_that_does_not_run_is_shown_as_it_is_declared(file: Path) -> None:
    nodes = graph_nodes("", file, None, tool="test")
    assert [(one.path, one.type, one.state) for one in nodes] == [
        ("edge", "agent", ""),
        ("edge/web", "process", ""),
    ]
    assert [one.path for one in graph_nodes("edge/web", file, None, tool="test")] == ["edge/web"]


def test_a_path_that_it_does_not_declare_is_named(file: Path) -> None:
    with pytest.raises(UnknownPathError, match="edge/wbe"):
        graph_nodes("edge/wbe", file, None, tool="test")


def test_a_state_directory_in_which_nothing_runs_is_no_document(file: Path) -> None:
    with pytest.raises(NotRunningError):
        graph_nodes("", file, file.parent / "state", tool="test")
