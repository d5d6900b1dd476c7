"""The pure core: events in, instructions out; no I/O, no clock, nothing that waits.

machine:      the core itself: dirty marks, timers, the order of ticks.
supervisor:   the record of one path.           tick: one look at it, in this order:
circuit, derive, control, reconcile, step, lifecycle, publish.
ending, siblings: who ended by itself, who is restarted with whom, who waits for whom.
commands, pausing, escalation: what a person asks, and when one is called.
events, instructions: the two languages at the cut.    reactions: what is done about each event.
acting, freshness, backoff, breaker, waiting, pace, stall, purity, durable, secrets: a policy each.
permission:   whether a worker may change anything in the world now.
records, conditions, counters: what is left for people to read.
"""

from fsmv2.core.contract.events import (
    AcknowledgeAsked,
    ActionEnded,
    ActionOverdue,
    ActionQueued,
    ActionRefused,
    ActionUnstuck,
    Declared,
    Event,
    ForceAsked,
    LoopBlocked,
    LoopFreed,
    Observed,
    PauseAsked,
    PlaceLost,
    Released,
    RestartAsked,
    ResumeAsked,
    RetryAsked,
    Saved,
    SaveFailed,
    SecretsUnread,
    SlowCode,
    StopAsked,
    Uncontained,
)
from fsmv2.core.contract.instructions import (
    CancelAction,
    Collect,
    Forget,
    Instruction,
    Release,
    Report,
    ReportKind,
    RestartCollection,
    RunAction,
    Save,
    SaveObserved,
    StoreInstruction,
    Update,
    Watch,
)
from fsmv2.core.contract.settings import EngineSettings
from fsmv2.core.machine import Core
from fsmv2.core.state.backoff import ExponentialBackoff
from fsmv2.core.state.conditions import Condition
from fsmv2.core.state.counters import Counters
from fsmv2.core.state.store_state import StoreState
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause, TickRecord

__all__ = [
    "AcknowledgeAsked",
    "ActionEnded",
    "ActionOverdue",
    "ActionQueued",
    "ActionRefused",
    "ActionUnstuck",
    "CancelAction",
    "Cause",
    "Collect",
    "Condition",
    "Core",
    "Counters",
    "Declared",
    "EngineSettings",
    "Event",
    "ExponentialBackoff",
    "ForceAsked",
    "Forget",
    "Instruction",
    "LoopBlocked",
    "LoopFreed",
    "Observed",
    "PauseAsked",
    "PlaceLost",
    "Release",
    "Released",
    "Report",
    "ReportKind",
    "RestartAsked",
    "RestartCollection",
    "ResumeAsked",
    "RetryAsked",
    "RunAction",
    "Save",
    "SaveFailed",
    "SaveObserved",
    "Saved",
    "SecretsUnread",
    "SlowCode",
    "StopAsked",
    "StoreInstruction",
    "StoreState",
    "Supervisor",
    "TickRecord",
    "Uncontained",
    "Update",
    "Watch",
]
