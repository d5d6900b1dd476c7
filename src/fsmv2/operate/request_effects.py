"""Each request: the event it becomes for the core, what it does in words, and when that is reached.

A verb is one entry of `EFFECTS`; every interface has it by that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from fsmv2.core import (
    AcknowledgeRequested,
    LogLevelEndRequested,
    LogLevelRequested,
    PauseRequested,
    RestartRequested,
    ResumeRequested,
    RetryRequested,
    SetVariableRequested,
    SignalRequested,
    SilenceRequested,
    StartPathRequested,
    StopPathRequested,
    UnsetVariableRequested,
    UnsilenceRequested,
)
from fsmv2.core.life.requests import Request as CoreRequest
from fsmv2.operate.request_types import (
    Acknowledge,
    Pause,
    Request,
    ResetLogLevel,
    Restart,
    Resume,
    Retry,
    SetLogLevel,
    SetVariable,
    Signal,
    Silence,
    Start,
    Stop,
    UnsetVariable,
    Unsilence,
)
from fsmv2.operate.signal_names import signal_name
from fsmv2.runtime import NodeView, TreeView
from fsmv2.worker import Phase

Pending = Callable[[Request, int, TreeView, Mapping[str, str]], dict[str, str]]
"""Of a request, the incarnation at its path before, the tree now, and who in it should run and does
not: by path, who has not come to what was asked for, and why.
"""


class Effect(msgspec.Struct, frozen=True):
    """One verb. `event`: of a request, who asks, and until when in Unix seconds."""

    event: Callable[..., CoreRequest]
    done: str
    pending: Pending
    override: bool = False


def event_of(request: Request, who: str, until: float | None) -> CoreRequest:
    """What the core is handed."""
    return EFFECTS[type(request)].event(request, who, until)


def below(nodes: Iterable[NodeView], path: str) -> list[NodeView]:
    """The nodes at `path` and below it."""
    return [node for node in nodes if node.path == path or node.path.startswith(f"{path}/")]


def _at_once(
    request: Request, before: int, now: TreeView, unsettled: Mapping[str, str]
) -> dict[str, str]:
    return {}


def _stopped(
    request: Request, before: int, now: TreeView, unsettled: Mapping[str, str]
) -> dict[str, str]:
    down = (Phase.STOPPED, Phase.INITIAL)
    return {
        node.path: f"{node.state}: {node.reason}"
        for node in below(now.nodes, request.path)
        if node.phase not in down
    }


def _settled(
    request: Request, before: int, now: TreeView, unsettled: Mapping[str, str]
) -> dict[str, str]:
    paths = {node.path for node in below(now.nodes, request.path)}
    return {path: why for path, why in unsettled.items() if path in paths}


def _restarted(
    request: Request, before: int, now: TreeView, unsettled: Mapping[str, str]
) -> dict[str, str]:
    node = now.get(request.path)
    if node is None:
        return {request.path: "it is gone"}
    if node.incarnation == before:
        return {request.path: f"{node.state}: {node.reason}"}
    return _settled(request, before, now, unsettled)


EFFECTS: Mapping[type, Effect] = {
    Pause: Effect(
        lambda r, who, _: PauseRequested(r.path, who, r.reason),
        "is paused",
        _at_once,
        override=True,
    ),
    Resume: Effect(
        lambda r, who, _: ResumeRequested(r.path, who, r.reason),
        "is resumed",
        _at_once,
        override=True,
    ),
    Stop: Effect(
        lambda r, who, until: StopPathRequested(r.path, who, r.reason, until),
        "is stopped",
        _stopped,
        override=True,
    ),
    Start: Effect(
        lambda r, who, _: StartPathRequested(r.path, who, r.reason),
        "is started",
        _settled,
        override=True,
    ),
    SetVariable: Effect(
        lambda r, who, until: SetVariableRequested(r.path, r.name, r.value, who, r.reason, until),
        "has {name} set",
        _settled,
        override=True,
    ),
    UnsetVariable: Effect(
        lambda r, who, _: UnsetVariableRequested(r.path, r.name, who, r.reason),
        "has {name} as declared again",
        _settled,
        override=True,
    ),
    Silence: Effect(
        lambda r, who, until: SilenceRequested(r.path, who, r.reason, until),
        "is silenced",
        _at_once,
        override=True,
    ),
    Unsilence: Effect(
        lambda r, who, _: UnsilenceRequested(r.path, who, r.reason),
        "is no longer silenced",
        _at_once,
        override=True,
    ),
    SetLogLevel: Effect(
        lambda r, who, until: LogLevelRequested(r.path, r.level, who, r.reason, until),
        "is logged from {level} on",
        _at_once,
        override=True,
    ),
    ResetLogLevel: Effect(
        lambda r, who, _: LogLevelEndRequested(r.path, who, r.reason),
        "is logged at the level of the document again",
        _at_once,
        override=True,
    ),
    Restart: Effect(
        lambda r, who, _: RestartRequested(r.path, who, r.reason), "is restarted", _restarted
    ),
    Retry: Effect(lambda r, who, _: RetryRequested(r.path, who, r.reason), "retries now", _at_once),
    Acknowledge: Effect(
        lambda r, who, _: AcknowledgeRequested(r.path, who, r.reason),
        "has its escalation acknowledged",
        _at_once,
    ),
    Signal: Effect(
        lambda r, who, _: SignalRequested(r.path, signal_name(r.signal), who, r.reason),
        "is sent {signal}",
        _at_once,
    ),
}
"""All verbs there are, by the request that asks for each."""


def verb_of(request: Request) -> str:
    """Its verb, as it is written in JSON and on the command line."""
    return str(type(request).__struct_config__.tag)


def done_text(request: Request) -> str:
    """What is done, as a sentence without who and why."""
    what = EFFECTS[type(request)].done.replace("{name}", getattr(request, "name", ""))
    what = what.replace("{level}", getattr(request, "level", ""))
    if isinstance(request, Signal):
        what = what.replace("{signal}", signal_name(request.signal))
    return f"{request.path} {what}"
