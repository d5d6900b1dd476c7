"""The pure core: events in, instructions out; no I/O, no clock, nothing that waits.

machine     `Core`: takes events, ticks who is dirty, gives instructions
handlers    which function is called for each event and each timer: begin reading here
tick        one look at one supervisor, phase after phase
contract/   the two languages at the border, events and instructions, and the settings
state/      what is known: the tree, its supervisors, and their small records; decides nothing
policy/     one rule a file: control, actions, author errors, overrides, ordering, escalation, ...
life/       a supervisor is created, stopped, released, restarted, recreated
phases/     the parts of a tick: circuit, derive, reconcile, step and its gates, publish
checkpoint/ the whole state, taken and restored

Each imports only from those below it in `machine > handlers > tick > phases > life > policy >
state > contract`; `checkpoint` stands above all.
"""

from fsmv2.core.contract.events import (
    AcknowledgeRequested,
    ActionEnded,
    ActionOverdue,
    ActionQueued,
    ActionRefused,
    ActionUnstuck,
    Declared,
    Event,
    ForceRequested,
    LeaveRequested,
    LogLevelEndRequested,
    LogLevelRequested,
    LoopBlocked,
    LoopFreed,
    NotificationsFailing,
    Observed,
    PauseRequested,
    Released,
    RestartRequested,
    ResumeRequested,
    RetryRequested,
    Saved,
    SaveFailed,
    SecretsUnread,
    SetVariableRequested,
    SignalRequested,
    SignalSent,
    SilenceRequested,
    SlowCode,
    StartPathRequested,
    StateDirectoryLost,
    StopPathRequested,
    StopRequested,
    Uncontained,
    UnsetVariableRequested,
    UnsilenceRequested,
)
from fsmv2.core.contract.instructions import (
    CancelAction,
    Collect,
    DeleteStored,
    Instruction,
    Release,
    Report,
    ReportKind,
    RestartCollection,
    RunAction,
    Save,
    SaveObserved,
    SaveOverrides,
    StoreInstruction,
    Update,
    Watch,
)
from fsmv2.core.contract.settings import EngineSettings
from fsmv2.core.machine import Core
from fsmv2.core.state.backoff import ExponentialBackoff
from fsmv2.core.state.counters import CoreCounters
from fsmv2.core.state.store_state import StoreState
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause, TickRecord
from fsmv2.view.condition import Condition

__all__ = [
    "AcknowledgeRequested",
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
    "CoreCounters",
    "Declared",
    "DeleteStored",
    "EngineSettings",
    "Event",
    "ExponentialBackoff",
    "ForceRequested",
    "Instruction",
    "LeaveRequested",
    "LogLevelEndRequested",
    "LogLevelRequested",
    "LoopBlocked",
    "LoopFreed",
    "NotificationsFailing",
    "Observed",
    "PauseRequested",
    "Release",
    "Released",
    "Report",
    "ReportKind",
    "RestartCollection",
    "RestartRequested",
    "ResumeRequested",
    "RetryRequested",
    "RunAction",
    "Save",
    "SaveFailed",
    "SaveObserved",
    "SaveOverrides",
    "Saved",
    "SecretsUnread",
    "SetVariableRequested",
    "SignalRequested",
    "SignalSent",
    "SilenceRequested",
    "SlowCode",
    "StartPathRequested",
    "StateDirectoryLost",
    "StopPathRequested",
    "StopRequested",
    "StoreInstruction",
    "StoreState",
    "Supervisor",
    "TickRecord",
    "Uncontained",
    "UnsetVariableRequested",
    "UnsilenceRequested",
    "Update",
    "Watch",
]
