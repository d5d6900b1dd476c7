"""What a worker is, why, and what it will do next: the answer to `why`, as data."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from fsmv2.core import Supervisor, TickRecord
from fsmv2.escaping import printable_line
from fsmv2.operate.path_version import worker_version
from fsmv2.runtime import NodeView
from fsmv2.runtime.view import history, view_node

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

MOST = 8
"""Decisions of late that are kept in a status."""


class WorkerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one worker. `at`, in Unix seconds: until when; `process`: who runs it.

    `missing`: why nothing is recorded of what came after; `document`: how that differs from what
    runs; `due`: seconds until what is due, by the kinds of `DUE`; `withheld`: what keeps its steps
    from being carried out; `below`: its children; `lately`: its last decisions, each with its time.
    `version`: changes with what a person decides by; a request can be made on condition of it.
    `past`: of which moment it is, if it was asked for one; `process` is empty then.
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


def status_of(
    s: Supervisor,
    *,
    process: str,
    later: float = 0.0,
    missing: str = "",
    past: str = "",
    document: str = "",
    below: bool = True,
) -> WorkerStatus:
    """The status of a worker; on the loop of its core, or of a core that nobody runs.

    `later`: seconds that have passed since the last event, in which nothing has changed.
    `below`: with its children, which may be thousands.
    """
    node = view_node(s)
    records = history(s)
    return WorkerStatus(
        at=s.tree.wall() + later,
        process=process,
        missing=missing,
        past=past,
        document=document,
        node=msgspec.structs.replace(
            node,
            age=node.age + later,
            observed_age=None if node.observed_age is None else node.observed_age + later,
            retry_in=max(0.0, node.retry_in - later),
        ),
        due={
            kind: max(0.0, due - s.tree.now - later)
            for kind, due in sorted(s.timers.items(), key=lambda item: item[1])
            if kind in DUE
        },
        withheld=records[-1].gate if records else "",
        below=[view_node(child) for child in s.children.values()] if below else [],
        lately=[one for record in records for one in _decided(s, record)][-MOST:],
        version=worker_version(s),
    )


def reason_text(node: NodeView) -> str:
    """Why it is as it is, on one line; what is unusual about it comes first."""
    unusual = [f"held: {node.held}"] if node.held else []
    unusual += [f"{condition.type}: {condition.reason}" for condition in node.conditions]
    own = node.reason and not any(node.reason == one.reason for one in node.conditions)
    parts = [*unusual, node.reason] if own else unusual
    text = "; ".join([*(part.rstrip().removesuffix(".") for part in parts[:-1]), *parts[-1:]])
    return printable_line(" ".join(text.split()))


def _decided(s: Supervisor, record: TickRecord) -> Iterator[tuple[float, str]]:
    """When, and what; a transition has its own reason, an action that of its tick."""
    for number, text in enumerate(record.decisions, start=1):
        explained = text.startswith("goto ") or number < len(record.decisions) or not record.reason
        reason = "" if explained else f": {record.reason}"
        yield s.tree.epoch + record.at, text + reason
