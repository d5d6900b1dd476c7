"""All there is to know of one worker, on one screen: the answer to `describe`.

Data alone: a client of the API decodes it, and is not to load the core for that.
"""

from __future__ import annotations

from typing import Any

import msgspec

from fsmv2.operate.current_action import CurrentAction
from fsmv2.operate.recorded_event import RecordedEvent
from fsmv2.operate.worker_row import WorkerRow


class ConditionText(msgspec.Struct, frozen=True, kw_only=True):
    """What is unusual about a worker. `status`: False or Unknown; `age`: seconds since then."""

    type: str
    status: str
    reason: str
    age: float


class DueText(msgspec.Struct, frozen=True, kw_only=True):
    """What is due: its kind, what happens then in words, and in how many `seconds`."""

    kind: str
    text: str
    seconds: float


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What it decided, and when, in Unix seconds."""

    at: float
    text: str


class WorkerDescription(msgspec.Struct, frozen=True, kw_only=True):
    """One worker. `at`, in Unix seconds: until when this is known; `process`: who runs it.

    `recorded`: its tree does not answer, and this is read from its journal; `missing`: why nothing
    is recorded of what came after. `document_change`: how the document differs from what runs.

    `since`: when it came to its state, in Unix seconds; ages in seconds. `control`: the state that
    it is asked for, `control_reason` by whom. `goal`: the state its type is for; `states`: all of
    them, each with its phase. `held`, `paused`, `ended`, `withheld`: what keeps it from acting; the
    last has an open circuit, whom it waits for, and what it still does. `checks`: what each check
    of its type says of those below it. Of one that had to be retried: `retry_in`, seconds until the
    next try, and `next_delays`, those before the tries after that.

    `children`: in one line each, those that need a look first; `more_children`: how many more, by
    type. `config`: its rendered config as YAML, credentials masked. `events`: what happened to it,
    oldest first; `lately`: its last decisions. `runbook`, `manual_steps`: what its type says is to
    be done when retries do not help; `explain`: the command that prints a page on
    it. `version`, `past`: see `WorkerStatus`.
    """

    at: float
    process: str
    recorded: bool
    missing: str
    document_change: str
    path: str
    type: str
    state: str
    phase: str
    healthy: bool
    reason: str
    since: float
    age: float
    incarnation: int
    control: str
    control_reason: str
    goal: str
    states: dict[str, str]
    held: str
    paused: str
    ended: str
    withheld: str
    conditions: tuple[ConditionText, ...]
    checks: dict[str, str]
    overrides: tuple[str, ...]
    action: CurrentAction | None
    observed: Any
    observed_age: float | None
    fresh: bool
    attempts: int
    retry_in: float
    next_delays: tuple[float, ...]
    due: tuple[DueText, ...]
    children: tuple[WorkerRow, ...]
    more_children: dict[str, int]
    config: str
    lately: tuple[Decision, ...]
    events: tuple[RecordedEvent, ...]
    runbook: str
    manual_steps: tuple[str, ...]
    version: str
    past: str = ""
    explain: str = ""
