"""What the core asks of the runtime. Each names the incarnation it is for and the tick that asked.

The runtime carries them out in order and answers with events; a runtime that carries nothing out
turns the same core into a plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from fsmv2.core.contract.log_events import LogEvent
from fsmv2.model import ChildSpec, DesiredState, ObservedState, UserSpec
from fsmv2.worker import ActionDefinition, Worker, WorkerDefinition


class Watch(msgspec.Struct, frozen=True, gc=False):
    """Open the worker's resources and begin to collect, the first time at once."""

    path: str
    incarnation: int
    worker: Worker[Any, Any, Any]
    definition: WorkerDefinition
    spec: UserSpec
    config: Any


class Update(msgspec.Struct, frozen=True, gc=False):
    """From now on collect with this spec and config; look soon if what is wanted `changed`."""

    path: str
    incarnation: int
    spec: UserSpec
    config: Any
    changed: bool = True


class Collect(msgspec.Struct, frozen=True, gc=False):
    """Collect once now, beside the interval."""

    path: str
    incarnation: int


class RestartCollection(msgspec.Struct, frozen=True, gc=False):
    """The collection is silent: end its task, reopen the resources, start it again."""

    path: str
    incarnation: int


class RunAction(msgspec.Struct, frozen=True, gc=False):
    """Run an action as soon as a slot is free. `urgent`: a stop or hold, in the reserved lane.

    `tick` asked for it, and `cause` is the reason that the step gave. `repair`: it is retried
    after a failure, which has a part of that lane beside the share of its type.
    """

    path: str
    incarnation: int
    action_id: int
    action: ActionDefinition
    args: Mapping[str, Any]
    urgent: bool
    tick: int
    cause: str = ""
    repair: bool = False


class CancelAction(msgspec.Struct, frozen=True, gc=False):
    """Cancel this action, queued or running."""

    path: str
    incarnation: int
    action_id: int


class Release(msgspec.Struct, frozen=True, gc=False):
    """End everything of this incarnation, close its resources, answer `Released`."""

    path: str
    incarnation: int
    forced: bool = False


class Save(msgspec.Struct, frozen=True, gc=False):
    """Make this desired state durable and answer `Saved`. Times in Unix seconds.

    `generation` is a number never given before; a later one is greater.
    """

    path: str
    incarnation: int
    generation: int
    created_at: float
    at: float
    declared: ChildSpec
    desired: DesiredState


class SaveOverrides(msgspec.Struct, frozen=True, gc=False):
    """Make the overrides of a path durable and answer `Saved`: JSON, or empty when there are none.

    They belong to the path: who is there may be nobody.
    """

    path: str
    generation: int
    overrides: str


class SaveObserved(msgspec.Struct, frozen=True, gc=False):
    """Write down what was observed at `at`, Unix seconds, and the state it led to."""

    path: str
    incarnation: int
    at: float
    state: str
    observed: ObservedState


class DeleteStored(msgspec.Struct, frozen=True, gc=False):
    """The path was removed with all below it: nothing of it is to stay stored."""

    path: str


ReportKind = Literal[
    "action",
    "applied",
    "apply",
    "circuit",
    "command",
    "condition",
    "created",
    "document",
    "dropped",
    "ended",
    "error",
    "escalation",
    "forced",
    "journal",
    "mapping",
    "removed",
    "repair",
    "restarted",
    "secret",
    "silent",
    "slow",
    "stall",
    "stop",
    "store",
    "traces",
    "transition",
]


class Report(msgspec.Struct, frozen=True, gc=False):
    """Something an operator may want to read: a transition, an action, a condition, a restart.

    `event`: the same by name and fields, where it has some.
    """

    kind: ReportKind
    path: str
    text: str
    at: float
    tick: int = 0
    level: str = "info"
    state: str = ""
    worker_type: str = ""
    event: LogEvent | None = None


StoreInstruction = Save | SaveOverrides | SaveObserved | DeleteStored

Instruction = (
    Watch
    | Update
    | Collect
    | RestartCollection
    | RunAction
    | CancelAction
    | Release
    | Report
    | StoreInstruction
)
"""Everything that the core asks for."""
