"""What a core would come to: the same core, and a runtime that carries nothing out.

Whatever is asked to stop has stopped at once, whoever is to be recreated has its turn, and nothing
new is observed. A core that was used for this is good for nothing else.
"""

from __future__ import annotations

import msgspec

from fsmv2.core import Core, Declared, Release, Released, Supervisor
from fsmv2.core.handlers import TIMERS
from fsmv2.core.life.recreate import why as why_recreated
from fsmv2.core.policy import claims
from fsmv2.core.state.stop_kind import StopKind

ROUNDS = 10_000
"""Runs after which it is taken as it is: a type whose steps ask for a look at once, forever."""


class ForeseenWait(msgspec.Struct, frozen=True):
    """The worker at `path` has to let go of `claim` first, and `why` it is about to.

    `paused`: it is, and does not until it is resumed.
    """

    path: str
    claim: str
    why: str
    paused: bool = False


class ForeseenWorker(msgspec.Struct, frozen=True, kw_only=True):
    """A worker as it would be.

    `kept`: the instance that runs goes on; else `why` another takes its place, empty if there was
    none. `due`: it is to be recreated, and waits for the end of a pause. `derived`: it derived
    again. `causes`: why it was looked at, in the core's words. `waits_for`: whom it follows.
    """

    supervisor: Supervisor
    kept: bool
    due: bool = False
    derived: bool = False
    why: str = ""
    causes: tuple[str, ...] = ()
    waits_for: tuple[ForeseenWait, ...] = ()


class Foresight(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody who would be there by path, and of who would be gone the reason."""

    workers: dict[str, ForeseenWorker]
    gone: dict[str, str]


def foresee(core: Core, declared: Declared | None = None) -> Foresight:
    """What `core` comes to at its `now` when it is handed this declaration, or nothing."""
    then = {path: (s, s.incarnation, s.desired) for path, s in core.by_path.items()}
    reasons: dict[str, str] = {}
    before = core.tick_id
    if declared is not None:
        core.handle(declared, core.now)
    core.pace.lift()  # after it, as it may bring settings with another pace
    for s in core.by_path.values():
        if s.recreate_due:  # its turn would come at a later time, and none passes here
            core.set_timer(s, "recreate", core.now)
    waits: Waits = {}
    _carry_on(core, reasons, waits)
    workers = {}
    for path, s in core.by_path.items():
        old, incarnation, desired = then.get(path, (None, 0, None))
        kept = s is old and s.incarnation == incarnation
        due = kept and s.recreate_due
        workers[path] = ForeseenWorker(
            supervisor=s,
            kept=kept,
            due=due,
            derived=s.desired is not desired,
            why=why_recreated(core, s) if due else reasons.get(path, ""),
            causes=_causes(s, before),
            waits_for=tuple(waits.get(path, {}).values()),
        )
    gone = {path: reasons.get(path, "removed") for path in then if path not in workers}
    return Foresight(workers=workers, gone=gone)


Waits = dict[str, dict[tuple[str, str], ForeseenWait]]
"""By path, whom it waits for; each by path and claim."""


def _carry_on(core: Core, reasons: dict[str, str], waits: Waits) -> None:
    """Run until nothing is left to decide and nobody is asked to stop."""
    for _ in range(ROUNDS):
        core.run(core.now)
        for instruction in core.take():
            if isinstance(instruction, Release):
                core.handle(Released(instruction.path, instruction.incarnation), core.now)
        if not core.quiet(core.now):
            continue
        _note_waits(core, waits)
        tops = [s for s in core.by_path.values() if _is_top(s)]
        if not tops:
            return
        for top in tops:
            if core.by_path.get(top.path) is top and _is_top(top):
                # Of one that keeps its children only the top stops.
                stopping = ((s.path, s.stop) for s in top.subtree())
                reasons.update((path, stop.reason) for path, stop in stopping if stop is not None)
                TIMERS["stop"](core, top)  # as if its deadline were reached: it is released


def _note_waits(core: Core, waits: Waits) -> None:
    """Who waits for whom while all that is asked to stop is still there, as it would be."""
    for s in core.by_path.values():
        for found in claims.all_in_the_way(core, s):
            if found.settled:
                known = waits.setdefault(s.path, {})
                wait = ForeseenWait(found.path, found.claim, found.why, claims.is_paused(found))
                known.setdefault((found.path, found.claim), wait)


def _is_top(s: Supervisor) -> bool:
    return s.stop is not None and s.stop.kind.is_top and s.stop.kind is not StopKind.SHUTDOWN


def _causes(s: Supervisor, after: int) -> tuple[str, ...]:
    """Why it was ticked since, each cause once, without those that the look itself made."""
    found: dict[str, None] = {}
    for record in s.records:
        if record.id > after:
            found.update((str(c), None) for c in record.causes if c.kind in CAUSES)
    return tuple(found)


CAUSES = frozenset({"spec", "variables", "secret", "parent", "dependency", "sibling", "created"})
"""Causes that a change of the declaration leads to."""
