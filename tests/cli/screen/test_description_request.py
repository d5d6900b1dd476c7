"""One worker at a time is described again and again, and nobody waits for it."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, cast

import pytest

from fsmv2.cli.screen import description_request
from fsmv2.cli.screen.description_request import DescriptionRequest
from fsmv2.errors import UnknownPathError
from fsmv2.operate.worker_description import WorkerDescription

FOUND = cast("WorkerDescription", object())


class Tree:
    """Answers when a test has it do so."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Future[WorkerDescription]]] = []

    def ask(self, path: str) -> Future[WorkerDescription]:
        self.asked.append((path, Future()))
        return self.asked[-1][1]


def test_it_is_asked_for_once_at_a_time_and_again_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(description_request.time, "monotonic", lambda: now[0])
    tree = Tree()
    request = DescriptionRequest(tree.ask)
    assert request.of("edge") == request.of("edge") == "asking the tree …"
    assert [path for path, _ in tree.asked] == ["edge"]
    tree.asked[0][1].set_result(FOUND)
    assert request.of("edge") is FOUND
    assert len(tree.asked) == 1
    now[0] += 1.5
    assert request.of("edge") is FOUND, "what is known stays until the next answer"
    assert len(tree.asked) == 2


def test_another_path_is_asked_for_at_once_and_errors_are_shown() -> None:
    tree = Tree()
    request = DescriptionRequest(tree.ask)
    request.of("edge")
    assert request.of("edge/gone") == "asking the tree …"
    error: Any = UnknownPathError("there is no worker 'edge/gone'.", fix="Look at the tree.")
    tree.asked[1][1].set_exception(error)
    assert request.of("edge/gone") == "there is no worker 'edge/gone'. Look at the tree."
