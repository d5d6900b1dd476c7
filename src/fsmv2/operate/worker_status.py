"""What a worker is, why, and what it will do next: the answer to `why`.

Data alone: a client of the API decodes it, and is not to load the core for that.
"""

from __future__ import annotations

import msgspec

from fsmv2.escaping import printable_line
from fsmv2.operate.current_action import CurrentAction
from fsmv2.view.condition import MANAGED, RECOVERS, Condition
from fsmv2.view.node_view import NodeView

DUE = {
    "retry": "retries",
    "wake": "looks at its state again",
    "create": "is made, if it can be by then",
    "breaker": "has its steps retried",
    "repair": "is restarted by its parent",
    "restart": "is restarted",
    "recreate": "is recreated with what is declared now",
    "settle": "has its failures forgiven, if nothing happens until then",
    "stop": "is forced to end, if it has not by then",
}
"""What is due and a person would ask for; by the kind of its timer."""


class WorkerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one worker. `at`, in Unix seconds: until when; `process`: who runs it.

    `missing`: why nothing is recorded of what came after; `document`: how that differs from what
    runs; `due`: seconds until what is due, by the kinds of `DUE`; `withheld`: what keeps its steps
    from being carried out; `action`: what it does, since when, and for how long at most; `below`:
    its children; `lately`: its last decisions, each with its time. `version`: changes with what a
    person decides by; a request can be made on condition of it. `past`: of which moment it is, if
    it was asked for one; `process` is empty then. Of one that has escalated: `manual_steps`, what
    to do by hand; `explain`, the command that prints its page, and `runbook`, where that is.
    """

    at: float
    process: str
    missing: str
    document: str
    node: NodeView
    """State, health and reason of the worker."""
    due: dict[str, float]
    withheld: str
    below: list[NodeView]
    lately: list[tuple[float, str]]
    version: str = ""
    past: str = ""
    manual_steps: tuple[str, ...] = ()
    explain: str = ""
    runbook: str = ""
    action: CurrentAction | None = None


def reason_text(node: NodeView) -> str:
    """Why it is as it is, on one line; what is unusual about it comes first."""
    unusual = [f"held: {node.held}"] if node.held else []
    unusual += [_condition_text(condition) for condition in node.conditions]
    own = node.reason and not any(_says(one, node.reason) for one in node.conditions)
    parts = [*unusual, node.reason] if own else unusual
    text = "; ".join([*(part.rstrip().removesuffix(".") for part in parts[:-1]), *parts[-1:]])
    return printable_line(" ".join(text.split()))


def _condition_text(condition: Condition) -> str:
    # They begin with "failed 5 times" and "stopped by alice", which say all.
    if condition.type in (RECOVERS, MANAGED):
        return condition.reason
    return f"{condition.type}: {condition.reason}"


def _says(condition: Condition, reason: str) -> bool:
    """Whether a condition has the reason in it; an escalation has its cause, after its attempt.

    That of a pause begins with the reason, and goes on with what is paused.
    """
    if condition.type == MANAGED:
        return condition.reason.startswith(reason)
    if condition.type == RECOVERS and (cause := reason.partition(": ")[2].rstrip(".")):
        return cause in condition.reason
    return condition.reason == reason
