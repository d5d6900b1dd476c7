"""What must hold in a tree whatever happens to it: one class for each sentence."""

from __future__ import annotations

import math
from collections import deque
from typing import ClassVar

from fsmv2.core import (
    Cause,
    Core,
    Event,
    Instruction,
    Released,
    Report,
    RunAction,
    Supervisor,
    Watch,
)
from fsmv2.core.circuit import REPAIRED
from fsmv2.core.lifecycle import stop_blocker
from fsmv2.testing.cycles import cycle_in

SLACK = 3.0
"""Virtual seconds that an end may be late by: the clock leaves out stalls, but not all of them."""


class Violation(Exception):  # noqa: N818  (the word for it)
    """An invariant does not hold: `invariant` is its name, `sentence` what it demands."""

    def __init__(self, invariant: Invariant, found: str) -> None:
        super().__init__(f"{invariant.sentence}: {found}")
        self.invariant = type(invariant).__name__
        self.found = found


class Invariant:
    """One sentence, and the moments at which it may be found broken. A core begins a new one."""

    sentence: ClassVar[str]

    def __init__(self, core: Core) -> None:
        self.core = core

    def broken(self, found: str) -> Violation:
        """What to raise."""
        return Violation(self, found)

    def event(self, event: Event) -> None:
        """An event is about to be handled."""

    def marked(self, s: Supervisor, cause: Cause) -> None:
        """`s` is to be ticked."""

    def before_tick(self, s: Supervisor) -> None:
        """`s` is about to be ticked."""

    def after_tick(self, s: Supervisor) -> None:
        """`s` was ticked; it may have been released by it."""

    def asked(self, instruction: Instruction) -> None:
        """The core asks for this; all ticks of the slice are done."""

    def scan(self) -> None:
        """Nothing is under way; look at the whole tree."""


class OneIncarnation(Invariant):
    """Counts watched and not yet released incarnations."""

    sentence = "at most one live incarnation for each path"

    def __init__(self, core: Core) -> None:
        super().__init__(core)
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

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.ticks: dict[int, tuple[str, int, bool]] = {}

    def after_tick(self, s: Supervisor) -> None:
        wanted = s.desired is not None or s.control == s.definition.stop_state
        self.ticks[self.core.tick_id] = (s.path, s.incarnation, wanted)

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


class StopEnds(Invariant):
    """Every stop has a deadline, and holds it."""

    sentence = "a stopping worker stops"

    def scan(self) -> None:
        for s in self.core.by_path.values():
            if s.stop is not None and self.core.now > s.stop.deadline + SLACK:
                late = self.core.now - s.stop.deadline
                raise self.broken(f"{s.path} is {late:.0f} s late ({s.state}: {s.reason})")


class RestartsKeepPace(Invariant):
    """A repair waits for its backoff, a recreation for its turn; five attempts call a person."""

    sentence = "restarts keep within their budget and pace"

    def __init__(self, core: Core) -> None:
        super().__init__(core)
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
                    raise self.broken(f"{s.path}: {attempts.count} attempts, nobody was called")
                if attempts.retry_at > self.core.now + settings.backoff_cap:
                    raise self.broken(f"{s.path} waits longer than the longest backoff")


class SiblingsUntouched(Invariant):
    """Who is ticked has a cause, and no cause comes from a mere sibling."""

    sentence = "siblings of what is in trouble are not ticked"

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.counts: dict[Supervisor, int] = {s: s.tick_count for s in core.by_path.values()}

    def marked(self, s: Supervisor, cause: Cause) -> None:
        if cause.kind not in ("status", "observation") or not cause.detail.startswith("of "):
            return
        of = cause.detail.removeprefix("of ").partition(": ")[0]
        if of in ("the parent", s.path) or of in s.upstream:
            return
        other = self.core.by_path.get(of)
        related = other is None or other.parent is s or s.parent is other
        if not related and other is not None and s.path not in other.upstream:
            raise self.broken(f"{s.path} is ticked for a {cause.kind} of {of}")

    def before_tick(self, s: Supervisor) -> None:
        if not s.causes:
            raise self.broken(f"{s.path} is ticked without a cause")

    def after_tick(self, s: Supervisor) -> None:
        self.counts[s] = self.counts.get(s, s.tick_count - 1) + 1

    def scan(self) -> None:
        self.counts = {s: n for s, n in self.counts.items() if self.core.by_path.get(s.path) is s}
        for s, counted in self.counts.items():
            if s.tick_count != counted:
                raise self.broken(f"{s.path} counts {s.tick_count} ticks, it had {counted}")


class RepairIsNotWithheld(Invariant):
    """The one at fault, what is below it, and whoever stops, pass every open circuit."""

    sentence = "nothing that could close a circuit is withheld"

    def after_tick(self, s: Supervisor) -> None:
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


class CausesAreKept(Invariant):
    """Counts the marks of each worker and compares them with what its tick finds."""

    sentence = "all causes are kept"

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.marks: dict[Supervisor, int] = {}

    def marked(self, s: Supervisor, cause: Cause) -> None:
        self.marks[s] = self.marks.get(s, 0) + 1

    def before_tick(self, s: Supervisor) -> None:
        expected, found = self.marks.pop(s, 0), len(s.causes or ()) + s.more_causes
        if expected != found:
            raise self.broken(f"{s.path} was marked {expected} times and finds {found} causes")

    def scan(self) -> None:
        self.marks = {s: n for s, n in self.marks.items() if s.dirty}


class MemoryIsBounded(Invariant):
    """Compares everything that could grow with the tree there is."""

    sentence = "memory is bounded by the size of the tree"

    def scan(self) -> None:
        core = self.core
        tree = list(core.by_path.values())
        sizes = {
            "timers": (len(core._timers), 1024 + 4 * sum(len(s.timers) for s in tree)),
            "instructions": (len(core._instructions), 0),
            "fences": (sum(map(len, core.fences.values())), 20 + 4 * len(tree)),
            "dependents": (
                sum(map(len, core.dependents.values())),
                sum(len(s.upstream) for s in tree),
            ),
            "dirty marks": (sum(map(len, core._dirty)), 50 + 4 * len(tree)),
            "open circuits": (core.open_circuits, sum(s.withheld is not None for s in tree)),
            "records": (
                max((len(s.records) for s in tree), default=0),
                core.settings.records,
            ),
            "causes": (
                max((len(s.causes or ()) for s in tree), default=0),
                core.settings.causes_per_tick,
            ),
        }
        for name, (size, limit) in sizes.items():
            if size > limit:
                raise self.broken(f"{size} {name}, and the tree of {len(tree)} allows {limit}")


class NobodyWaitsInACircle(Invariant):
    """Looks for a circle in who waits for whom, to start and to stop."""

    sentence = "no wait cycle"

    def scan(self) -> None:
        core = self.core
        starts = {s.path: s.waits_for for s in core.by_path.values() if s.waits_for}
        stops = {}
        for s in core.by_path.values():
            if s.stop is not None and (blocker := stop_blocker(core, s)) is not None:
                stops[s.path] = (blocker.path,)
        for what, edges in (("to start", starts), ("to stop", stops)):
            cycle = cycle_in(edges)
            if cycle:
                raise self.broken(f"{what}, {' → '.join(cycle)}")


class NothingRaises(Invariant):
    """Told by the loop: what is raised in a callback or a task and handled by nobody."""

    sentence = "the engine itself raises nothing"


INVARIANTS: tuple[type[Invariant], ...] = (
    OneIncarnation,
    ActionsAreWanted,
    StopEnds,
    RestartsKeepPace,
    SiblingsUntouched,
    RepairIsNotWithheld,
    CausesAreKept,
    MemoryIsBounded,
    NobodyWaitsInACircle,
)
