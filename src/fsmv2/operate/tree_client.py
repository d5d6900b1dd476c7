"""HTTP to the API of one tree, through its Unix socket.

Only the standard library is needed: a command is to answer within a fraction of a second.
"""

from __future__ import annotations

import http.client
import math
import os
import select
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import msgspec

from fsmv2 import __version__
from fsmv2.diagnostic import Diagnostic
from fsmv2.errors import (
    ApiUnavailableError,
    ChangedSinceError,
    DocumentError,
    FsmError,
    GenerationConflictError,
    JournalError,
    NoJournalError,
    NotRecordedError,
    NotRunningError,
    PastReaderError,
    PlannerError,
    RequestRefusedError,
    StoreError,
    TreeStoppingError,
    UnknownFilterError,
    UnknownGenerationError,
    UnknownPathError,
    UnknownTargetError,
)
from fsmv2.operate.silent_tree import frozen_process, silence
from fsmv2.operate.socket_place import known_socket
from fsmv2.operate.state_directory import being_started, holder, short_path

FROZEN_FOR = 3.0
"""Seconds for which its process is frozen after which no answer is waited for any longer."""

LOOK_EVERY = 0.5

_ERRORS: Mapping[str, type[FsmError]] = {
    kind.code: kind
    for kind in (
        ChangedSinceError,
        GenerationConflictError,
        JournalError,
        NoJournalError,
        NotRecordedError,
        NotRunningError,
        PastReaderError,
        PlannerError,
        RequestRefusedError,
        StoreError,
        TreeStoppingError,
        UnknownFilterError,
        UnknownGenerationError,
        UnknownPathError,
        UnknownTargetError,
    )
}
"""Errors of the tree that are raised here as there, by their codes."""


_SEEN_WITH = dict.fromkeys(("/v1/apply", "/v1/rollback"), "fsmv2 history")
"""Where one sees whether it was done what a route was asked for."""


class _Problem(msgspec.Struct, frozen=True):
    title: str = ""
    detail: str = ""
    code: str = ""
    fix: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()


class StreamedEvent(NamedTuple):
    """One server-sent event. `id`: after which to go on; `data`: as it was sent, of one line.

    A comment, by which a quiet tree shows that it is there, has no name.
    """

    name: str
    id: str
    data: bytes


class RemoteConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, place: Path, timeout: float) -> None:
        super().__init__("fsmv2", timeout=timeout)
        self._place = place

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        limit = time.monotonic() + (self.timeout or 0.0)
        while True:
            try:
                self.sock.connect(os.fspath(self._place))
                return
            except BlockingIOError:  # as many wait as the kernel lets wait: the tree is busy
                if time.monotonic() > limit:
                    raise TimeoutError from None
                time.sleep(0.05)


class TreeClient:
    """The API of the tree with this state directory. Every call may raise ApiUnavailableError."""

    def __init__(self, directory: Path, *, tool: str = "") -> None:
        """`tool` is recorded beside who asks, whom the kernel knows."""
        self._directory = directory
        self._place = known_socket(directory)
        self._agent = tool or f"fsmv2 {__version__}"

    def call(
        self,
        method: str,
        route: str,
        query: Mapping[str, str],
        body: bytes | None,
        headers: Mapping[str, str],
        timeout: float,
    ) -> bytes:
        status, _, raw = self.exchange(method, route, query, body, headers, timeout)
        if status >= 400:
            raise error_of(status, raw)
        return raw

    def exchange(
        self,
        method: str,
        route: str,
        query: Mapping[str, str],
        body: bytes | None,
        headers: Mapping[str, str],
        timeout: float,
    ) -> tuple[int, str, bytes]:
        """The status of the answer, its media type, and its bytes."""
        connection = RemoteConnection(self._place, timeout)
        address = f"{route}?{urlencode(query, errors='replace')}" if query else route
        try:
            began = time.monotonic()
            connection.request(method, address, body, {"User-Agent": self._agent, **headers})
            self._await_answer(connection, began + timeout)
            response = connection.getresponse()
            raw = response.read()
        except TimeoutError:
            why, fix = silence(self._directory)
            waited = time.monotonic() - began
            see = _SEEN_WITH.get(route, "fsmv2 overrides")
            place = short_path(self._directory)
            raise ApiUnavailableError(
                f"the tree in {place} has not answered within {waited:.0f} s: {why}."
                + f" The request may still be carried out; see `{see}`." * (method != "GET"),
                fix=fix,
            ) from None
        except (OSError, http.client.HTTPException) as error:
            raise unreachable(self._place, error, self._directory) from error
        finally:
            connection.close()
        kind = response.getheader("content-type", "").partition(";")[0]
        return response.status, kind, raw

    def stream(
        self,
        route: str,
        query: Mapping[str, str],
        *,
        timeout: float,
        until: float = math.inf,
        last: str = "",
    ) -> Iterator[StreamedEvent]:
        """Server-sent events of a route, those after the event `last` at first; until it ends.

        TimeoutError: nothing has come for `timeout` seconds, not even a comment; or it is `until`,
        by `time.monotonic`.
        """
        connection = RemoteConnection(self._place, timeout)
        address = f"{route}?{urlencode(query, errors='replace')}" if query else route
        headers = {"User-Agent": self._agent, "Accept": "text/event-stream"}
        if last:
            headers["Last-Event-ID"] = last
        try:
            connection.request("GET", address, None, headers)
            self._await_answer(connection, min(until, time.monotonic() + timeout))
            opened = connection.sock
            response = connection.getresponse()
            if response.status >= 400:
                raise error_of(response.status, response.read())
            if not response.getheader("content-type", "").startswith("text/event-stream"):
                raise ApiUnavailableError(
                    f"the tree does not stream {route}: it is of an older fsmv2.",
                    fix="Start it again with what is installed; `fsmv2 stop --keep` keeps all that "
                    "it has started.",
                )
            name = number = ""
            while True:
                opened.settimeout(max(0.001, min(timeout, until - time.monotonic())))
                line = response.readline()
                if not line:
                    return
                if line.startswith(b"event: "):
                    name = line[len(b"event: ") :].strip().decode()
                elif line.startswith(b"id: "):
                    number = line[len(b"id: ") :].strip().decode()
                elif line.startswith(b"data: ") and line.endswith(b"\n"):
                    yield StreamedEvent(name, number, line[len(b"data: ") :].strip())
                    name = number = ""
                elif line.startswith(b":"):
                    yield StreamedEvent("", "", b"")
        except TimeoutError:
            raise
        except (OSError, http.client.HTTPException) as error:
            raise unreachable(self._place, error, self._directory) from error
        finally:
            connection.close()

    def _await_answer(self, connection: RemoteConnection, limit: float) -> None:
        """Wait for the first byte; TimeoutError: there is none, or its process stays frozen."""
        poll = select.poll()
        poll.register(connection.sock, select.POLLIN)
        frozen_since = 0.0
        while not poll.poll(LOOK_EVERY * 1000):
            now = time.monotonic()
            if now > limit:
                raise TimeoutError
            if not frozen_process(self._directory):
                frozen_since = 0.0
            elif not frozen_since:
                frozen_since = now
            elif now - frozen_since >= FROZEN_FOR:
                raise TimeoutError


def unreachable(place: Path, error: Exception, directory: Path) -> ApiUnavailableError:
    """Why no tree answers at a socket, of the tree with this state directory."""
    if isinstance(error, PermissionError):
        return ApiUnavailableError(
            f"{place} may not be opened: it belongs to another user.",
            fix="Ask as the user that runs the tree, or as root.",
        )
    if isinstance(error, FileNotFoundError) and (pid := holder(directory)):
        return ApiUnavailableError(being_started(directory, pid), fix="Ask again in a moment.")
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return ApiUnavailableError(
        f"no tree answers at {place}: {why}.",
        fix="See with `fsmv2 trees` what runs here; a tree of an older fsmv2 has no API.",
    )


def error_of(status: int, raw: bytes) -> FsmError:
    """The error that the tree answered with."""
    try:
        found = msgspec.json.decode(raw, type=_Problem)
    except (msgspec.DecodeError, UnicodeError):
        found = _Problem(f"HTTP status {status}")
    if found.diagnostics:
        return DocumentError(found.diagnostics)
    kind = _ERRORS.get(found.code, ApiUnavailableError)
    text = found.detail or found.title
    return kind(text if text.endswith(".") else f"{text}.", fix=found.fix)
