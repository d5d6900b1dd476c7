"""The `@check` decorator and its answers: how a parent type tells which infrastructure is at fault.

A check compares what several workers say, which no worker can do alone: "the broker is active but
the flow has no connection to it". The core runs the checks of a parent whenever a child or a
dependency of it changed, and opens the parent's circuit on a confirmed fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from fsmv2.model import ObservedState
from fsmv2.worker.decorator import (
    CHECK_MARK,
    calling_line,
    check_method,
    own_errors,
    refuse,
    seconds,
)
from fsmv2.worker.snapshot import ChildStatus


class Healthy(msgspec.Struct, frozen=True, gc=False):
    """The infrastructure is consistent."""


class Unknown(msgspec.Struct, frozen=True, gc=False):
    """The check cannot tell now: neither opens nor closes a circuit, and confirms no fault."""

    reason: str
    again_in: float | None = None


class Fault(msgspec.Struct, frozen=True, gc=False):
    """`at_fault` is to be restarted; meanwhile `affected` (None: its siblings) start nothing."""

    at_fault: str
    reason: str
    affected: frozenset[str] | None = None


CheckResult = Healthy | Unknown | Fault
"""What a check answers: made by `healthy()`, `unknown(...)` or `fault(...)`."""
C = TypeVar("C", bound=Callable[[Any, "CheckView"], CheckResult])


def healthy() -> Healthy:
    """The infrastructure is consistent; closes this check's circuit."""
    return Healthy()


def unknown(reason: str, *, again_in: float | None = None) -> Unknown:
    """The check cannot tell, because of `reason`.

    `again_in`: ask once more after so many seconds, also if nothing changes until then, such as
    when an observation is older than what it would have to explain.
    """
    return Unknown(reason, again_in)


def fault(at_fault: str, reason: str, *, affected: Iterable[str] | None = None) -> Fault:
    """The child named `at_fault` is the cause; `affected` defaults to all its siblings.

    It may be the path of a worker in `depends_on`, too, which is not for this parent to restart.
    """
    return Fault(at_fault, reason, None if affected is None else frozenset(affected))


class Subject(msgspec.Struct, frozen=True):
    """A worker as a check sees it: its status and its last observation."""

    status: ChildStatus
    observed: ObservedState | None
    observed_at: float | None


class CheckView:
    """What a check may read; it notes what was read, because every reading must be recent enough.

    The engine answers *unknown* in the check's place unless each observation that was read began
    after the last restart or action of its worker.
    """

    __slots__ = ("_children", "_dependencies", "now", "read")

    def __init__(
        self, now: float, children: Mapping[str, Subject], dependencies: Mapping[str, Subject]
    ) -> None:
        """`now`: the time of the check. `children` by name, `dependencies` by path."""
        self.now = now
        self.read: list[Subject] = []
        self._children = children
        self._dependencies = dependencies

    def child(self, name: str) -> Subject | None:
        """The child of this name, or None while it does not exist."""
        return self._note(self._children.get(name))

    def dependency(self, path: str) -> Subject | None:
        """The worker at `path`, one of the paths in `depends_on`, or None."""
        return self._note(self._dependencies.get(path))

    @property
    def dependencies(self) -> tuple[str, ...]:
        """The paths this worker depends on."""
        return tuple(self._dependencies)

    def _note(self, subject: Subject | None) -> Subject | None:
        if subject is not None:
            self.read.append(subject)
        return subject


class CheckDefinition(msgspec.Struct, frozen=True):
    """One declared check. A fault counts when confirmed at least `interval` seconds later."""

    name: str
    interval: float


@own_errors("@check(interval=5.0)")
def check(*, interval: float = 5.0) -> Callable[[C], C]:
    """Mark a method as an infrastructure check: `def name(self, view: CheckView) -> CheckResult`.

    It must be pure. A fault opens the circuit when it is seen twice in a row, at least `interval`
    seconds apart (default: the usual observation interval). DefinitionError: the interval or the
    method is not what a check needs.
    """
    refuse(seconds("interval", interval, zero=True), calling_line())

    def mark(method: C) -> C:
        check_method(CHECK_MARK, method)
        setattr(method, CHECK_MARK, CheckDefinition(method.__name__, interval))
        return method

    return mark
