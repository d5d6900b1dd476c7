"""A tree, what its workers meet, and the machine it runs on, which may crash and start again."""

from __future__ import annotations

import asyncio
import zlib
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

import msgspec

from fsmv2.core import (
    EngineSettings,
    Event,
    Instruction,
    LoopBlocked,
    LoopFreed,
    Observed,
    Released,
    Report,
    Supervisor,
    Watch,
)
from fsmv2.runtime.supervision import BEAT
from fsmv2.spec import ChildSpec
from fsmv2.testing.faults import Fault, FaultKind, FaultPlan
from fsmv2.testing.faulty_worker import ACTION_KINDS, COLLECTION_KINDS, Armed, make_faulty
from fsmv2.testing.invariants import NothingRaises, Violation
from fsmv2.testing.journal import VirtualJournal
from fsmv2.testing.simulation import Simulation
from fsmv2.testing.store import SimulatedStore
from fsmv2.testing.watching import Watching
from fsmv2.worker import Phase, WorkerFactory

ROUNDS = 0.02
"""Virtual seconds that an event may be under way: so what is ready at once comes in any order."""

LAST_REPORTS = 40

LEAST = 1e-6
"""Virtual seconds by which time moves at least; a machine's clock moves by itself."""


class SimulatedTree(msgspec.Struct, frozen=True):
    """What to simulate: `roots` are what may be declared; the first is what is wanted at the end.

    Worker types keep their world, what they look at and act on, outside: it outlives a crash.
    """

    roots: tuple[ChildSpec, ...]
    factory: WorkerFactory


class SimulatedWorld:
    """One run. `violation` is the first invariant found broken; from then on nothing happens."""

    def __init__(
        self,
        tree: SimulatedTree,
        plan: FaultPlan,
        *,
        seed: int,
        settings: EngineSettings,
        journal: VirtualJournal | None = None,
    ) -> None:
        self.tree, self.seed, self._journal = tree, seed, journal
        # A slice that ends by the machine's clock would make each run another one.
        self.settings = msgspec.structs.replace(settings, slice=1e9)
        self.store = SimulatedStore(delay=0.01)
        self.coverage: Counter[tuple[FaultKind, Phase]] = Counter()
        self.struck: Counter[FaultKind] = Counter()
        self.violation: Violation | None = None
        self.trace: list[str] = []
        self.last: deque[Report] = deque(maxlen=LAST_REPORTS)
        self.digest = self.ticks = self.crashes = 0
        self._coming = deque(plan.faults)
        self._waiting: list[Fault] = []
        self._declared, self._globals = tree.roots[0], tree.roots[0].user_spec.variables.global_
        self._over = self._crashed = self._looks_again = False
        self._cut_at: int | None = None
        self._boot(0.0)

    def __enter__(self) -> SimulatedWorld:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    # ---- the machine -------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """Virtual seconds since the first start, crashes and sleep included."""
        return self.sim.now

    def run_to(self, end: float) -> None:
        """Let time pass until `end`, with what was planned for it; stops at a violation."""
        while self.violation is None and self.now < end:
            self.sim.loop.run_until_complete(self._pass(end))
            if self._crashed:
                now = self.now
                self._end()
                self._boot(now)

    def end_faults(self) -> None:
        """From here nothing goes wrong any more, and the first root is what is wanted."""
        self._over = True
        self._coming.clear()
        self._waiting.clear()
        self._cut_at = None
        for armed in self._armed.values():
            armed.over = True
            armed.actions.clear()
            armed.collections.clear()
        self._declare(self.tree.roots[0], self.tree.roots[0].user_spec.variables.global_)

    def states(self) -> dict[str, str]:
        """Path → state."""
        return {path: s.state for path, s in self.sim.core.by_path.items()}

    def _boot(self, now: float) -> None:
        self._armed: dict[str, Armed] = {}
        self._arrived: dict[str, float] = {}
        self._sent: Counter[str] = Counter()
        self._held: list[Event | list[Instruction]] | None = None
        self._overtaken: dict[str, Event] = {}
        self._afterlife: dict[tuple[str, int], Event] = {}
        self._crashed = self._looks_again = False
        self._cut_at = None
        self.sim = sim = Simulation(
            self._declared,
            self.tree.factory,
            global_variables=self._globals,
            settings=self.settings,
            seed=self.seed,
            store=self.store,
            journal=self._journal,
        )
        sim.loop.virtual_time = now
        sim.supervision._beat = BEAT
        sim.work._post_unseen = self._arrive
        sim.supervision._deliver = self._deliver
        sim.supervision.listen(self.last.append)
        sim.loop.set_exception_handler(self._raised)
        self._interrupt = asyncio.Event()
        self.watching = Watching(sim.core, self.found, cut=self._cut)
        if self._coming:
            sim.loop.call_at(self._coming[0].at, self._inject_next)

    def _end(self) -> None:
        self._crashed = True  # nothing is posted, delivered or recorded any more
        self.sim.supervision.recorder = None
        for armed in self._armed.values():
            armed.over = True
        self.ticks += self.sim.core.counters.ticks
        self.digest = zlib.crc32(str(self.watching.digest).encode(), self.digest)
        self.sim.__exit__(None, None, None)

    async def _pass(self, end: float) -> None:
        sleep = asyncio.ensure_future(asyncio.sleep(max(0.0, end - self.now)))
        interrupt = asyncio.ensure_future(self._interrupt.wait())
        done, pending = await asyncio.wait((sleep, interrupt), return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*done, *pending, return_exceptions=True)

    def _raised(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not self._crashed:
            error = context.get("exception")
            self.found(NothingRaises(self.sim.core).broken(f"{context['message']}: {error!r}"))

    def found(self, violation: Violation) -> None:
        """Keep the first violation, and let nothing more happen."""
        if self.violation is None:
            self.violation = violation
            self.trace.append(f"at {self.now:.1f} s: {violation.invariant}: {violation}")
            self._interrupt.set()

    # ---- the cut -----------------------------------------------------------------------------

    def _cut(self, taken: list[Instruction]) -> list[Instruction]:
        if self._waiting and not self._looks_again:
            self._looks_again = True
            self.sim.loop.call_soon(self._inject_waiting)
        deadline = self.sim.core.deadline()
        if deadline is not None and 0 < deadline - self.sim.clock.now() < LEAST:
            # So near that the sum is rounded away: a virtual clock would never come to it.
            self.sim.loop.virtual_time += LEAST
        if self._crashed:
            return []
        if self._cut_at is None or not taken:
            return taken
        self._crash()
        return taken[: self._cut_at]

    def _crash(self) -> None:
        self.crashes += 1
        self._crashed = True
        self._interrupt.set()
        self.sim.supervision.recorder = None  # killed before it could write what this slice did

    def _deliver(self, instructions: list[Instruction]) -> None:
        if self._held is not None:
            self._held.append(instructions)
            return
        for one in instructions:
            if isinstance(one, Watch):
                armed = self._armed.setdefault(one.path, Armed(self._struck))
                armed.over = self._over
                make_faulty(one.worker, armed, one.definition.actions)
        self.sim.work.deliver(instructions)

    def _struck(self, fault: Fault) -> None:
        self.struck[fault.kind] += 1
        self.trace.append(f"at {self.now:.1f} s: #{fault.index} strikes")

    def _arrive(self, event: Event) -> None:
        """An event of the work loop is on its way; those of one path keep their order."""
        path = getattr(event, "path", "")
        self._sent[path] += 1
        drawn = zlib.crc32(f"{self.seed} {path} {self._sent[path]}".encode()) / 2**32
        now = self.sim.loop.time()
        due = max(now + drawn * ROUNDS, self._arrived.get(path, 0.0) + 1e-6)
        self._arrived[path] = due
        self.sim.loop.call_at(due, self._post, event)

    def _post(self, event: Event) -> None:
        if self._crashed:
            return
        if self._held is not None:
            self._held.append(event)
            return
        self.sim.post(event)
        if isinstance(event, Observed):
            older = self._overtaken.get(event.path)
            if older is not None and older is not event:
                self.sim.post(self._overtaken.pop(event.path))
            if (event.path, event.incarnation) in self._afterlife:
                self._afterlife[event.path, event.incarnation] = event
        elif isinstance(event, Released):
            late = self._afterlife.pop((event.path, event.incarnation), None)
            if late is not None:
                self.sim.post(late)

    def _declare(self, root: ChildSpec, global_variables: Mapping[str, object]) -> None:
        self._declared, self._globals = root, dict(global_variables)
        self.sim.declare(root, self._globals)

    # ---- faults ------------------------------------------------------------------------------

    def _inject_next(self) -> None:
        while self._coming and self._coming[0].at <= self.now and not self._crashed:
            self._waiting.append(self._coming.popleft())
            self._inject_waiting()
        if self._coming and not self._crashed:
            self.sim.loop.call_at(self._coming[0].at, self._inject_next)

    def _inject_waiting(self) -> None:
        """Have those befall whose phase somebody is in now; the others wait for one."""
        self._looks_again = False
        if self._crashed or self._over or not self._waiting:
            return
        by_phase: dict[Phase, list[Supervisor]] = {}
        for _, s in sorted(self.sim.core.by_path.items()):
            by_phase.setdefault(_phase(s), []).append(s)
        for fault in list(self._waiting):
            fitting = by_phase.get(fault.phase)
            if not fitting:
                continue
            s = fitting[int(fault.pick * len(fitting))]
            self._waiting.remove(fault)
            self.coverage[fault.kind, fault.phase] += 1
            self.trace.append(f"at {self.now:.1f} s: {fault} befalls {s.path} ({s.state})")
            self._befall(fault, s)
            break  # it may have changed who is in which phase

    def _befall(self, fault: Fault, s: Supervisor) -> None:
        sim, roots = self.sim, self.tree.roots
        if fault.kind in ACTION_KINDS | COLLECTION_KINDS:
            self._armed.setdefault(s.path, Armed(self._struck)).arm(fault)
            return
        self.struck[fault.kind] += 1
        match fault.kind:
            case FaultKind.OBSERVATION_OVERTAKEN:
                self._overtaken[s.path] = self._observation(s, at=s.observed_at or 0.0)
            case FaultKind.OBSERVATION_AFTER_REMOVAL:
                self._afterlife[s.path, s.incarnation] = self._observation(s, at=sim.core.now)
                sim.restart(s.path)
            case FaultKind.CRASH:
                self._cut_at = fault.number % 10
                sim.post(self._observation(s, at=sim.core.now))
            case FaultKind.CLOCK_JUMP:
                sim.core.epoch += 3600.0 * (1 if fault.number % 2 else -1)
            case FaultKind.SLEEP:
                sim.loop.virtual_time += fault.seconds * 4
            case FaultKind.STALL:
                self._stall(s.path, fault.seconds)
            case FaultKind.CONFIG:
                self._declare(roots[fault.number % len(roots)], {"simulated": fault.number})
            case FaultKind.BURST:
                for number in range(fault.number):
                    self._declare(roots[number % len(roots)], {"simulated": number})
                    sim.post(self._observation(s, at=sim.core.now))
                for path in sorted(sim.core.by_path)[: fault.number % 5]:
                    sim.restart(path)

    def _observation(self, s: Supervisor, *, at: float) -> Observed:
        """What was observed last, once more."""
        return Observed(s.path, s.incarnation, at, s.observed)

    def _stall(self, path: str, seconds: float) -> None:
        if self._held is None:
            self._held = []
            self.sim.post(LoopBlocked(path, "an action", "a simulated line", seconds))
            self.sim.loop.call_later(seconds, self._freed, seconds)

    def _freed(self, seconds: float) -> None:
        held, self._held = self._held or [], None
        self.sim.post(LoopFreed(seconds))
        for one in held:
            if isinstance(one, list):
                self._deliver(one)
            else:
                self._post(one)


def _phase(s: Supervisor) -> Phase:
    """As its state says; initial until it was observed first."""
    if s.observed_at is None and s.stop is None:
        return Phase.INITIAL
    return s.definition.states[s.state].phase
