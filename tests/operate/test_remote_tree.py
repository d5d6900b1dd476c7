"""A client of a tree that does not answer: it says so in seconds, and what may have been done."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fsmv2.errors import ApiUnavailableError, NotRunningError
from fsmv2.operate import remote_tree, running_trees, tree_client
from fsmv2.operate.remote_tree import RemoteTree
from fsmv2.operate.request_types import Pause
from fsmv2.operate.silent_tree import NoAnswer
from fsmv2.operate.socket_place import known_socket
from fsmv2.operate.worker_filter import WorkerFilter

ALIVE = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n[]"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], Path]]:
    """A server that answers so many requests, and none after them."""
    monkeypatch.setattr(remote_tree, "ALIVE_WITHIN", 0.2)
    monkeypatch.setattr(remote_tree, "ANSWER_WITHIN", 0.2)
    monkeypatch.setattr(tree_client, "silence", lambda _: NoAnswer("it hangs", "Look at it."))
    listening = socket.socket(socket.AF_UNIX)
    threads: list[threading.Thread] = []
    held: list[socket.socket] = []

    def serve(answers: int) -> Path:
        listening.bind(str(known_socket(tmp_path)))
        listening.listen()

        def run() -> None:
            for _ in range(answers):
                connection, _ = listening.accept()
                connection.recv(65_536)
                connection.sendall(ALIVE)
                connection.close()
            held.append(listening.accept()[0])

        threads.append(threading.Thread(target=run))
        threads[0].start()
        return tmp_path

    yield serve
    threads[0].join(30)
    for one in (*held, listening):
        one.close()


def test_a_tree_that_does_not_answer_is_asked_for_nothing(
    server: Callable[[int], Path],
) -> None:
    with pytest.raises(ApiUnavailableError, match="it hangs") as said:
        RemoteTree(server(0)).carry_out(Pause(path="a"), wait=60)
    assert "may still be carried out" not in str(said.value)
    assert said.value.fix == "Look at it."


def test_one_that_hangs_when_it_has_been_asked_may_do_it_yet(
    server: Callable[[int], Path],
) -> None:
    with pytest.raises(ApiUnavailableError, match="The request may still be carried out"):
        RemoteTree(server(1)).carry_out(Pause(path="a"))


def test_one_whose_process_stays_frozen_is_not_waited_for(
    server: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_tree, "ALIVE_WITHIN", 3600.0)
    monkeypatch.setattr(tree_client, "FROZEN_FOR", 0.1)
    monkeypatch.setattr(tree_client, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(tree_client, "frozen_process", lambda _: 7)
    with pytest.raises(ApiUnavailableError, match="it hangs"):
        RemoteTree(server(0)).carry_out(Pause(path="a"), wait=60)


def test_a_moment_of_the_past_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, dict[str, str]]] = []

    def get(_: object, route: str, query: dict[str, str], *__: object, **___: object) -> None:
        asked.append((route, query))

    monkeypatch.setattr(RemoteTree, "get", get)
    tree = RemoteTree(tmp_path)
    tree.report(WorkerFilter(), at=1000.25)
    tree.describe("edge", at=1000.25)
    tree.obstacles("edge", "active", at=1000.25)
    assert [route for route, _ in asked] == ["/v1/tree", "/v1/description", "/v1/obstacles"]
    assert {query["at"] for _, query in asked} == {"1000.25"}
    tree.describe("edge")
    assert "at" not in asked[-1][1]


def test_one_that_is_being_started_is_called_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ApiUnavailableError, match="no tree answers at"):
        RemoteTree(tmp_path).overview()
    monkeypatch.setattr(tree_client, "holder", lambda _: "7")
    with pytest.raises(ApiUnavailableError, match="process 7, does not answer yet: it is being"):
        RemoteTree(tmp_path).overview()
    monkeypatch.setattr(running_trees, "holder", lambda _: "7")
    with pytest.raises(NotRunningError, match="process 7, does not answer yet: it is being"):
        running_trees.chosen_document(None, tmp_path)
