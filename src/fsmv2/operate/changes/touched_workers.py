"""Whether a worker that an apply touches has become what it should be, or is no worse than before.

Read in the core, between two of its slices. What was foretold of a worker is not believed here: a
change travels from the root down, one level a tick, so a worker has been reached when nobody from
it up to the root has anything left to look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Literal

import msgspec

from fsmv2.core import Core, Supervisor
from fsmv2.core.policy.detect_only import detects
from fsmv2.core.policy.overrides import paused_by
from fsmv2.core.state.conditions import APPLIED
from fsmv2.escaping import printable_line
from fsmv2.operate.changes.change_plan import ChangePlan
from fsmv2.operate.convergence import is_excused
from fsmv2.worker import Phase, WorkerFactory

Expected = Literal["there", "changed", "restarted", "added", "gone"]
"""What becomes of a worker: it stays, goes on with another config, begins anew with one, is new, or
is removed."""

BEGINS: Mapping[str, Expected] = {
    "add": "added",
    "recreate": "restarted",
    "interrupt": "restarted",
    "reconfigure": "changed",
    "remove": "gone",
}
"""By what a plan says is done to it; of all else it stays."""

ON_THE_WAY = (Phase.INITIAL, Phase.STARTING, Phase.STOPPING, Phase.FAILED)
"""Phases in which a worker that begins has not come to what is asked of it, however healthy."""


class TouchedWorker(msgspec.Struct, frozen=True, array_like=True):
    """A worker that an apply touches. `healthy`: whether it was, and free to act, right before."""

    expected: Expected
    healthy: bool


Touched = Mapping[str, TouchedWorker]
"""By path."""

_ENCODED = dict[str, TouchedWorker]


def encoded(touched: Touched) -> bytes:
    """As it is kept in the store."""
    return msgspec.json.encode(touched)


def decoded(raw: bytes) -> Touched:
    """What was kept; nobody, if it is damaged."""
    try:
        return msgspec.json.decode(raw, type=_ENCODED)
    except msgspec.DecodeError:
        return {}


def touched_by(plan: ChangePlan, core: Core) -> Touched:
    """Who a change touches, and how they are right before it."""
    found: dict[str, TouchedWorker] = {}
    for one in plan.workers:
        s = core.by_path.get(one.path)
        expected: Expected = BEGINS.get(one.action, "there")
        found[one.path] = TouchedWorker(expected, s is not None and _is_well(s))
    return found


def not_converged(
    core: Core,
    factory: WorkerFactory,
    touched: Touched,
    paths: Iterable[str],
    reached: MutableMapping[str, float],
) -> dict[str, str]:
    """Those of `paths` that have not converged, and why.

    `reached`: since when a worker that goes on with another config is known to have it, by the
    clock of the core; what is found out here is added, and given again at the next look.
    """
    found: dict[str, str] = {}
    for path in paths:
        reason = _lacking(core, factory, path, touched[path], reached)
        if reason:
            found[path] = printable_line(reason)
    return found


def _lacking(
    core: Core,
    factory: WorkerFactory,
    path: str,
    before: TouchedWorker,
    reached: MutableMapping[str, float],
) -> str:
    """Why the worker at `path` has not converged; '' when it has, or does not count."""
    if core.fan_out:
        return "its change has not reached it yet"
    s = core.by_path.get(path)
    if s is None:
        above = _nearest(core, path)
        if above is None or not _reached(above):
            return "its change has not reached it yet"
        return f"it was not created: {above.status.reason}" if before.expected == "added" else ""
    if before.expected == "gone":
        return f"it is not removed yet: {s.status.reason}" if s.stop or not _reached(s) else ""
    if not _reached(s):
        return "its change has not reached it yet"
    if paused_by(s) or detects(s):
        return ""
    if (waits := (s.conditions or {}).get(APPLIED)) is not None:
        return waits.reason
    if s.recreate_due or s.recreate_as is not None:
        return "it waits for its turn to be restarted"
    state = f"{s.status.state}: {s.status.reason}"
    # While it is being restarted it is asked to be stopped, too, and that is not what it becomes.
    if s.stop is not None:
        return state
    if _asked_to_be_stopped(s, factory):
        return ""
    if s.action is not None or s.awaiting is not None:
        return state
    begins = before.expected in ("added", "restarted")
    if begins and s.status.phase in ON_THE_WAY:
        return state
    # What was seen before its change says nothing of how it is with it.
    unseen = before.expected == "changed" and not _observed_since(
        s, reached.setdefault(path, core.now)
    )
    if _is_well(s):
        return f"{state} (not observed yet with its new config)" if unseen else ""
    was_unwell = not before.healthy and not begins
    return "" if was_unwell and s.observed_at is not None and not unseen else state


def _is_well(s: Supervisor) -> bool:
    """Whether it is healthy, and nothing withholds its steps: a circuit, a breaker, a livelock.

    One that runs on as it was is healthy all the same, and does nothing about what is new. An
    action that runs withholds them, too, and that is nothing wrong.
    """
    acts = not s.gate or s.action is not None or s.awaiting is not None
    return s.status.healthy and acts


def _asked_to_be_stopped(s: Supervisor, factory: WorkerFactory) -> bool:
    return is_excused(
        paused=False,
        conditions=list(s.conditions or ()),
        worker_type=s.declared.worker_type,
        control=s.control,
        factory=factory,
    )


def _observed_since(s: Supervisor, at: float) -> bool:
    return s.observed_at is not None and s.observed_at >= at


def _nearest(core: Core, path: str) -> Supervisor | None:
    """The lowest worker above `path` that is there."""
    above = path.rpartition("/")[0]
    while above:
        s = core.by_path.get(above)
        if s is not None:
            return s
        above = above.rpartition("/")[0]
    return None


def _reached(s: Supervisor) -> bool:
    """Whether what is declared has come down to it: nobody on the way has anything left to do."""
    above: Supervisor | None = s
    while above is not None:
        waits = above.dirty or above.derive_due or above.children_due
        if waits or above.reconciling is not None:
            return False
        above = above.parent
    return True
