"""A tree that runs in another process, asked through the socket of its API.

The command line is a client of it and of nothing else. Only the standard library is needed, and
nothing of the server is imported: a command is to answer within a fraction of a second.
"""

from __future__ import annotations

import asyncio
import http.client
import os
import secrets
import select
import socket
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
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
    PlannerError,
    RequestRefusedError,
    StoreError,
    TreeStoppingError,
    UnknownGenerationError,
    UnknownPathError,
    UnknownTargetError,
    error_text,
)
from fsmv2.model.path_pattern import is_pattern
from fsmv2.operate.changes.apply_data import (
    PLANNED_WITHIN,
    ApplyAnswer,
    ApplyProgress,
    ApplyRequest,
    DocumentText,
    RollbackRequest,
)
from fsmv2.operate.changes.change_plan import ChangePlan
from fsmv2.operate.path_patterns import matching
from fsmv2.operate.request_types import LONGEST_WAIT, Answer, PathOverride, Request
from fsmv2.operate.silent_tree import frozen_process, silence
from fsmv2.operate.socket_place import known_socket
from fsmv2.operate.state_directory import short_path
from fsmv2.operate.verbs import Verbs

if TYPE_CHECKING:
    from fsmv2.notify import TargetTest

T = TypeVar("T")

ANSWER_WITHIN = 30.0
"""Seconds for an answer, beside those for which an effect is waited for."""

TESTED_WITHIN = 120.0
"""Seconds for the test of all targets of notifications; each has a limit of its own."""

ALIVE_WITHIN = 10.0
"""Seconds for the first answer, before anything is asked for that would be waited for. A machine
that is very busy takes a second or two to load the API for its first client."""

FROZEN_FOR = 3.0
"""Seconds for which its process is frozen after which no answer is waited for any longer."""

LOOK_EVERY = 0.5

_ERRORS: Mapping[str, type[FsmError]] = {
    kind.code: kind
    for kind in (
        ChangedSinceError,
        GenerationConflictError,
        PlannerError,
        RequestRefusedError,
        StoreError,
        TreeStoppingError,
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


class _Leaving(msgspec.Struct, frozen=True):
    pid: int


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


class _Worker(msgspec.Struct, frozen=True):
    path: str


class TreeOverview(msgspec.Struct, frozen=True, kw_only=True):
    """Which document a tree runs, and which generation of it; the rest is as `GET /v1` has it."""

    document: str
    generation: int = 0
    managed: bool = False
    pinned: bool = False


class RemoteTree(Verbs):
    """The running tree with this state directory. Every call may raise ApiUnavailableError."""

    def __init__(self, directory: Path, *, tool: str = "") -> None:
        """`tool` is recorded beside who asks, whom the kernel knows."""
        self.directory = directory
        self._place = known_socket(directory)
        self._agent = tool or f"fsmv2 {__version__}"

    async def ask(
        self,
        request: Request,
        *,
        who: str = "",
        wait: float = 0.0,
        dry_run: bool = False,
        unchanged: Collection[str] = (),
    ) -> Answer:
        """Do what is asked; `who` is not sent, since the kernel tells it."""
        return await asyncio.to_thread(
            self.carry_out, request, wait=wait, dry_run=dry_run, unchanged=unchanged
        )

    def carry_out(
        self,
        request: Request,
        *,
        wait: float = 0.0,
        dry_run: bool = False,
        unchanged: Collection[str] = (),
    ) -> Answer:
        """The same for a program without an event loop; blocks."""
        self._answers(request.path)
        wait = min(wait, LONGEST_WAIT)
        query = {"wait": f"{wait:.3f}", "dry_run": str(dry_run).lower()}
        key = secrets.token_hex(16)  # so that what is sent again is not done again
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        if unchanged:
            headers["If-Match"] = ", ".join(f'"{version}"' for version in unchanged)
        try:
            body = msgspec.json.encode(request)
        except (UnicodeEncodeError, TypeError, OverflowError, RecursionError) as error:
            verb = type(request).__struct_config__.tag
            raise RequestRefusedError(
                f"cannot {verb}: it cannot be sent as JSON: {error_text(error)}.",
                fix="Give text in UTF-8, and values that a document could have.",
            ) from None
        raw = self._call("POST", "/v1/requests", query, body, headers, wait + ANSWER_WITHIN)
        return msgspec.json.decode(raw, type=Answer)

    async def apply(
        self,
        request: ApplyRequest,
        *,
        who: str = "",
        wait: float = 0.0,
        dry_run: bool = False,
    ) -> ApplyAnswer:
        """Make a document the one that runs; see `TreeHandle.apply`, which raises the same."""
        return await asyncio.to_thread(self.apply_document, request, wait=wait, dry_run=dry_run)

    async def rollback(
        self,
        request: RollbackRequest,
        *,
        who: str = "",
        wait: float = 0.0,
        dry_run: bool = False,
    ) -> ApplyAnswer:
        """Make an older generation run again; see `TreeHandle.rollback`."""
        return await asyncio.to_thread(self.roll_back, request, wait=wait, dry_run=dry_run)

    async def progress(self, generation: int | None = None, *, wait: float = 0.0) -> ApplyProgress:
        """How far a generation, or the one that runs, has come."""
        return await asyncio.to_thread(self.progress_of, generation, wait=wait)

    def apply_document(
        self, request: ApplyRequest, *, wait: float = 0.0, dry_run: bool = False
    ) -> ApplyAnswer:
        """The same as `apply` for a program without an event loop; blocks."""
        return self._change("/v1/apply", request, wait=wait, dry_run=dry_run)

    def roll_back(
        self, request: RollbackRequest, *, wait: float = 0.0, dry_run: bool = False
    ) -> ApplyAnswer:
        """The same as `rollback` for a program without an event loop; blocks."""
        return self._change("/v1/rollback", request, wait=wait, dry_run=dry_run)

    def progress_of(self, generation: int | None = None, *, wait: float = 0.0) -> ApplyProgress:
        """The same as `progress` for a program without an event loop; blocks."""
        wait = min(wait, LONGEST_WAIT)
        query = {"generation": str(generation or 0), "wait": f"{wait:.3f}"}
        return self.get("/v1/apply", query, ApplyProgress, timeout=wait + ANSWER_WITHIN)

    def _change(
        self,
        route: str,
        request: ApplyRequest | RollbackRequest,
        *,
        wait: float,
        dry_run: bool,
    ) -> ApplyAnswer:
        self._answers("")
        wait = min(wait, LONGEST_WAIT)
        query = {"wait": f"{wait:.3f}", "dry_run": str(dry_run).lower()}
        headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(16)}
        body = msgspec.json.encode(request)
        raw = self._call("POST", route, query, body, headers, wait + PLANNED_WITHIN + ANSWER_WITHIN)
        return msgspec.json.decode(raw, type=ApplyAnswer)

    async def plan(self, document: DocumentText) -> ChangePlan:
        """What this document would change in the tree, if it were applied.

        `env:` and `file:` in it are those of the tree, whatever they are here. DocumentError: it is
        not valid, with all that is wrong. PlannerError: no plan could be made.
        """
        return await asyncio.to_thread(self.plan_document, document)

    def plan_document(self, document: DocumentText) -> ChangePlan:
        """The same for a program without an event loop; blocks."""
        self._answers("")
        body = msgspec.json.encode(document)
        headers = {"Content-Type": "application/json"}
        raw = self._call("POST", "/v1/plan", {}, body, headers, PLANNED_WITHIN + ANSWER_WITHIN)
        return msgspec.json.decode(raw, type=ChangePlan)

    def overview(self) -> TreeOverview:
        """Which document runs; blocks."""
        return self.get("/v1", {}, TreeOverview)

    def paths(self, patterns: Sequence[str]) -> list[str]:
        """The paths that are meant by paths and patterns; see `matching`."""
        if not any(map(is_pattern, patterns)):
            return list(patterns)
        known = self.get("/v1/workers", {}, list[_Worker])
        return matching(patterns, [worker.path for worker in known])

    def leave(self, reason: str = "") -> int:
        """End the fsmv2 that runs this tree, and nothing else; the process that ends; blocks."""
        self._answers("")
        body = msgspec.json.encode({"reason": reason})
        headers = {"Content-Type": "application/json"}
        raw = self._call("POST", "/v1/leave", {}, body, headers, ANSWER_WITHIN)
        return msgspec.json.decode(raw, type=_Leaving).pid

    def test_notifications(self, targets: Sequence[str] = ()) -> tuple[TargetTest, ...]:
        """Send a test notification to these targets of the tree, or all; blocks.

        UnknownTargetError: its document has no such target.
        """
        from fsmv2.notify import TargetTest

        body = msgspec.json.encode({"targets": targets})
        headers = {"Content-Type": "application/json"}
        raw = self._call("POST", "/v1/notify-test", {}, body, headers, TESTED_WITHIN)
        return msgspec.json.decode(raw, type=tuple[TargetTest, ...])

    def overrides(self, path: str = "") -> list[PathOverride]:
        """What operators asked for at a path and below, or anywhere; blocks."""
        return self.get("/v1/overrides", {"path": path}, list[PathOverride])

    def get(
        self,
        route: str,
        query: Mapping[str, str],
        type_: type[T],
        *,
        timeout: float = ANSWER_WITHIN,
    ) -> T:
        """What a route answers, as `type_`; blocks."""
        raw = self._call("GET", route, query, None, {}, timeout)
        return msgspec.json.decode(raw, type=type_)

    def metrics(self, *, openmetrics: bool = False) -> str:
        """All metrics of the tree, in the text format of Prometheus or as OpenMetrics; blocks."""
        accept = "application/openmetrics-text" if openmetrics else "text/plain"
        headers = {"Accept": accept}
        return self._call("GET", "/metrics", {}, None, headers, ANSWER_WITHIN).decode()

    def judged(self, route: str, type_: type[T]) -> T:
        """What `/healthz` or `/readyz` answers, also when it is a 503; blocks."""
        status, kind, raw = self._exchange("GET", route, {}, None, {}, ANSWER_WITHIN)
        if status >= 400 and kind != "application/json":
            raise error_of(status, raw)
        return msgspec.json.decode(raw, type=type_)

    def _answers(self, path: str) -> None:
        """ApiUnavailableError: it does not, and nothing has been asked for.

        Asked is what supervision answers, since that may hang while the API does not.
        """
        # Of a path that is no text the tree itself says that it is not there.
        self.get("/v1/overrides", {"path": path[:4096]}, msgspec.Raw, timeout=ALIVE_WITHIN)

    def _call(
        self,
        method: str,
        route: str,
        query: Mapping[str, str],
        body: bytes | None,
        headers: Mapping[str, str],
        timeout: float,
    ) -> bytes:
        status, _, raw = self._exchange(method, route, query, body, headers, timeout)
        if status >= 400:
            raise error_of(status, raw)
        return raw

    def _exchange(
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
            why, fix = silence(self.directory)
            waited = time.monotonic() - began
            see = _SEEN_WITH.get(route, "fsmv2 overrides")
            raise ApiUnavailableError(
                f"the tree in {short_path(self.directory)} has not answered within {waited:.0f} s: "
                f"{why}." + f" What was asked may be done yet; see `{see}`." * (method != "GET"),
                fix=fix,
            ) from None
        except (OSError, http.client.HTTPException) as error:
            raise unreachable(self._place, error) from error
        finally:
            connection.close()
        kind = response.getheader("content-type", "").partition(";")[0]
        return response.status, kind, raw

    def _await_answer(self, connection: RemoteConnection, limit: float) -> None:
        """Wait for the first byte; TimeoutError: there is none, or its process stays frozen."""
        poll = select.poll()
        poll.register(connection.sock, select.POLLIN)
        frozen_since = 0.0
        while not poll.poll(LOOK_EVERY * 1000):
            now = time.monotonic()
            if now > limit:
                raise TimeoutError
            if not frozen_process(self.directory):
                frozen_since = 0.0
            elif not frozen_since:
                frozen_since = now
            elif now - frozen_since >= FROZEN_FOR:
                raise TimeoutError


def unreachable(place: Path, error: Exception) -> ApiUnavailableError:
    """Why no tree answers at a socket."""
    if isinstance(error, PermissionError):
        return ApiUnavailableError(
            f"{place} may not be opened: it belongs to another user.",
            fix="Ask as the user that runs the tree, or as root.",
        )
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return ApiUnavailableError(
        f"no tree answers at {place}: {why}.",
        fix="See with `fsmv2 trees` what runs here; a tree of an older fsmv2 has no API.",
    )


def error_of(status: int, raw: bytes) -> FsmError:
    """The error that an answer of this status stands for."""
    try:
        found = msgspec.json.decode(raw, type=_Problem)
    except (msgspec.DecodeError, UnicodeError):
        found = _Problem(f"HTTP status {status}")
    if found.diagnostics:
        return DocumentError(found.diagnostics)
    kind = _ERRORS.get(found.code, ApiUnavailableError)
    text = found.detail or found.title
    return kind(text if text.endswith(".") else f"{text}.", fix=found.fix)
