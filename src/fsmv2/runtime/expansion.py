"""The expansion of a declaration: the same core, and nothing is carried out.

What the tree would be, and each worker's rendered config, derived from the declaration alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from fsmv2.core import Core, Declared, EngineSettings, Supervisor
from fsmv2.model import ChildSpec, UserSpec
from fsmv2.worker import WorkerFactory


class ExpandedWorker(msgspec.Struct, frozen=True, kw_only=True):
    """One worker of the tree. `problem` is why it could not be derived or created; else empty.

    `declared` is the spec its parent declares for it, `spec` that with all its variables.
    """

    path: str
    """Where it is in the tree."""
    type: str
    """The name of its worker type."""
    control: str
    """The state that is asked of it."""
    declared: UserSpec
    spec: UserSpec
    config: Any
    """What its derive rendered; None if it renders none."""
    problem: str
    depth: int
    """How far it is below the root, which is at 0."""


def expand(
    root: ChildSpec,
    factory: WorkerFactory,
    *,
    global_variables: Mapping[str, Any] | None = None,
    settings: EngineSettings | None = None,
) -> tuple[ExpandedWorker, ...]:
    """Derive the whole tree of `root`, parents before children; nothing is run."""
    core = Core(factory, settings)
    if global_variables is None:
        global_variables = root.user_spec.variables.global_
    core.handle(Declared(root, global_variables, "plan"), 0.0)
    core.run(0.0)
    core.take()
    nodes: list[ExpandedWorker] = []
    todo = [core.root] if core.root is not None else []
    while todo:
        supervisor = todo.pop()
        nodes.append(_node(supervisor))
        todo.extend(reversed(list(supervisor.children.values())))
    return tuple(nodes)


def _node(s: Supervisor) -> ExpandedWorker:
    return ExpandedWorker(
        path=s.path,
        type=s.declared.worker_type,
        control=s.desired.state if s.desired is not None else s.control,
        declared=s.declared.user_spec,
        spec=s.spec if s.spec is not None else s.declared.user_spec,
        config=s.desired.config if s.desired is not None else None,
        problem="; ".join(condition.reason for condition in (s.conditions or {}).values()),
        depth=s.depth,
    )
