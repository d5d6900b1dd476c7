"""A worker as a view shows it, made by hand."""

from __future__ import annotations

from typing import Any

from fsmv2.runtime import NodeView
from fsmv2.worker import Phase


def node(path: str, type: str, state: str, phase: Phase, **more: Any) -> NodeView:
    """One that is well if it runs; `more`: other fields than these."""
    given: dict[str, Any] = {
        "path": path,
        "name": path.rpartition("/")[2],
        "depth": path.count("/"),
        "type": type,
        "state": state,
        "phase": phase,
        "healthy": phase is Phase.RUNNING,
        "fresh": True,
        "reason": "because",
        "control": "active",
        "control_reason": "",
        "incarnation": 1,
        "since": 0.0,
        "age": 12.0,
        "observed_age": 0.1,
        "observed": None,
        "action": "",
        "conditions": (),
        "attempts": 0,
        "ticks": 3,
    }
    return NodeView(**{**given, **more})
