"""The table of routes: one entry is all that a route needs to be served, documented and tested."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Literal

import msgspec

from fsmv2.api import apply_handlers, links, monitoring, route_handlers
from fsmv2.api.links import Link
from fsmv2.api.monitoring import Version
from fsmv2.api.route_handlers import (
    Call,
    LeaveRequest,
    Leaving,
    NotifyTest,
    Overview,
)
from fsmv2.api.route_queries import (
    Below,
    HowAsked,
    HowFar,
    Matching,
    NoParameters,
    OfPath,
    OfState,
    WhatOfTree,
    Which,
    WhichEvents,
    WhichGeneration,
    WhichGenerations,
)
from fsmv2.metrics.exposition import OPENMETRICS
from fsmv2.notify import TargetStatus, TargetTest
from fsmv2.operate import TreeHandle, WorkerStatus
from fsmv2.operate.changes.apply_data import (
    LONGEST_DOCUMENT,
    PLANNED_WITHIN,
    ApplyAnswer,
    ApplyProgress,
    ApplyRequest,
    DocumentText,
    RollbackRequest,
)
from fsmv2.operate.changes.change_plan import ChangePlan
from fsmv2.operate.health_data import Health, Readiness
from fsmv2.operate.known_generations import (
    DocumentHistory,
    GenerationDifference,
    GenerationText,
)
from fsmv2.operate.log_line import LogLines
from fsmv2.operate.recorded_event import RecordedEvent
from fsmv2.operate.request_types import LONGEST_WAIT, Answer, PathOverride, Request
from fsmv2.operate.state_obstacles import StateObstacles
from fsmv2.operate.topic_data import TagValue, Topic
from fsmv2.operate.tree_report import TreeReport
from fsmv2.operate.worker_description import WorkerDescription
from fsmv2.operate.worker_filter import WorkerFilter
from fsmv2.operate.worker_row import WorkerRow

StreamName = Literal["workers", "events", "logs"]
"""What of a tree can be watched."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One route. `query`: its parameters; `body`: what it is sent; `answer`: what it gives.

    `streams`: asked for `text/event-stream` it gives that instead: the stream of this name that
    all who watch share, or what `stream` gives. `problems`: what else it may answer, by status;
    `otherwise`: statuses with which it answers the same type. `texts`: media types of an answer
    that is no JSON. `over_tcp`: to whoever reaches the TCP address, too. `links`: what can be
    asked next with what it answers. `within`: seconds after which a call is given up, beside
    those for which an effect is waited for or the past is read: its tree does not answer.
    `longest`: bytes of a body; a request is a few hundred. `changes`: whether a call with a
    body does something; if not, it is given up when its client goes away.
    """

    method: str
    path: str
    summary: str
    handler: Callable[[Call], Awaitable[Any]]
    answer: Any
    query: type[msgspec.Struct] = NoParameters
    body: Any = None
    streams: StreamName | None = None
    over_tcp: bool = False
    texts: tuple[str, ...] = ()
    otherwise: dict[int, str] = {}
    problems: dict[int, str] = {}
    links: dict[str, Link] = {}
    within: float = 20.0
    stream: Callable[[TreeHandle, Any], Awaitable[AsyncIterator[bytes]]] | None = None
    changes: bool = True
    longest: int = 1 << 20


APPLY_PROBLEMS = {
    409: "Another generation runs now, or this cannot be applied to what runs; see the detail.",
    422: "The document is not valid: `diagnostics` has all that is wrong. Or the same "
    "Idempotency-Key was used for another request.",
}

NOT_REPLAYED = {409: "The journal cannot be replayed up to `at`; the detail says why."}

NOT_THERE = {404: "No worker has this path; the fix names the nearest."}

NO_MATCH = {404: "No worker has this path, or there is no such type or state; see the fix."}

NOT_THEN = "; or nothing is recorded of `at`: the detail says from when to when there is."


def or_then(problems: dict[int, str]) -> dict[int, str]:
    """The same of a route that also answers how it was."""
    return {404: problems[404].rstrip(".") + NOT_THEN, **NOT_REPLAYED}


ROUTES = (
    Route(
        method="GET",
        path="/v1",
        summary="Which tree this is, and who is asking",
        handler=route_handlers.overview,
        answer=Overview,
    ),
    Route(
        method="GET",
        path="/v1/tree",
        summary="What runs and what is broken: trouble first, what is healthy folded to fit",
        handler=route_handlers.tree,
        query=WhatOfTree,
        answer=TreeReport,
        problems=or_then(NO_MATCH),
    ),
    Route(
        method="GET",
        path="/v1/workers",
        summary="Each worker in one line; as text/event-stream, all of them and what changes",
        handler=route_handlers.workers,
        links=links.OF_WORKERS,
        query=WorkerFilter,
        answer=list[WorkerRow],
        streams="workers",
        problems=NO_MATCH,
    ),
    Route(
        method="GET",
        path="/v1/worker",
        summary="What one worker is, why, and what it will do next",
        handler=route_handlers.worker,
        links=links.OF_WORKER,
        query=OfPath,
        answer=WorkerStatus,
        problems=or_then(NOT_THERE),
    ),
    Route(
        method="GET",
        path="/v1/topics",
        summary="What is published where: topic, tag, type and unit; and where commands go",
        handler=route_handlers.topics,
        query=Matching,
        answer=list[Topic],
    ),
    Route(
        method="GET",
        path="/v1/values",
        summary="The value of each tag that was read last, with its age and quality",
        handler=route_handlers.values,
        query=Matching,
        answer=list[TagValue],
    ),
    Route(
        method="GET",
        path="/v1/description",
        summary="One worker with all there is to know of it",
        handler=route_handlers.description,
        query=OfPath,
        answer=WorkerDescription,
        problems=or_then(NOT_THERE),
    ),
    Route(
        method="GET",
        path="/v1/obstacles",
        summary="What keeps a worker from a state",
        handler=route_handlers.obstacles,
        query=OfState,
        answer=StateObstacles,
        problems=or_then({404: "No worker has this path, or its type no such state; see the fix."}),
    ),
    Route(
        method="GET",
        path="/v1/overrides",
        summary="What operators asked for that is not in the document",
        handler=route_handlers.overrides,
        links=links.OF_OVERRIDES,
        query=Below,
        answer=list[PathOverride],
    ),
    Route(
        method="GET",
        path="/v1/events",
        summary="What happened; as text/event-stream, what happens from now on",
        handler=route_handlers.events,
        links=links.OF_EVENTS,
        query=WhichEvents,
        answer=list[RecordedEvent],
        streams="events",
    ),
    Route(
        method="GET",
        path="/v1/logs",
        summary="The last lines of the log that are no events; as text/event-stream, new ones",
        handler=route_handlers.logs,
        query=Which,
        answer=LogLines,
        streams="logs",
    ),
    Route(
        method="GET",
        path="/v1/generations",
        summary="The generations of the document that are kept, and which one runs",
        handler=route_handlers.generations,
        links=links.OF_GENERATIONS,
        answer=DocumentHistory,
    ),
    Route(
        method="GET",
        path="/v1/generation",
        summary="One generation with its text, its credentials masked; without a number, what runs",
        handler=route_handlers.generation,
        query=WhichGeneration,
        answer=GenerationText,
        problems={404: "This generation is not kept; the fix says which are."},
    ),
    Route(
        method="GET",
        path="/v1/difference",
        summary="What changed from one generation to another, or to what runs; credentials masked",
        handler=route_handlers.difference,
        query=WhichGenerations,
        answer=GenerationDifference,
        problems={404: "One of them is not kept; the fix says which are."},
    ),
    Route(
        method="GET",
        path="/v1/notifications",
        summary="The state of notifications at each target of the document",
        handler=route_handlers.notifications,
        answer=tuple[TargetStatus, ...],
    ),
    Route(
        method="POST",
        path="/v1/notify-test",
        summary="Send a test notification, and report the result for each target",
        handler=route_handlers.notify_test,
        body=NotifyTest,
        answer=tuple[TargetTest, ...],
        within=LONGEST_WAIT,  # each target has a limit of its own in the document
        problems={404: "The document has no such target; the fix names the nearest."},
    ),
    Route(
        method="POST",
        path="/v1/plan",
        summary="What another document would change in the tree; nothing is changed",
        handler=route_handlers.plan,
        body=DocumentText,
        answer=ChangePlan,
        changes=False,
        longest=LONGEST_DOCUMENT,
        within=PLANNED_WITHIN,
        problems={422: "The document is not valid; `diagnostics` has all that is wrong with it."},
    ),
    Route(
        method="POST",
        path="/v1/apply",
        summary="Make a document the one that runs, all of it or nothing",
        handler=apply_handlers.apply,
        query=HowAsked,
        body=ApplyRequest,
        answer=ApplyAnswer,
        problems=APPLY_PROBLEMS,
        within=PLANNED_WITHIN,
        longest=LONGEST_DOCUMENT,
    ),
    Route(
        method="GET",
        path="/v1/apply",
        summary="How far a generation has converged; as text/event-stream, whenever that changes",
        handler=apply_handlers.apply_progress,
        query=HowFar,
        answer=ApplyProgress,
        stream=apply_handlers.progress_stream,
        problems={404: "There is no generation of this number."},
    ),
    Route(
        method="PUT",
        path="/v1/document",
        summary="The same as an apply; If-Match has the number of the generation it is based on",
        handler=apply_handlers.put_document,
        query=HowAsked,
        body=DocumentText,
        answer=ApplyAnswer,
        problems=APPLY_PROBLEMS,
        within=PLANNED_WITHIN,
        longest=LONGEST_DOCUMENT,
    ),
    Route(
        method="POST",
        path="/v1/rollback",
        summary="Make an older generation run again, as a new one, pinned until the next apply",
        handler=apply_handlers.rollback,
        query=HowAsked,
        body=RollbackRequest,
        answer=ApplyAnswer,
        problems={**APPLY_PROBLEMS, 404: "This generation is not kept; the fix says which are."},
        within=PLANNED_WITHIN,
    ),
    Route(
        method="POST",
        path="/v1/leave",
        summary="End fsmv2 alone; broker and processes keep running, and the next run adopts them",
        handler=route_handlers.leave,
        body=LeaveRequest,
        answer=Leaving,
    ),
    Route(
        method="POST",
        path="/v1/requests",
        summary="Do something to a path: pause, stop, restart it and so on",
        handler=route_handlers.request,
        links=links.OF_ANSWER,
        query=HowAsked,
        body=Request,
        answer=Answer,
        problems={
            404: "No worker has this path; the fix names the nearest.",
            409: "It cannot be done now; the detail says why.",
            422: "The same Idempotency-Key was used for another request.",
        },
    ),
    Route(
        method="GET",
        path="/metrics",
        summary="All metrics, as OpenMetrics or in the text format of Prometheus",
        handler=monitoring.metrics,
        answer=str,
        texts=(OPENMETRICS, "text/plain"),
        over_tcp=True,
    ),
    Route(
        method="GET",
        path="/healthz",
        summary="Whether fsmv2 itself works, part by part",
        handler=monitoring.healthz,
        answer=Health,
        otherwise={503: "Supervision is stuck: restart the process. Nothing else is a 503."},
        over_tcp=True,
    ),
    Route(
        method="GET",
        path="/readyz",
        summary="Whether the tree is what its document asks for, or who is not and why",
        handler=monitoring.readyz,
        answer=Readiness,
        otherwise={503: "It is not, or not yet; `reason` and `unsettled` say why."},
        over_tcp=True,
    ),
    Route(
        method="GET",
        path="/version",
        summary="Which program answers",
        handler=monitoring.version,
        answer=Version,
        over_tcp=True,
    ),
)
