"""Make the supervisor of a declared child, also when its worker cannot be made yet."""

from __future__ import annotations

from typing import Any

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.core.policy import author_errors, ordering, overrides
from fsmv2.core.policy.attempts import count_failure
from fsmv2.core.policy.mapping import map_child
from fsmv2.core.state.conditions import CREATED
from fsmv2.core.state.not_created import NOT_CREATED
from fsmv2.core.state.paths import join
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.errors import FsmError, ReconcileError, SpecError
from fsmv2.model import ChildSpec
from fsmv2.worker import RegisteredType, Worker


class Made(msgspec.Struct, frozen=True):
    """A worker and its type, or the null type and the `problem` why there is no other."""

    registered: RegisteredType
    worker: Worker[Any, Any, Any]
    problem: str = ""


def make(tree: Tree, parent: Supervisor | None, spec: ChildSpec, path: str) -> Made:
    """The worker for a declared child; never raises."""
    try:
        registered = _type_of(tree, parent, spec, path)
        return Made(registered, registered.make())
    except FsmError as error:
        problem = str(error)
    except ANY_RAISED as error:  # an author's constructor; H34
        problem = author_errors.describe(f"the constructor of {spec.worker_type}", error)
    return Made(NOT_CREATED, NOT_CREATED.make(), problem)


def create(tree: Tree, parent: Supervisor | None, spec: ChildSpec, *, after: int = 0) -> Supervisor:
    """A new supervisor for `spec`; if its worker cannot be made it stays visible and is retried.

    `after`: the incarnation whose place it takes.
    """
    path = join(parent.path if parent else "", spec.name)
    made = make(tree, parent, spec, path)
    s = Supervisor(tree, parent, spec, path, made.registered, made.worker)
    if tree.store is not None:
        s.created_at = tree.store.register(path, s.created_at)
    # Of those released here before, some may not have ended: their results must not be taken for
    # its own (H55, H56). The runtime's `Released` follows everything else of an incarnation.
    s.incarnation = 1 + max(after, *tree.fences.get(path, ()), 0)
    tree.admit(s)
    ordering.relink(tree, s)
    tree.counters.created += 1
    if parent is not None:
        parent.adopt(s)
    if made.problem:
        retry_later(tree, s, made.problem)
    overrides.adopt(tree, s)
    map_child(tree, s)
    tree.mark(s, Cause("created", "", tree.deciding))
    for dependent in tree.dependents.get(path, {}).values():
        tree.mark(dependent, Cause("dependency", f"{path} appeared", tree.deciding))
    return s


def retry_create(tree: Tree, s: Supervisor) -> None:
    """Try again to make a worker that could not be made (H44)."""
    if s.stop is not None:
        return
    made = make(tree, s.parent, s.declared, s.path)
    if made.problem:
        retry_later(tree, s, made.problem)
        return
    s.clear_timers()
    s.begin(made.registered, made.worker)
    tree.report("created", s, "could be created after all")
    map_child(tree, s)
    tree.mark(s, Cause("created", "after a failure", tree.deciding))


def _type_of(tree: Tree, parent: Supervisor | None, spec: ChildSpec, path: str) -> RegisteredType:
    registered = tree.type_named(spec.worker_type)
    wanted = registered.definition.spec_type
    if not isinstance(spec.user_spec, wanted):
        raise SpecError(
            f"the type {spec.worker_type} takes a {wanted.__name__}, "
            f"but was given a {type(spec.user_spec).__name__}.",
            path=path,
        )
    above, chain = parent, [spec.name]
    while above is not None:
        chain.append(above.name)
        same_type = above.declared.worker_type == spec.worker_type
        if same_type and above.declared.user_spec == spec.user_spec:
            raise ReconcileError(  # H47
                "it would nest in itself: "
                + " → ".join(reversed(chain))
                + " have one type and spec.",
                path=path,
            )
        above = above.parent
    limit = tree.settings.depth_limit
    if parent is not None and parent.depth + 1 >= limit:
        raise ReconcileError(f"the tree is deeper than {limit} levels.", path=path)
    return registered


def retry_later(tree: Tree, s: Supervisor, problem: str) -> None:
    """Note why its worker could not be made, and when that is retried (H44)."""
    due = count_failure(tree, s)
    tree.set_condition(s, CREATED, problem)
    s.reason = problem
    tree.set_timer(s, "create", due)
