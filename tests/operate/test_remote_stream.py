"""A stream is read event by event, made anew where it breaks, and given up where nobody is."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from fsmv2.errors import ApiUnavailableError, UnknownPathError
from fsmv2.operate import remote_stream
from fsmv2.operate.remote_stream import streamed
from fsmv2.operate.socket_place import known_socket
from fsmv2.operate.tree_client import StreamedEvent

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
ONE = b"id: 1\nevent: note\ndata: {}\n\n"
TWO = b"id: 2\nevent: note\ndata: {}\n\n"
END = b"event: ended\ndata: the tree has stopped\n\n"


class Server:
    """Answers each connection with what is next, and keeps what it was asked."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.asked: list[bytes] = []
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(known_socket(directory)))
        self._listening.listen()
        self._thread = threading.Thread(target=lambda: None)

    def answers(self, answers: Sequence[bytes]) -> None:
        def run() -> None:
            for answer in answers:
                connection, _ = self._listening.accept()
                self.asked.append(connection.recv(65_536))
                connection.sendall(answer)
                connection.close()

        self._thread = threading.Thread(target=run)
        self._thread.start()

    def close(self) -> None:
        self._thread.join(30)
        self._listening.close()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(remote_stream, "AGAIN_AFTER", 0.0)
    monkeypatch.setattr(remote_stream, "holder", lambda _: "7")
    found = Server(tmp_path)
    yield found
    found.close()


def read(server: Server, last: str = "") -> list[StreamedEvent]:
    return list(streamed(server.directory, "/v1/events", {"path": "a b"}, tool="t", last=last))


def test_events_are_read_until_the_tree_has_stopped(server: Server) -> None:
    server.answers([HEAD + b": watching\n\n" + ONE + b": nothing new\n\n" + TWO + END])
    assert [(one.name, one.id, one.data) for one in read(server)] == [
        ("note", "1", b"{}"),
        ("note", "2", b"{}"),
        ("ended", "", b"the tree has stopped"),
    ]
    assert server.asked[0].startswith(b"GET /v1/events?path=a+b HTTP/1.1\r\n")


@pytest.mark.parametrize("broken", [b"", b"event: dropped\ndata: too slow\n\n", b"id: 2\neve"])
def test_a_stream_that_breaks_goes_on_where_it_was(server: Server, broken: bytes) -> None:
    server.answers([HEAD + ONE + broken, HEAD + TWO + END])
    assert [one.id for one in read(server) if one.name == "note"] == ["1", "2"]
    assert b"Last-Event-ID: 1" in server.asked[1]


def test_it_begins_after_the_event_that_is_named(server: Server) -> None:
    server.answers([HEAD + END])
    read(server, last="41")
    assert b"Last-Event-ID: 41" in server.asked[0]


def test_what_the_tree_refuses_is_raised(server: Server) -> None:
    body = b'{"code": "FSM0901", "detail": "there is no such path", "fix": "x"}'
    server.answers([b"HTTP/1.1 404 Not Found\r\ncontent-length: %d\r\n\r\n" % len(body) + body])
    with pytest.raises(UnknownPathError, match="there is no such path"):
        read(server)


def test_a_tree_that_has_ended_is_not_waited_for(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_stream, "holder", lambda _: "")
    server.answers([HEAD + ONE])
    with pytest.raises(ApiUnavailableError, match="the tree has ended"):
        read(server)


def test_where_no_tree_answers_that_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ApiUnavailableError, match="no tree answers at"):
        list(streamed(tmp_path, "/v1/events", {}, tool="t"))


def test_a_tree_of_an_older_fsmv2_answers_what_is_no_stream(server: Server) -> None:
    server.answers([HEAD.replace(b"text/event-stream", b"application/json") + b"[]"])
    with pytest.raises(ApiUnavailableError, match="does not stream /v1/events: it is of an older"):
        read(server)
