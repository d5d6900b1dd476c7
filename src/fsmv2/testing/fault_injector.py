"""Injects each planned fault into a worker that is in its phase, as soon as there is one."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Protocol

from fsmv2.core import Supervisor
from fsmv2.testing.faults import ACTION_KINDS, COLLECTION_KINDS, FaultKind, FaultPlan, PlannedFault
from fsmv2.worker import Phase

LAST_LINES = 2_000
"""Lines of the trace that are kept; what led to a failure is at its end."""


class FaultTarget(Protocol):
    """The run that faults are injected into."""

    @property
    def now(self) -> float:
        """Virtual seconds since the first start."""
        ...

    def supervisor(self, path: str) -> Supervisor | None:
        """The worker at `path` now."""
        ...

    def supervisors(self) -> list[Supervisor]:
        """All workers, in an order that does not depend on the machine."""
        ...

    def inject(self, fault: PlannedFault, s: Supervisor) -> bool:
        """Let it happen; False if it cannot, now or to this one."""
        ...

    def soon(self, call: Callable[[], None]) -> None:
        """Call it as soon as what is being decided now has been passed on."""
        ...


def phase_of(s: Supervisor) -> Phase:
    """As its state says; initial until it was observed first."""
    if s.observed_at is None and s.stop is None:
        return Phase.INITIAL
    return s.definition.states[s.state].phase


class FaultInjector:
    """The faults of one plan: those to come, those that wait for their phase, and what they hit."""

    def __init__(self, plan: FaultPlan, run: FaultTarget) -> None:
        self._run = run
        self._coming = deque(plan.faults)
        self._waiting: dict[Phase, deque[PlannedFault]] = {phase: deque() for phase in Phase}
        self._calls: dict[tuple[frozenset[FaultKind], Phase], deque[PlannedFault]] = {
            (kinds, phase): deque() for kinds in (ACTION_KINDS, COLLECTION_KINDS) for phase in Phase
        }
        self._again: dict[tuple[frozenset[FaultKind], str], deque[PlannedFault]] = {}
        self.hits: Counter[tuple[FaultKind, Phase]] = Counter()
        self.trace: deque[str] = deque(maxlen=LAST_LINES)

    # ---- planned -----------------------------------------------------------------------------

    @property
    def next_at(self) -> float | None:
        """When the next fault is planned, in virtual seconds; None: no more comes."""
        return self._coming[0].at if self._coming else None

    def come(self) -> None:
        """Take what is due now: it is injected, or waits until a worker is in its phase."""
        while self._coming and self._coming[0].at <= self._run.now:
            fault = self._coming.popleft()
            for kinds in (ACTION_KINDS, COLLECTION_KINDS):
                if fault.kind in kinds:
                    self._calls[kinds, fault.phase].append(fault)
                    break
            else:
                self._waiting[fault.phase].append(fault)
                self._look()

    def stop(self) -> None:
        """No fault comes any more, and none that waits will be injected."""
        self._coming.clear()
        for queue in (*self._waiting.values(), *self._calls.values()):
            queue.clear()
        self._again.clear()

    def restarted(self) -> None:
        """The program was restarted: no call of before goes on."""
        self._again.clear()

    # ---- who is in which phase ---------------------------------------------------------------

    def ticked(self, s: Supervisor) -> None:
        """`s` was decided on, so it may be in another phase now."""
        queue = self._waiting[phase_of(s)]
        if not queue:
            return
        if queue[0].kind is FaultKind.CRASH:
            # In the midst of what it has just decided, not after that was carried out.
            self._inject(s)
        else:
            self._run.soon(lambda: self._still(s))

    def _still(self, s: Supervisor) -> None:
        if self._run.supervisor(s.path) is s:
            self._inject(s)

    def _look(self) -> None:
        by_phase: dict[Phase, list[Supervisor]] = {}
        for s in self._run.supervisors():
            by_phase.setdefault(phase_of(s), []).append(s)
        for phase, found in by_phase.items():
            queue = self._waiting[phase]
            if queue:
                self._inject(found[int(queue[0].pick * len(found))])

    def _inject(self, s: Supervisor) -> None:
        phase = phase_of(s)
        queue = self._waiting[phase]
        if not queue:
            return
        fault = queue.popleft()
        if self._run.inject(fault, s):
            self._hit(fault, phase, s.path)
        else:
            queue.append(fault)

    # ---- the calls of workers ----------------------------------------------------------------

    def next_for(self, path: str, kinds: frozenset[FaultKind]) -> PlannedFault | None:
        """The fault that the action or collection of `path` meets that begins now."""
        again = self._again.get((kinds, path))
        if again:
            fault = again.popleft()
            if not again:
                del self._again[kinds, path]
            return fault
        s = self._run.supervisor(path)
        if s is None:
            return None
        phase = phase_of(s)
        queue = self._calls[kinds, phase]
        if not queue:
            return None
        fault = queue.popleft()
        self._hit(fault, phase, path)
        more = fault.number % 3
        if more:
            self._again[kinds, path] = deque([fault] * more)
        return fault

    def _hit(self, fault: PlannedFault, phase: Phase, path: str) -> None:
        self.hits[fault.kind, phase] += 1
        self.trace.append(f"at {self._run.now:.1f} s: {fault} hits {path}")
