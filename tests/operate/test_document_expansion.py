"""What a document declares, and how it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmv2 import DocumentError
from fsmv2.errors import UnknownPathError
from fsmv2.operate import expand

DOCUMENT = """
agent: {name: edge}
broker: {url: "nats://127.0.0.1:1"}
processes:
  sleeps: {command: [sleep, "100"]}
  waits: {command: ["true", "{{ .NOWHERE }}"]}
"""


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    file = tmp_path / "plant.yaml"
    file.write_text(DOCUMENT)
    return file


def test_all_workers_stand_in_it_parents_first(document: Path) -> None:
    expansion = expand(document)
    assert [worker.path for worker in expansion.workers] == [
        "edge",
        "edge/broker",
        "edge/sleeps",
        "edge/waits",
    ]
    assert expansion.worker("edge/sleeps").config.command == ("sleep", "100")
    assert "NOWHERE" in expansion.worker("edge/waits").problem
    assert expansion.change == "", "nothing runs"


def test_a_part_begins_with_its_own_top(document: Path) -> None:
    expansion = expand(document)
    assert [worker.path for worker in expansion.below("edge/sleeps")] == ["edge/sleeps"]
    assert expansion.below("edge") == expansion.workers


def test_a_path_that_is_not_there_is_refused_with_the_nearest(document: Path) -> None:
    with pytest.raises(UnknownPathError, match=f"'edge/sleep' in {document}") as raised:
        expand(document).below("edge/sleep")
    assert "edge/sleeps" in raised.value.fix


def test_nothing_comes_of_a_document_that_is_wrong(document: Path) -> None:
    document.write_text("agent: {nam: edge}\n")
    with pytest.raises(DocumentError):
        expand(document)
