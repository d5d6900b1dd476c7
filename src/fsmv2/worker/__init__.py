"""What authors implement, and what the core reads of it.

step_result, snapshot, and `view.phase`: the words between author and core.
state, action, check:  the three decorators.    decorator: what all three refuse.
worker:                the base class.  definition, class_options: its check when the class is made.
monitor:               a worker that only looks; not imported here, since the core never waits.
factory:               types by name.      object_reference: `package.module:Type`.
fsm_check:             what the steps do with everything they can see, of an fsm_bench.
"""

from fsmv2.view.phase import Phase
from fsmv2.worker.action import ActionDefinition, action
from fsmv2.worker.check import (
    CheckDefinition,
    CheckResult,
    CheckView,
    Fault,
    Healthy,
    Subject,
    Unknown,
    check,
    fault,
    healthy,
    unknown,
)
from fsmv2.worker.definition import WorkerDefinition
from fsmv2.worker.factory import RegisteredType, WorkerFactory
from fsmv2.worker.snapshot import NO_STATUS, ActionResult, ChildStatus, Outcome, Snapshot
from fsmv2.worker.state import StateDefinition, state
from fsmv2.worker.step_result import Act, Goto, Stay, Step, act, goto, stay
from fsmv2.worker.worker import Resources, Worker

__all__ = [
    "NO_STATUS",
    "Act",
    "ActionDefinition",
    "ActionResult",
    "CheckDefinition",
    "CheckResult",
    "CheckView",
    "ChildStatus",
    "Fault",
    "Goto",
    "Healthy",
    "Outcome",
    "Phase",
    "RegisteredType",
    "Resources",
    "Snapshot",
    "StateDefinition",
    "Stay",
    "Step",
    "Subject",
    "Unknown",
    "Worker",
    "WorkerDefinition",
    "WorkerFactory",
    "act",
    "action",
    "check",
    "fault",
    "goto",
    "healthy",
    "state",
    "stay",
    "unknown",
]
