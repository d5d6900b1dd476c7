"""What the core is handed: facts from the world, each naming the incarnation it is about.

The runtime creates them; the core's `handle` reads them. Times are seconds of the core's clock.
Like instructions they are short-lived and nothing refers back to them, so `gc=False`: hundreds of
thousands a second need not be walked by the garbage collector.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from fsmv2.core.contract.settings import EngineSettings
from fsmv2.model import ChildSpec, ObservedState
from fsmv2.worker import Outcome


class Declared(msgspec.Struct, frozen=True, gc=False):
    """The tree's root is to be this; also carries the fleet-wide variables. None: nothing.

    `secrets`: it is the same but for the values of these, by source, each with its report.
    `settings`: those of the engine from now on; None: they stay.
    """

    root: ChildSpec
    global_variables: Mapping[str, Any] = {}
    who: str = "document"
    secrets: Mapping[str, str] = {}
    settings: EngineSettings | None = None


OBSERVATION = "an observation"
"""What an `Observed` brings, where it is reported."""


class Observed(msgspec.Struct, frozen=True, gc=False):
    """A collection that began at `began` ended with an observation, or with an error."""

    path: str
    incarnation: int
    began: float
    observed: ObservedState | None
    error: str = ""


class ActionEnded(msgspec.Struct, frozen=True, gc=False):
    """The action with this id ended; `permanent`: a retry cannot help."""

    path: str
    incarnation: int
    action_id: int
    outcome: Outcome
    error: str = ""
    permanent: bool = False
    result: Any = None


class ActionRefused(msgspec.Struct, frozen=True, gc=False):
    """The queue was full: the action never started and stays due."""

    path: str
    incarnation: int
    action_id: int


class ActionQueued(msgspec.Struct, frozen=True, gc=False):
    """An action has waited for a slot for a while; or, not `waits`, it has got one."""

    path: str
    incarnation: int
    action_id: int
    waits: bool


class ActionOverdue(msgspec.Struct, frozen=True, gc=False):
    """An action goes on long after it was cancelled for its timeout; `text` says how long."""

    path: str
    incarnation: int
    action_id: int
    text: str


class ActionUnstuck(msgspec.Struct, frozen=True, gc=False):
    """An action given up as stuck has ended after all; its result is not used."""

    path: str
    incarnation: int
    action_id: int


class Released(msgspec.Struct, frozen=True, gc=False):
    """All tasks of this incarnation have ended and its resources are closed."""

    path: str
    incarnation: int


class Saved(msgspec.Struct, frozen=True, gc=False):
    """These generations, as (path, generation), are durable, and nothing is left to be written.

    `overrides`: those of `SaveOverrides`.
    """

    generations: tuple[tuple[str, int], ...] = ()
    overrides: tuple[tuple[str, int], ...] = ()


class SaveFailed(msgspec.Struct, frozen=True, gc=False):
    """The store cannot be written; or what is to be saved of `path` cannot, when it names one.

    `lost`: nothing that was saved before is left.
    """

    reason: str
    path: str = ""
    lost: bool = False


class StateDirectoryLost(msgspec.Struct, frozen=True, gc=False):
    """What is wrong with the directory in which the tree keeps its data; '': it is there again."""

    reason: str


class NotificationsFailing(msgspec.Struct, frozen=True, gc=False):
    """Which targets of notifications fail, each with why; none: all are reached."""

    problems: tuple[str, ...] = ()


class SecretsUnread(msgspec.Struct, frozen=True, gc=False):
    """These secrets cannot be read now, each with why and what is used instead; none: all can."""

    problems: tuple[str, ...] = ()


class StopRequested(msgspec.Struct, frozen=True, gc=False):
    """The whole tree is to stop, within the deadline of the settings unless one is given."""

    who: str = "operator"
    deadline: float | None = None


class ForceRequested(msgspec.Struct, frozen=True, gc=False):
    """Stop waiting: release everything now (a second SIGTERM)."""

    who: str = "operator"


class LeaveRequested(msgspec.Struct, frozen=True, gc=False):
    """fsmv2 is to end, and to leave what it started running: the next one adopts it."""

    who: str = "operator"
    reason: str = ""


class LoopBlocked(msgspec.Struct, frozen=True, gc=False):
    """The work loop has not run for so many seconds: in `what` of `path` ("" if unknown).

    `busy`: nobody blocks it, it has too much to do.
    """

    path: str
    what: str
    where: str
    seconds: float
    busy: bool = False


class LoopFreed(msgspec.Struct, frozen=True, gc=False):
    """The work loop goes on, after so many seconds."""

    seconds: float


class RestartRequested(msgspec.Struct, frozen=True, gc=False):
    """The worker at `path` is to be restarted."""

    path: str
    who: str = "operator"
    reason: str = ""


class RetryRequested(msgspec.Struct, frozen=True, gc=False):
    """Whatever waits for its next try at `path` and below is to be tried now."""

    path: str
    who: str = "operator"
    reason: str = ""


class PauseRequested(msgspec.Struct, frozen=True, gc=False):
    """At `path` and below nothing is to be started; observation goes on."""

    path: str
    who: str = "operator"
    reason: str = ""


class ResumeRequested(msgspec.Struct, frozen=True, gc=False):
    """What was paused at `path` goes on."""

    path: str
    who: str = "operator"
    reason: str = ""


class StopPathRequested(msgspec.Struct, frozen=True, gc=False):
    """What is at `path` is to be stopped as if it were declared disabled; `until`: Unix seconds."""

    path: str
    who: str = "operator"
    reason: str = ""
    until: float | None = None


class StartPathRequested(msgspec.Struct, frozen=True, gc=False):
    """What was stopped at `path` is again what is declared."""

    path: str
    who: str = "operator"
    reason: str = ""


class SetVariableRequested(msgspec.Struct, frozen=True, gc=False):
    """The user variable `name` is to be `value` at `path`, over what is declared."""

    path: str
    name: str
    value: Any
    who: str = "operator"
    reason: str = ""
    until: float | None = None


class UnsetVariableRequested(msgspec.Struct, frozen=True, gc=False):
    """The user variable `name` is to be as declared at `path` again."""

    path: str
    name: str
    who: str = "operator"
    reason: str = ""


class SilenceRequested(msgspec.Struct, frozen=True, gc=False):
    """Nobody is to be notified of `path` and what is below it; `until`: Unix seconds."""

    path: str
    who: str = "operator"
    reason: str = ""
    until: float | None = None


class UnsilenceRequested(msgspec.Struct, frozen=True, gc=False):
    """What was silenced at `path` is notified of again."""

    path: str
    who: str = "operator"
    reason: str = ""


class LogLevelRequested(msgspec.Struct, frozen=True, gc=False):
    """What is logged of `path` and below is to begin at `level` until `until`, in Unix seconds."""

    path: str
    level: str
    who: str = "operator"
    reason: str = ""
    until: float | None = None


class LogLevelEndRequested(msgspec.Struct, frozen=True, gc=False):
    """What is logged of `path` is back to that of the document."""

    path: str
    who: str = "operator"
    reason: str = ""


class AcknowledgeRequested(msgspec.Struct, frozen=True, gc=False):
    """An operator has taken over the escalation of `path`."""

    path: str
    who: str = "operator"
    note: str = ""


class SignalRequested(msgspec.Struct, frozen=True, gc=False):
    """The process of the worker at `path` is to be sent this signal: HUP, USR1 or the like."""

    path: str
    signal: str
    who: str = "operator"
    reason: str = ""


class SignalSent(msgspec.Struct, frozen=True, gc=False):
    """What became of that: the process `pid` was sent it, or it was not, since `error`."""

    path: str
    signal: str
    pid: int = 0
    error: str = ""


class SlowCode(msgspec.Struct, frozen=True, gc=False):
    """Code of an author blocked supervision for so long: `what`, of the worker at `path`, or ''.

    `times`: how often since it was last reported, this time included.
    """

    path: str
    what: str
    where: str
    seconds: float
    times: int = 1


class Uncontained(msgspec.Struct, frozen=True, gc=False):
    """An exception came through to a loop, which went on."""

    text: str


Event = (
    Declared
    | Observed
    | ActionEnded
    | ActionRefused
    | ActionOverdue
    | ActionQueued
    | ActionUnstuck
    | Released
    | Saved
    | SaveFailed
    | StateDirectoryLost
    | NotificationsFailing
    | SecretsUnread
    | StopRequested
    | ForceRequested
    | LeaveRequested
    | RestartRequested
    | RetryRequested
    | PauseRequested
    | ResumeRequested
    | StopPathRequested
    | SilenceRequested
    | UnsilenceRequested
    | LogLevelRequested
    | LogLevelEndRequested
    | StartPathRequested
    | SetVariableRequested
    | UnsetVariableRequested
    | AcknowledgeRequested
    | SignalRequested
    | SignalSent
    | LoopBlocked
    | LoopFreed
    | SlowCode
    | Uncontained
)
"""Everything that the core is handed."""
