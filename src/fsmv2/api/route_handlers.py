"""What each route answers. Everything is decided in `operate`; this hands on and shapes."""

from __future__ import annotations

import os
from typing import Annotated, Any

import msgspec

import fsmv2
from fsmv2.api.answers_of_rows import AnswersOfRows
from fsmv2.api.conditional_answers import Encoded, Versioned, tag_of
from fsmv2.api.json_text import json_of
from fsmv2.api.metrics_text import SharedMetrics
from fsmv2.errors import ChangedSinceError
from fsmv2.escaping import printable_json
from fsmv2.host.in_thread import in_thread
from fsmv2.notify import TargetStatus, TargetTest
from fsmv2.operate import TreeHandle
from fsmv2.operate.changes.change_plan import ChangePlan
from fsmv2.operate.known_generations import (
    DocumentHistory,
    GenerationDifference,
    GenerationText,
    difference_in,
    history_in,
    text_in,
)
from fsmv2.operate.log_line import LogLines
from fsmv2.operate.past.past_question import (
    DescriptionThen,
    ObstaclesThen,
    PastQuestion,
    TreeThen,
    WorkerThen,
)
from fsmv2.operate.path_version import ANY, overrides_version
from fsmv2.operate.path_version import below as overrides_below
from fsmv2.operate.recorded_event import RecordedEvent
from fsmv2.operate.request_types import Answer, Reason
from fsmv2.operate.row_folding import Space
from fsmv2.operate.state_obstacles import StateObstacles
from fsmv2.operate.topic_data import TagValue, Topic
from fsmv2.operate.tree_report import TreeReport
from fsmv2.operate.worker_filter import WorkerFilter


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a route: the tree, its parameters, its body, and who asks.

    `accept`, `accept_encoding`: these headers; `metrics`: what makes the text of the metrics;
    `lists`: what others were answered of the same picture of the tree; `unchanged`: one of these
    versions has to be that of now.
    """

    tree: TreeHandle
    metrics: SharedMetrics
    query: Any
    body: Any
    who: str
    lists: AnswersOfRows
    unchanged: tuple[str, ...] = ()
    accept: str = ""
    accept_encoding: str = ""


class RawAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer whose status, form and headers are its own."""

    body: bytes
    media_type: str = "application/json"
    status: int = 200
    headers: dict[str, str] = {}


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """Which tree this is. `who`: as whom your requests are recorded.

    `generation`: the one of its document that runs, 0 if none is kept; `pinned`: an older one was
    made to run again, until the next apply. `managed`: the tree follows no file, but keeps its
    document itself.
    """

    version: str
    document: str
    state_directory: str
    pid: int
    workers: int
    unsettled: dict[str, str]
    overrides: int
    document_change: str
    who: str
    generation: int = 0
    pinned: bool = False
    managed: bool = False


class LeaveRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why fsmv2 is to end."""

    reason: Reason = ""


class NotifyTest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which targets are to be tested; none: all of them."""

    targets: Annotated[tuple[str, ...], msgspec.Meta(max_length=100)] = ()


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """It ends: process `pid` lets go of the state directory within moments."""

    pid: int
    text: str = "fsmv2 ends; broker and processes keep running"


async def overview(call: Call) -> Overview:
    """Which tree this is."""
    tree = call.tree
    view = await tree.shared_view()
    return Overview(
        version=fsmv2.__version__,
        document=str(tree.document),
        state_directory=str(tree.directory),
        pid=os.getpid(),
        workers=len(view.nodes),
        unsettled=tree.unsettled_in(view),
        overrides=len(await tree.overrides()),
        document_change=await tree.document_change(),
        who=call.who,
        generation=tree.running.number,
        pinned=tree.running.pinned,
        managed=tree.running.managed,
    )


async def tree(call: Call) -> Encoded:
    """What runs and what is broken; the text of it is made once for each picture."""
    tree, which = call.tree, call.query
    if which.at:
        space = Space(which.lines, which.columns)
        return await _then(call, TreeThen(which=_filter_of(which), space=space))
    now, overrides, head = await tree.current_rows(), await tree.overrides(), await tree.head()

    def made() -> TreeReport:
        return tree.report_in(now, head, overrides, which, space=Space(which.lines, which.columns))

    return call.lists.of(now, which, made)


async def workers(call: Call) -> Encoded:
    """The workers that are asked for; the text of it is made once for each picture."""
    now, which = await call.tree.current_rows(), call.query
    return call.lists.of(now, which, lambda: call.tree.rows_in(now, which))


async def worker(call: Call) -> Any:
    """One worker, as `why` tells it."""
    if call.query.at:
        return await _then(call, WorkerThen(call.query.path))
    status = await call.tree.why(call.query.path)
    return Versioned(status, status.version)


async def topics(call: Call) -> list[Topic]:
    """What is published where."""
    return await call.tree.topics(call.query.match)


async def values(call: Call) -> list[TagValue]:
    """What was read last."""
    return await call.tree.values(call.query.match)


async def description(call: Call) -> Any:
    """One worker, with all there is to know of it."""
    if call.query.at:
        return await _then(call, DescriptionThen(call.query.path))
    found = await call.tree.describe(call.query.path)
    return Versioned(found, found.version)


async def obstacles(call: Call) -> StateObstacles | Encoded:
    """What keeps a worker from a state."""
    if call.query.at:
        return await _then(call, ObstaclesThen(call.query.path, call.query.state))
    return await call.tree.obstacles(call.query.path, call.query.state)


async def _then(call: Call, question: PastQuestion) -> Encoded:
    """How it was at the moment that is asked of."""
    raw = printable_json((await call.tree.past(question, at=call.query.at)).decode()).encode()
    return Encoded(raw, tag_of(raw))


def _filter_of(which: WorkerFilter) -> WorkerFilter:
    names = WorkerFilter.__struct_fields__
    return WorkerFilter(**{name: getattr(which, name) for name in names})


async def overrides(call: Call) -> Versioned:
    """The overrides of a path and below it, those included at which there is no worker."""
    found = overrides_below(await call.tree.overrides(), call.query.path)
    return Versioned(found, overrides_version(found), whole=True)


async def events(call: Call) -> list[RecordedEvent]:
    """The last events."""
    which = call.query
    asked = {"path": which.path, "after": which.after, "since": which.since, "limit": which.limit}
    if which.until:
        return await call.tree.events_until(which.until, **asked)
    return [RecordedEvent.of(one) for one in await call.tree.events(**asked)]


async def logs(call: Call) -> LogLines:
    """The last lines of the log that are no events."""
    which = call.query
    return await in_thread(
        lambda: call.tree.log_lines(
            path=which.path, after=which.after, since=which.since, limit=which.limit
        )
    )


async def generations(call: Call) -> DocumentHistory:
    """The generations of the document."""
    return await in_thread(lambda: history_in(call.tree.directory))


async def generation(call: Call) -> GenerationText:
    """One generation, as it was written, masked."""
    return await in_thread(lambda: text_in(call.tree.directory, call.query.number or None))


async def difference(call: Call) -> GenerationDifference:
    """What changed from one generation to another."""
    older, newer = call.query.older, call.query.newer or None
    return await in_thread(lambda: difference_in(call.tree.directory, older, newer))


async def notifications(call: Call) -> tuple[TargetStatus, ...]:
    """How each target fares."""
    return call.tree.notifications()


async def notify_test(call: Call) -> tuple[TargetTest, ...]:
    """Send a test notification."""
    return await call.tree.test_notifications(call.body.targets)


async def plan(call: Call) -> ChangePlan:
    """What another document would change."""
    return await call.tree.plan(call.body)


async def leave(call: Call) -> Leaving:
    """End fsmv2 alone."""
    unchanged = call.unchanged
    if unchanged and ANY not in unchanged and _tag(await overview(call)) not in unchanged:
        raise ChangedSinceError(
            "the tree has changed since it was read.", fix="Read GET /v1 again."
        )
    call.tree.ask_to_leave(reason=call.body.reason, who=call.who)
    return Leaving(pid=os.getpid())


async def request(call: Call) -> Answer:
    """Have something done to a path."""
    how = call.query
    return await call.tree.ask(
        call.body, who=call.who, wait=how.wait, dry_run=how.dry_run, unchanged=call.unchanged
    )


def _tag(value: Any) -> str:
    return tag_of(json_of(value))
