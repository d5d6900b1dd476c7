"""Make the supervisor of a declared child, also when its worker cannot be made yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.core import breaker, pausing
from fsmv2.core.backoff import Attempts
from fsmv2.core.conditions import CREATED
from fsmv2.core.mapping import map_child
from fsmv2.core.null import NOT_CREATED
from fsmv2.core.records import Cause
from fsmv2.core.supervisor import Supervisor
from fsmv2.errors import FsmError, ReconcileError, SpecError
from fsmv2.spec import ChildSpec
from fsmv2.worker import RegisteredType, Worker

if TYPE_CHECKING:
    from fsmv2.core.machine import Core


def join(parent: str, name: str) -> str:
    """The path of a child: names joined by slashes, `%` and `/` inside a name percent-encoded."""
    return f"{parent}/{encode(name)}" if parent else encode(name)


def encode(name: str) -> str:
    """A name as one part of a path."""
    return name.replace("%", "%25").replace("/", "%2F")


class Made(msgspec.Struct, frozen=True):
    """A worker and its type, or the null type and the `problem` why there is no other."""

    registered: RegisteredType
    worker: Worker[Any, Any, Any]
    problem: str = ""


def make(core: Core, parent: Supervisor | None, spec: ChildSpec, path: str) -> Made:
    """The worker for a declared child; never raises."""
    try:
        registered = _type_of(core, parent, spec, path)
        return Made(registered, registered.make())
    except FsmError as error:
        problem = str(error)
    except ANY_RAISED as error:  # an author's constructor; H34
        problem = breaker.describe(f"the constructor of {spec.worker_type}", error)
    return Made(NOT_CREATED, NOT_CREATED.make(), problem)


def create(core: Core, parent: Supervisor | None, spec: ChildSpec) -> Supervisor:
    """A new supervisor for `spec`; if its worker cannot be made it stays visible and is retried."""
    path = join(parent.path if parent else "", spec.name)
    made = make(core, parent, spec, path)
    s = Supervisor(core, parent, spec, path, made.registered, made.worker)
    if core.durable is not None:
        s.created_at = core.durable.meet(path, s.created_at)
    # Of those released here before, some may not have ended: their results must not be taken for
    # its own (H55, H56). The runtime's `Released` follows everything else of an incarnation.
    s.incarnation = 1 + max(core.fences.get(path, ()), default=0)
    core.admit(s)
    core.counters.created += 1
    if parent is not None:
        parent.adopt(s)
    if made.problem:
        retry_later(core, s, made.problem)
    if core.durable is not None:
        paused = core.durable.pause_of(path)
        if paused is not None:
            pausing.keep(core, s, paused)
    map_child(core, s)
    core.mark(s, Cause("created", "", core.tick_id))
    for dependent in core.dependents.get(path, {}).values():
        core.mark(dependent, Cause("dependency", f"{path} appeared", core.tick_id))
    return s


def retry_create(core: Core, s: Supervisor) -> None:
    """Try again to make a worker that could not be made (H44)."""
    if s.stop is not None:
        return
    made = make(core, s.parent, s.declared, s.path)
    if made.problem:
        retry_later(core, s, made.problem)
        return
    s.timers.clear()
    s.begin(made.registered, made.worker)
    core.report("created", s, "could be created after all")
    map_child(core, s)
    core.mark(s, Cause("created", "after a failure", core.tick_id))


def _type_of(core: Core, parent: Supervisor | None, spec: ChildSpec, path: str) -> RegisteredType:
    registered = core.type_named(spec.worker_type)
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
    limit = core.settings.depth_limit
    if parent is not None and parent.depth + 1 >= limit:
        raise ReconcileError(f"the tree is deeper than {limit} levels.", path=path)
    return registered


def retry_later(core: Core, s: Supervisor, problem: str) -> None:
    """Note why its worker could not be made, and when that is tried again (H44)."""
    if s.attempts is None:
        s.attempts = Attempts()
    due = s.attempts.fail(core.now, s.backoff)
    core.set_condition(s, CREATED, problem)
    s.reason = problem
    core.set_timer(s, "create", due)
