"""A tree, what its workers meet, and the machine it runs on, which may crash and start again."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Mapping
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
    Supervisor,
    Watch,
)
from fsmv2.model import ChildSpec, Vault
from fsmv2.runtime.supervision import BEAT
from fsmv2.testing.fault_injector import FaultInjector
from fsmv2.testing.faults import FaultKind, FaultPlan, PlannedFault
from fsmv2.testing.faulty_worker import Meeting, make_faulty
from fsmv2.testing.invariant import Violation
from fsmv2.testing.invariant_monitor import InvariantMonitor
from fsmv2.testing.simulated_store import SimulatedStore
from fsmv2.testing.simulation import Simulation
from fsmv2.testing.surroundings import Surroundings
from fsmv2.testing.virtual_journal import VirtualJournal
from fsmv2.testing.worker_invariants import NothingRaises
from fsmv2.worker import WorkerFactory

ROUNDS, ROUND = 8, 0.002
"""Rounds of so many virtual seconds that an event may be under way: so what is ready at once comes
in any order, and some of it together."""

LAST_REPORTS = 40

LEAST = 1e-6
"""Virtual seconds by which time moves at least; a machine's clock moves by itself."""


class SimulatedTree(msgspec.Struct, frozen=True):
    """What to simulate: `roots` are what may be declared; the first is what is wanted at the end.

    Worker types keep what they look at and act on outside, in `surroundings` or anywhere else: it
    outlives a crash. `settings` are the tree's own.
    """

    roots: tuple[ChildSpec, ...]
    factory: WorkerFactory
    """The worker types of the roots."""
    surroundings: Surroundings = Surroundings()
    settings: EngineSettings | None = None
    secrets: Vault | None = None
    """Secrets that templates use; None: there are none."""


class SimulatedWorld:
    """One run. `violation` is the first invariant found broken; from then on nothing happens."""

    def __init__(
        self,
        tree: SimulatedTree,
        plan: FaultPlan,
        *,
        seed: int,
        settings: EngineSettings,
        store: SimulatedStore | None = None,
        journal: VirtualJournal | None = None,
    ) -> None:
        self.tree, self.seed, self._journal = tree, seed, journal
        # A slice that ends by the machine's clock would make each run another one.
        self.settings = msgspec.structs.replace(settings, slice=1e9)
        self.store = store or SimulatedStore(delay=0.01)
        self.injector = FaultInjector(plan, self)
        self.violation: Violation | None = None
        self.digest = self.ticks = self.crashes = 0
        self._declared, self._globals = tree.roots[0], tree.roots[0].user_spec.variables.global_
        self._crashed = False
        self._cut_at: float | None = None
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
                self.tree.surroundings.crashed()
                self._boot(now)

    def end_faults(self) -> None:
        """From here nothing goes wrong any more, and the first root is what is wanted."""
        self.injector.stop()
        self._cut_at = None
        self._meeting.over.set()
        self._meeting.silent_until.clear()
        self.tree.surroundings.calm()
        self._declare(self.tree.roots[0], self.tree.roots[0].user_spec.variables.global_)

    def _boot(self, now: float) -> None:
        self._meeting = Meeting(self.injector.next_for)
        self.injector.restarted()
        self._arriving: dict[float, list[Event]] = {}
        self._arrived: dict[str, float] = {}
        self._sent = 0
        self._held: list[Event | list[Instruction]] | None = None
        self._overtaken: dict[str, Event] = {}
        self._afterlife: dict[tuple[str, int], Event] = {}
        self._crashed = False
        self._cut_at = None
        self.sim = sim = Simulation(
            self._declared,
            self.tree.factory,
            global_variables=self._globals,
            settings=self.settings,
            seed=self.seed,
            store=self.store,
            secrets=self.tree.secrets,
            journal=self._journal,
            reports_kept=LAST_REPORTS,
        )
        sim.loop.virtual_time = now
        sim.supervision._beat = BEAT
        sim.dispatcher._post_unseen = self._arrive
        sim.supervision._deliver = self._deliver
        sim.loop.set_exception_handler(self._raised)
        self._interrupt = asyncio.Event()
        self.monitor = InvariantMonitor(
            sim.core, self.found, cut=self._cut, ticked=self.injector.ticked, store=self.store
        )
        self._plan_next()

    def _end(self) -> None:
        self._crashed = True  # nothing is posted, delivered or recorded any more
        self.sim.supervision.recorder = None
        self._meeting.over.set()
        self.ticks += self.sim.core.counters.ticks
        self.digest = zlib.crc32(str(self.monitor.digest).encode(), self.digest)
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
            self.injector.trace.append(f"at {self.now:.1f} s: {violation.invariant}: {violation}")
            self._interrupt.set()

    # ---- the cut -----------------------------------------------------------------------------

    def _cut(self, taken: list[Instruction]) -> list[Instruction]:
        deadline = self.sim.core.deadline()
        if deadline is not None and 0 < deadline - self.sim.clock.now() < LEAST:
            # So near that the sum is rounded away: a virtual clock would never come to it.
            self.sim.loop.virtual_time += LEAST
        if self._crashed:
            return []
        if self._cut_at is None or not taken:
            return taken
        self.crashes += 1
        self._crashed = self.monitor.over = True
        self._interrupt.set()
        self.sim.supervision.recorder = None  # killed before it could write what this slice did
        return taken[: int(self._cut_at * (len(taken) + 1))]

    def _deliver(self, instructions: list[Instruction]) -> None:
        if self._held is not None:
            self._held.append(instructions)
            return
        for one in instructions:
            if isinstance(one, Watch):
                make_faulty(one.worker, one.path, self._meeting, one.definition.actions)
        self.sim.dispatcher.deliver(instructions)

    def _arrive(self, event: Event) -> None:
        """An event of the work loop is on its way; those of one path keep their order."""
        path = getattr(event, "path", "")
        self._sent += 1
        drawn = zlib.crc32(b"%d %d" % (self.seed, self._sent)) % ROUNDS
        now = self.sim.loop.time()
        due = max((now // ROUND + 1 + drawn) * ROUND, self._arrived.get(path, 0.0))
        self._arrived[path] = due
        if due in self._arriving:
            self._arriving[due].append(event)
        else:
            self._arriving[due] = [event]
            self.sim.loop.call_at(due, self._come_in, due)

    def _come_in(self, due: float) -> None:
        for event in self._arriving.pop(due):
            self._post(event)

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

    def _declare_one(self, number: int) -> None:
        root = self.tree.roots[number % len(self.tree.roots)]
        self._declare(root, {**root.user_spec.variables.global_, "simulated": number})

    # ---- faults ------------------------------------------------------------------------------

    def supervisor(self, path: str) -> Supervisor | None:
        """The worker at `path` now."""
        return self.sim.core.by_path.get(path)

    def supervisors(self) -> list[Supervisor]:
        """All workers, by path."""
        return [s for _, s in sorted(self.sim.core.by_path.items())]

    def soon(self, call: Callable[[], None]) -> None:
        """Call it as soon as what is being decided now has been passed on."""

        def unless_crashed(sim: Simulation = self.sim) -> None:
            if not self._crashed and sim is self.sim:
                call()

        self.sim.loop.call_soon(unless_crashed)

    def _plan_next(self) -> None:
        due = self.injector.next_at
        if due is not None:
            self.sim.loop.call_at(due, self._next)

    def _next(self) -> None:
        if not self._crashed:
            self.injector.come()
            self._plan_next()

    def inject(self, fault: PlannedFault, s: Supervisor) -> bool:
        """Let it happen to the program, the machine, or the worker."""
        sim = self.sim
        match fault.kind:
            case FaultKind.OBSERVATION_OVERTAKEN:
                if s.observed_at is None and s.watched_at is None:
                    return False  # nothing of it could be under way
                self._overtaken[s.path] = self._observation(s, at=s.observed_at or 0.0)
            case FaultKind.OBSERVATION_AFTER_REMOVAL:
                self._afterlife[s.path, s.incarnation] = self._observation(s, at=sim.core.now)
                sim.restart(s.path)
            case FaultKind.CRASH:
                if not sim.core._instructions:
                    return False  # in the midst of a decision that asks for something, or not yet
                self._cut_at = fault.pick * 97 % 1
            case FaultKind.CLOCK_JUMP:
                sim.supervision.clock_set_by += 3600.0 * (1 if fault.number % 2 else -1)
            case FaultKind.SLEEP:
                sim.loop.virtual_time += fault.seconds * 4
            case FaultKind.STALL:
                self._stall(s.path, fault.seconds)
            case FaultKind.CONFIG:
                self._declare_one(fault.number)
            case FaultKind.BURST:
                for number in range(fault.number):
                    self._declare_one(number)
                    sim.post(self._observation(s, at=sim.core.now))
                for path in sorted(sim.core.by_path)[: fault.number % 5]:
                    sim.restart(path)
            case FaultKind.SURROUNDINGS:
                return bool(
                    self.tree.surroundings.trouble(
                        s.path, now=self.now, seconds=fault.seconds * 4, number=fault.number
                    )
                )
        return True

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
