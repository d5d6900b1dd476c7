"""What must hold of each worker whatever happens to the tree: one class for each sentence."""

from __future__ import annotations

import math
from collections import deque

from fsmv2.core import (
    Core,
    DeleteStored,
    Event,
    Instruction,
    Released,
    Report,
    RunAction,
    Save,
    Supervisor,
    Watch,
)
from fsmv2.core.phases.circuit import REPAIRED
from fsmv2.model import to_json
from fsmv2.store import Store
from fsmv2.testing.invariant import SLACK, Invariant
from fsmv2.testing.tree_invariants import (
    CausesAreKept,
    MemoryIsBounded,
    NobodyWaitsInACircle,
    SiblingsUntouched,
)


class OneIncarnation(Invariant):
    """Counts watched and not yet released incarnations."""

    sentence = "at most one live incarnation for each path"

    def __init__(self, core: Core, store: Store | None = None) -> None:
        super().__init__(core, store)
        self.live: dict[str, set[int]] = {}

    def asked(self, instruction: Instruction) -> None:
        if isinstance(instruction, Watch):
            live = self.live.setdefault(instruction.path, set())
            live.add(instruction.incarnation)
            if len(live) > 1 and not instruction.definition.overlap_safe:
                raise self.broken(f"{instruction.path} lives as {sorted(live)}")

    def event(self, event: Event) -> None:
        if isinstance(event, Released):
            live = self.live.get(event.path, set())
            live.discard(event.incarnation)
            if not live:
                self.live.pop(event.path, None)


class ActionsAreWanted(Invariant):
    """Every action names the tick that asked for it; that tick had a desired state."""

    sentence = "no action without the desired state that caused it"

    def __init__(self, core: Core, store: Store | None = None) -> None:
        super().__init__(core, store)
        self.ticks: dict[int, tuple[str, int, bool]] = {}
        self.incarnation = 0

    def before_tick(self, s: Supervisor) -> None:
        self.incarnation = s.incarnation  # the tick may begin another one

    def after_tick(self, s: Supervisor) -> None:
        wanted = s.desired is not None or s.control == s.definition.stop_state
        self.ticks[self.core.tick_id] = (s.path, self.incarnation, wanted)

    def asked(self, instruction: Instruction) -> None:
        if not isinstance(instruction, RunAction):
            return
        name = f"{instruction.action.name} of {instruction.path}"
        path, incarnation, wanted = self.ticks.get(instruction.tick, ("", 0, False))
        if (path, incarnation) != (instruction.path, instruction.incarnation):
            raise self.broken(f"{name} names a tick that did not ask for it")
        if not wanted:
            raise self.broken(f"{name} runs, and nothing is desired")

    def scan(self) -> None:
        self.ticks.clear()  # whatever they asked for has been taken


class DesiredIsStored(Invariant):
    """Looks into the store itself whenever an action is to run that starts something."""

    sentence = "no action before the desired state that caused it is stored"

    def __init__(self, core: Core, store: Store | None = None) -> None:
        super().__init__(core, store)
        self.wanted: dict[str, tuple[bytes, bytes]] = {}

    def asked(self, instruction: Instruction) -> None:
        if isinstance(instruction, Save):
            self.wanted[instruction.path] = _as_stored(instruction)
        elif isinstance(instruction, DeleteStored):
            self.wanted.pop(instruction.path, None)
        elif isinstance(instruction, RunAction):
            path, durable = instruction.path, self.core.store
            s = self.core.by_path.get(path)
            running = s.action if s is not None else None
            if running is None or running.id != instruction.action_id or running.urgent:
                return  # it stops or holds something, which waits for no store
            if self.store is None or durable is None or durable.failing:
                return
            stored = self.store.read(path)
            desired = None if stored is None else stored.desired
            found = None if desired is None else (desired.declared, desired.desired)
            if path in self.wanted and found != self.wanted[path]:
                raise self.broken(f"{instruction.action.name} of {path} runs before that")


def _as_stored(save: Save) -> tuple[bytes, bytes]:
    return to_json(save.declared), to_json(save.desired)


class StopEnds(Invariant):
    """Every stop has a deadline and holds it, and nobody puts it off forever."""

    sentence = "a stopping worker stops"

    def __init__(self, core: Core, store: Store | None = None) -> None:
        super().__init__(core, store)
        self.since: dict[Supervisor, tuple[int, float]] = {}

    def scan(self) -> None:
        now, before, self.since = self.core.now, self.since, {}
        for s in self.core.by_path.values():
            if s.stop is None:
                continue
            if now > s.stop.deadline + SLACK:
                late = now - s.stop.deadline
                raise self.broken(f"{s.path} is {late:.0f} s late ({s.state}: {s.reason})")
            incarnation, since = before.get(s, (s.incarnation, now))
            since = since if incarnation == s.incarnation else now
            self.since[s] = (s.incarnation, since)
            # Its own, and then that of a parent that began to stop at its very end.
            if now - since > 2 * self.core.settings.stop_deadline + SLACK:
                raise self.broken(f"{s.path} has been stopping for {now - since:.0f} s")


class RestartsKeepPace(Invariant):
    """A repair waits for its backoff, a recreation for its turn; five attempts escalate."""

    sentence = "restarts keep within their budget and pace"

    def __init__(self, core: Core, store: Store | None = None) -> None:
        super().__init__(core, store)
        self.recreated: deque[float] = deque()
        self.due: dict[str, float] = {}

    def asked(self, instruction: Instruction) -> None:
        if not isinstance(instruction, Report) or instruction.kind not in ("stop", "repair"):
            return
        settings, path = self.core.settings, instruction.path
        s = self.core.by_path.get(path)
        if instruction.kind == "repair" and s is not None:
            self.due[path] = s.timers.get("repair", 0.0)
        if instruction.text == REPAIRED and s is not None:
            early = self.due.pop(path, math.inf) - instruction.at
            if early > 1e-6:
                raise self.broken(f"{path} is repaired {early:.1f} s before its backoff is over")
        if instruction.text == "its spec or rendered config changed":
            self.recreated.append(instruction.at)
            while self.recreated[0] <= instruction.at - 1.0:
                self.recreated.popleft()
            if len(self.recreated) > 2 * settings.restarts_per_second:
                raise self.broken(f"{len(self.recreated)} recreations within a second")

    def scan(self) -> None:
        settings = self.core.settings
        if len(self.core.pace.under_way) > settings.restarts_at_once:
            raise self.broken(f"{len(self.core.pace.under_way)} recreations at once")
        for s in self.core.by_path.values():
            attempts = s.attempts
            if attempts is not None and attempts.count >= settings.escalate_at:
                if not attempts.escalated:
                    raise self.broken(f"{s.path}: {attempts.count} attempts, no operator was paged")
                if attempts.retry_at > self.core.now + s.backoff.cap:
                    raise self.broken(f"{s.path} waits longer than the longest backoff")


class RepairIsNotWithheld(Invariant):
    """The one at fault, what is below it, and whoever stops, pass every open circuit."""

    sentence = "nothing that could close a circuit is withheld"

    def after_tick(self, s: Supervisor) -> None:
        if s.derive_due and not s.dirty:
            raise self.broken(f"{s.path} has something to derive, and does not")
        if s.children_due and not s.dirty and s.stop is None and s.desired is not None:
            raise self.broken(f"{s.path} has children to reconcile, and does not")
        if not s.gate.startswith("the circuit of "):
            return
        if s.control == s.definition.stop_state:
            raise self.broken(f"{s.path} is to stop, and is withheld: {s.gate}")
        below, above = s, s.parent
        while above is not None:
            if above.withheld is not None and below.name in above.withheld:
                self._compare(above, below.name)
            below, above = above, above.parent

    def scan(self) -> None:
        for s in self.core.by_path.values():
            for name in s.withheld or ():
                self._compare(s, name)

    def _compare(self, parent: Supervisor, withheld: str) -> None:
        for check in (parent.checks or {}).values():
            if check.open and check.fault is not None and check.fault.at_fault == withheld:
                raise self.broken(f"{parent.path} withholds {withheld}, which is at fault")


class NothingIsHealed(Invariant):
    """A look that only the slow round asked for finds nothing to do, or a wake-up was lost."""

    sentence = "no wake-up is lost"

    def after_tick(self, s: Supervisor) -> None:
        if self.core.counters.healed:
            did = ", ".join(s.records[-1].decisions) if s.records else ""
            raise self.broken(
                f"{s.path} had something to do ({did}) and nothing had woken it. A step that waits "
                "for time has to say so: stay(..., wake_after=...)"
            )


class NothingRaises(Invariant):
    """Told by the loop: what is raised in a callback or a task and handled by nobody."""

    sentence = "the engine itself raises nothing"


INVARIANTS: tuple[type[Invariant], ...] = (
    OneIncarnation,
    ActionsAreWanted,
    DesiredIsStored,
    NothingIsHealed,
    StopEnds,
    RestartsKeepPace,
    SiblingsUntouched,
    RepairIsNotWithheld,
    CausesAreKept,
    MemoryIsBounded,
    NobodyWaitsInACircle,
)
