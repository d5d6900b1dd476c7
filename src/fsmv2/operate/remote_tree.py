"""A tree that runs in another process, asked through the socket of its API.

The command line is a client of it and of nothing else. Only the standard library is needed, and
nothing of the server is imported: a command is to answer within a fraction of a second.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import msgspec

from fsmv2.errors import (
    ApiUnavailableError,
    RequestRefusedError,
    error_text,
)
from fsmv2.escaping import not_utf8
from fsmv2.operate.changes.apply_data import (
    PLANNED_WITHIN,
    ApplyAnswer,
    ApplyProgress,
    ApplyRequest,
    DocumentText,
    RollbackRequest,
)
from fsmv2.operate.changes.change_plan import ChangePlan
from fsmv2.operate.health_data import Health, HealthReport, Readiness
from fsmv2.operate.path_patterns import matching
from fsmv2.operate.request_types import LONGEST_WAIT, Answer, PathOverride, Request
from fsmv2.operate.row_folding import ENDLESS, Space
from fsmv2.operate.state_obstacles import StateObstacles
from fsmv2.operate.tree_client import TreeClient, error_of
from fsmv2.operate.tree_report import TreeReport
from fsmv2.operate.verbs import Verbs
from fsmv2.operate.watched_workers import Watched, WatchEnd, WorkersChanged, WorkersSnapshot
from fsmv2.operate.worker_description import WorkerDescription
from fsmv2.operate.worker_filter import WorkerFilter
from fsmv2.path_pattern import is_pattern

if TYPE_CHECKING:
    from fsmv2.notify import TargetTest

P = ParamSpec("P")
T = TypeVar("T")

ANSWER_WITHIN = 30.0
"""Seconds for an answer, beside those for which an effect is waited for."""

TESTED_WITHIN = 120.0
"""Seconds for the test of all targets of notifications; each has a limit of its own."""

WATCH_WITHIN = 40.0
"""Seconds in which whoever watches is sent something, if only a comment; see `watchers.QUIET`."""

ALIVE_WITHIN = 10.0
"""Seconds for the first answer, before anything is asked for that would be waited for. A machine
that is very busy takes a second or two to load the API for its first client."""


class _Leaving(msgspec.Struct, frozen=True):
    pid: int


class _Worker(msgspec.Struct, frozen=True):
    path: str


class TreeOverview(msgspec.Struct, frozen=True, kw_only=True):
    """Which document a tree runs, and which generation of it; the rest is as `GET /v1` has it."""

    document: str
    generation: int = 0
    managed: bool = False
    pinned: bool = False
    pid: int = 0
    overrides: int = 0
    document_change: str = ""


class RemoteTree(Verbs):
    """The running tree with this state directory. Every call may raise ApiUnavailableError."""

    def __init__(self, directory: Path, *, tool: str = "") -> None:
        """`directory` is the state directory of the tree.

        `tool` is recorded beside who asks, whom the kernel knows.
        """
        self.directory = directory
        self._client = TreeClient(directory, tool=tool)

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
        return await _in_thread(
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
        key = os.urandom(16).hex()  # so that what is sent again is not done again
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        if unchanged:
            headers["If-Match"] = ", ".join(f'"{version}"' for version in unchanged)
        try:
            body = msgspec.json.encode(request)
        except UnicodeEncodeError as error:
            verb, text = type(request).__struct_config__.tag, not_utf8(error) or "a text"
            raise RequestRefusedError(
                f"cannot {verb}: {text} is not UTF-8.", fix="Give text in UTF-8."
            ) from None
        except (TypeError, OverflowError, RecursionError) as error:
            verb = type(request).__struct_config__.tag
            raise RequestRefusedError(
                f"cannot {verb}: it cannot be sent as JSON: {error_text(error)}.",
                fix="Give values that a document could have.",
            ) from None
        raw = self._client.call("POST", "/v1/requests", query, body, headers, wait + ANSWER_WITHIN)
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
        return await _in_thread(self.apply_document, request, wait=wait, dry_run=dry_run)

    async def rollback(
        self,
        request: RollbackRequest,
        *,
        who: str = "",
        wait: float = 0.0,
        dry_run: bool = False,
    ) -> ApplyAnswer:
        """Make an older generation run again; see `TreeHandle.rollback`."""
        return await _in_thread(self.roll_back, request, wait=wait, dry_run=dry_run)

    async def progress(self, generation: int | None = None, *, wait: float = 0.0) -> ApplyProgress:
        """How far a generation, or the one that runs, has come."""
        return await _in_thread(self.progress_of, generation, wait=wait)

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
        headers = {"Content-Type": "application/json", "Idempotency-Key": os.urandom(16).hex()}
        body = msgspec.json.encode(request)
        raw = self._client.call(
            "POST", route, query, body, headers, wait + PLANNED_WITHIN + ANSWER_WITHIN
        )
        return msgspec.json.decode(raw, type=ApplyAnswer)

    async def plan(self, document: DocumentText) -> ChangePlan:
        """What this document would change in the tree, if it were applied.

        `env:` and `file:` in it are those of the tree, whatever they are here. DocumentError: it is
        not valid, with all that is wrong. PlannerError: no plan could be made.
        """
        return await _in_thread(self.plan_document, document)

    def plan_document(self, document: DocumentText) -> ChangePlan:
        """The same for a program without an event loop; blocks."""
        self._answers("")
        body = msgspec.json.encode(document)
        headers = {"Content-Type": "application/json"}
        raw = self._client.call(
            "POST", "/v1/plan", {}, body, headers, PLANNED_WITHIN + ANSWER_WITHIN
        )
        return msgspec.json.decode(raw, type=ChangePlan)

    def overview(self, *, timeout: float = ANSWER_WITHIN) -> TreeOverview:
        """Which document runs; blocks."""
        return self.get("/v1", {}, TreeOverview, timeout=timeout)

    def paths(self, patterns: Sequence[str]) -> list[str]:
        """The paths that are meant by paths and patterns; see `matching`."""
        if not any(map(is_pattern, patterns)):
            return list(patterns)
        return matching(patterns, self.all_paths())

    def all_paths(self) -> list[str]:
        """The path of each worker; blocks."""
        return [worker.path for worker in self.get("/v1/workers", {}, list[_Worker])]

    def leave(self, reason: str = "") -> int:
        """End the fsmv2 that runs this tree, and nothing else; the process that ends; blocks."""
        self._answers("")
        body = msgspec.json.encode({"reason": reason})
        headers = {"Content-Type": "application/json"}
        raw = self._client.call("POST", "/v1/leave", {}, body, headers, ANSWER_WITHIN)
        return msgspec.json.decode(raw, type=_Leaving).pid

    def test_notifications(self, targets: Sequence[str] = ()) -> tuple[TargetTest, ...]:
        """Send a test notification to these targets of the tree, or all; blocks.

        UnknownTargetError: its document has no such target.
        """
        from fsmv2.notify import TargetTest

        body = msgspec.json.encode({"targets": targets})
        headers = {"Content-Type": "application/json"}
        raw = self._client.call("POST", "/v1/notify-test", {}, body, headers, TESTED_WITHIN)
        return msgspec.json.decode(raw, type=tuple[TargetTest, ...])

    def overrides(self, path: str = "") -> list[PathOverride]:
        """What operators asked for at a path and below, or anywhere; blocks."""
        return self.get("/v1/overrides", {"path": path}, list[PathOverride])

    def report(
        self,
        which: WorkerFilter,
        *,
        space: Space = ENDLESS,
        at: float | None = None,
        timeout: float = ANSWER_WITHIN,
    ) -> TreeReport:
        """What runs and what is broken, in the space there is; `at`: was then; blocks."""
        query = {**_query(which), **_query(space), **_at(at)}
        return self.get("/v1/tree", query, TreeReport, timeout=timeout)

    def watch(self, which: WorkerFilter, *, until: float = math.inf) -> Iterator[Watched | None]:
        """The workers that are meant, and then what changes; blocks, and ends with a `WatchEnd`.

        None: nothing has changed for a while. `until`: when it ends, by `time.monotonic`.
        """
        try:
            for name, _, data in self._client.stream(
                "/v1/workers", _query(which), timeout=WATCH_WITHIN, until=until
            ):
                if name == "snapshot":
                    yield msgspec.json.decode(data, type=WorkersSnapshot)
                elif name == "changes":
                    yield msgspec.json.decode(data, type=WorkersChanged)
                elif name in ("ended", "dropped"):
                    yield WatchEnd(reason="ended" if name == "ended" else "dropped")
                    return
                else:
                    yield None
        except TimeoutError:
            pass
        yield WatchEnd(reason="lost")

    def describe(
        self, path: str, *, at: float | None = None, timeout: float = ANSWER_WITHIN
    ) -> WorkerDescription:
        """All there is to know of one worker; `at`: as it was then, Unix seconds; blocks."""
        query = {"path": path, **_at(at)}
        return self.get("/v1/description", query, WorkerDescription, timeout=timeout)

    def obstacles(
        self, path: str, state: str, *, at: float | None = None, timeout: float = ANSWER_WITHIN
    ) -> StateObstacles:
        """What keeps a worker from a state; `at`: kept it then, Unix seconds; blocks."""
        query = {"path": path, "state": state, **_at(at)}
        return self.get("/v1/obstacles", query, StateObstacles, timeout=timeout)

    def get(
        self,
        route: str,
        query: Mapping[str, str],
        type_: type[T],
        *,
        timeout: float = ANSWER_WITHIN,
    ) -> T:
        """What a route answers, as `type_`; blocks."""
        raw = self._client.call("GET", route, query, None, {}, timeout)
        return msgspec.json.decode(raw, type=type_)

    def metrics(self, *, openmetrics: bool = False) -> str:
        """All metrics of the tree, in the text format of Prometheus or as OpenMetrics; blocks."""
        accept = "application/openmetrics-text" if openmetrics else "text/plain"
        headers = {"Accept": accept}
        return self._client.call("GET", "/metrics", {}, None, headers, ANSWER_WITHIN).decode()

    def judged(self, route: str, type_: type[T]) -> T:
        """What `/healthz` or `/readyz` answers, also when it is a 503; blocks."""
        status, kind, raw = self._client.exchange("GET", route, {}, None, {}, ANSWER_WITHIN)
        if status >= 400 and kind != "application/json":
            raise error_of(status, raw)
        return msgspec.json.decode(raw, type=type_)

    def health(self) -> HealthReport:
        """Whether fsmv2 works and its tree is as asked for; blocks.

        What only supervision knows is left out while that is stuck.
        """
        health = self.judged("/healthz", Health)
        readiness = self.judged("/readyz", Readiness)
        change = ""
        if health.status != "stuck":
            with contextlib.suppress(ApiUnavailableError):
                found = self.get("/v1", {}, TreeOverview, timeout=ALIVE_WITHIN)
                change = found.document_change
        return HealthReport(health=health, readiness=readiness, document_change=change)

    def _answers(self, path: str) -> None:
        """ApiUnavailableError: it does not, and nothing has been asked for.

        Asked is what supervision answers, since that may hang while the API does not.
        """
        # Of a path that is no text the tree itself says that it is not there.
        self.get("/v1/overrides", {"path": path[:4096]}, msgspec.Raw, timeout=ALIVE_WITHIN)


async def _in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    import asyncio  # a command needs none, and it takes long to load

    return await asyncio.to_thread(call, *args, **kwargs)


def _at(at: float | None) -> dict[str, str]:
    """The moment that is asked about, in Unix seconds; None: now."""
    return {} if at is None else {"at": repr(at)}


def _query(asked: msgspec.Struct) -> dict[str, str]:
    """What differs from the defaults, as parameters of a route."""
    return {
        name: "true" if value is True else str(value)
        for name, value in msgspec.structs.asdict(asked).items()
        if value
    }
