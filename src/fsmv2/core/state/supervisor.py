"""The engine's record of one running worker, and the few words an operator may say to it.

Everything the core knows about a path is here; the functions that change it live in the files
named after what they do (derive, control, reconcile, step, ...) and are called by `tick`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, Protocol

from fsmv2.core.contract.settings import EngineSettings
from fsmv2.core.state.backoff import Attempts, ExponentialBackoff, backoff_of
from fsmv2.core.state.conditions import NO_HARM_TO_HEALTH, OF_THE_PATH
from fsmv2.core.state.not_created import NOT_CREATED
from fsmv2.core.state.override_data import Overrides
from fsmv2.core.state.parts import (
    Breaker,
    CheckState,
    ControlDecision,
    DecidedBy,
    Ended,
    RequestedAction,
    RunningAction,
    StopRequest,
)
from fsmv2.core.state.tick_record import Cause, TickRecord
from fsmv2.model import ChildSpec, DesiredState, Group, ObservedState, UserSpec, utc_text
from fsmv2.model.data.frozen import EMPTY
from fsmv2.model.read_tracking import Reads
from fsmv2.view.condition import Condition
from fsmv2.worker import ActionResult, ChildStatus, Phase, RegisteredType, Worker

NOTHING: Mapping[str, Any] = {}

_NOT_CREATED = NOT_CREATED.definition


WRITTEN_BY: Mapping[str, tuple[str, ...]] = {
    # Who it is, set when it is made.
    "state/supervisor": (
        *("tree", "parent", "path", "name", "depth", "_internal"),
        *("registered", "definition", "worker", "children", "statuses", "timers"),
    ),
    "life/create": ("created_at", "incarnation"),
    # Whether it has to look, and why.
    "state/tree": ("dirty", "dirty_below", "causes", "more_causes", "conditions", "upstream"),
    "tick": ("tick_count", "records"),
    # What should be.
    "life/recreate": ("declared", "recreate_as", "recreate_due"),
    "phases/derive": (
        *("spec", "desired", "derive_due", "derive_key", "reads"),
        *("user", "location", "location_path", "location_scope"),
    ),
    "policy/mapping": ("asked",),
    "policy/control": ("decision", "disabled"),
    "policy/overrides": ("overrides",),
    "phases/reconcile": (
        *("accepted", "groups", "children_due", "compared", "reconciling", "missing"),
    ),
    # What is.
    "phases/freshness": ("observed", "observed_at", "observe_error", "fresh", "silences"),
    "phases/watch": ("watched_at", "live_spec", "live_config", "applied"),
    # What it does.
    "phases/step": ("state", "since", "reason", "gate"),
    "policy/actions": (
        *("action", "acted", "stuck", "repeat", "last_action", "awaiting", "settled_at"),
    ),
    "policy/claims": ("claims",),
    "policy/livelock": (
        *("restless", "visited", "unsettled", "unsettled_until", "slowed_passing"),
    ),
    "policy/wait_cycles": ("waits_for",),
    "phases/publish": ("status",),
    # What is in its way, and how it ends.
    "phases/circuit": ("checks", "withheld"),
    "policy/attempts": ("attempts",),
    "policy/author_errors": ("breaker",),
    "life/restart_policy": ("ended",),
    "life/stop": ("stop", "drained", "final_after"),
    "life/release": ("releasing",),
}
"""The slots of a supervisor, by the one file that changes them; a test holds that.

All may read them. `begin` and a checkpoint that is restored set them, and are no change. What is
written elsewhere is in `state/supervisor` itself: methods that a few files share, such as `adopt`.
"""


OF_PATHS = ("override", "absent override")
"""Timers of what an operator asked for, which outlasts every instance."""


class OwnTree(Protocol):
    """What a supervisor asks of the tree it stands in; `Tree` has all of it, and much more."""

    settings: EngineSettings
    seed: int
    now: float
    epoch: float
    by_path: dict[str, Supervisor]
    overrides: dict[str, Overrides]

    def wall(self) -> float:
        """Unix seconds of core time now."""

    def drain(self, top: Supervisor) -> int:
        """Tick what is dirty at and below `top` until nothing is; the number of ticks."""


class Releasing:
    """A subtree that is being released, a few at a time: who is still to go, and how."""

    __slots__ = ("forced", "left")

    def __init__(self, left: deque[Supervisor], forced: bool) -> None:
        self.left = left
        self.forced = forced


class Reconciling:
    """How far the children of one supervisor were looked at.

    `gone` are those that are declared no more, `wanted` what is declared and must be looked at;
    `unique`: no spec stands there twice.
    """

    __slots__ = ("at", "gone", "unique", "wanted")

    def __init__(
        self, gone: list[Supervisor], wanted: tuple[ChildSpec, ...], *, unique: bool = True
    ) -> None:
        self.gone = gone
        self.wanted = wanted
        self.unique = unique
        self.at = 0


class Supervisor:
    """One path of the tree: spec, desired and observed state, FSM state, children, circuit, action.

    Read it freely; drive it with `tick()`. Names follow the words of the documentation.
    """

    __slots__ = tuple(slot for slots in WRITTEN_BY.values() for slot in slots)

    def __init__(
        self,
        tree: OwnTree,
        parent: Supervisor | None,
        declared: ChildSpec,
        path: str,
        registered: RegisteredType,
        worker: Worker[Any, Any, Any],
    ) -> None:
        """Made by the engine: at `path` of `tree`, `declared` by `parent` (None: it is the root).

        `worker` is an instance of the type `registered`.
        """
        self.tree = tree
        self.parent = parent
        self.name = declared.name
        self.path = path
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.declared = declared
        self.created_at = tree.wall()
        self.incarnation = 1
        self.causes: list[Cause] | None = None
        self.more_causes = 0
        self.dirty = False
        self.dirty_below = 0
        self.tick_count = 0
        # What counts is here; the heap of the tree may hold replaced entries. So a timer is
        # cancelled by forgetting its kind, without a search through a heap of a hundred thousand.
        self.timers: dict[str, float] = {}
        self.records: tuple[TickRecord, ...] = ()
        self.attempts: Attempts | None = None
        self.breaker: Breaker | None = None
        self.recreate_as: ChildSpec | None = None
        self.ended: Ended | None = None
        self.overrides: Overrides | None = None
        self.upstream: tuple[str, ...] = ()
        self._internal: dict[str, Any] | None = None
        self.conditions: dict[str, Condition] | None = None
        self.begin(registered, worker)

    def begin(self, registered: RegisteredType, worker: Worker[Any, Any, Any]) -> None:
        """Set everything that belongs to one incarnation, as for a new instance (H13, H43).

        What holds for the path, whichever instance runs there, is kept: that it is paused, say.
        """
        tree = self.tree
        self.registered = registered
        self.definition = registered.definition
        self.worker = worker
        self.state = self.definition.initial
        self.since = tree.now
        self.reason = "not evaluated yet"
        self.gate = ""
        self.decision = ControlDecision(
            self.definition.stop_state, DecidedBy.NOT_DERIVED, "not evaluated yet"
        )
        self.disabled = False
        self.asked: str | None = None
        self.stop: StopRequest | None = None
        self.drained = False
        self.final_after: float | None = None
        self.recreate_due = False
        self.releasing: Releasing | None = None
        # what should be
        self.spec: UserSpec | None = None
        self.applied: UserSpec | None = None
        self.live_spec: UserSpec | None = None
        self.live_config: Any = None
        self.user: Mapping[str, Any] = NOTHING
        self.location: Mapping[str, str] = NOTHING
        self.location_path = ""
        self.location_scope: Mapping[str, str] = NOTHING
        self.desired: DesiredState | None = None
        self.derive_due = True
        self.derive_key: Any = None
        self.reads: Reads = None
        self.accepted: tuple[ChildSpec, ...] = ()
        self.groups: tuple[Group, ...] = ()
        self.children_due = False
        self.compared = False
        self.reconciling: Reconciling | None = None
        self.missing: dict[str, int] | None = None
        self.children: dict[str, Supervisor] = EMPTY  # one for all leaves, until `adopt`
        self.statuses: dict[str, ChildStatus] = EMPTY
        # what is
        self.observed: ObservedState = self.definition.nothing_observed
        self.observed_at: float | None = None
        self.observe_error = ""
        self.watched_at: float | None = None
        self.claims: tuple[str, ...] = ()
        self.fresh = False
        self.silences = 0
        # what is being done
        self.action: RunningAction | None = None
        self.acted = False
        self.stuck: int | None = None
        self.repeat: RequestedAction | None = None
        self.last_action: ActionResult | None = None
        self.awaiting: float | None = None
        self.settled_at = tree.now
        self.unsettled = 0
        self.unsettled_until = 0.0
        self.restless = 0.0
        self.slowed_passing = False
        self.visited: tuple[tuple[str, float], ...] = ()
        # what is in the way
        of_the_path = {t: c for t, c in (self.conditions or {}).items() if t in OF_THE_PATH}
        self.conditions = of_the_path or None
        self.checks: dict[str, CheckState] | None = None
        self.withheld: frozenset[str] | None = None
        self.waits_for: tuple[str, ...] = ()
        self.status = ChildStatus(
            self.definition.name, self.state, Phase.INITIAL, False, False, self.reason
        )

    def clear_timers(self) -> None:
        """Cancel all timers but those of paths: an override that ends, whoever is there then."""
        of_paths = {kind: due for kind, due in self.timers.items() if kind in OF_PATHS}
        self.timers.clear()
        self.timers.update(of_paths)

    def next_incarnation(
        self,
        registered: RegisteredType,
        worker: Worker[Any, Any, Any],
        *,
        keep_children: bool = False,
    ) -> None:
        """Begin the next incarnation; with `keep_children` those there are go on with it."""
        self.incarnation += 1
        kept = self.children, self.statuses, self.accepted, self.groups
        self.begin(registered, worker)
        if keep_children:
            self.children, self.statuses, self.accepted, self.groups = kept

    # ---- reading ---------------------------------------------------------------------------

    def __repr__(self) -> str:
        return f"<Supervisor {self.path} {self.state} ({self.reason})>"

    @property
    def phase(self) -> Phase:
        """The phase of the current state; *initial* until the first tick (H35)."""
        return self.status.phase

    @property
    def control(self) -> str:
        """The one state that counts for its FSM now."""
        return self.decision.state

    @property
    def type_name(self) -> str:
        """The name of its type, whatever alias it is declared by; also while it cannot be made."""
        definition = self.definition
        return self.declared.worker_type if definition is _NOT_CREATED else definition.name

    @property
    def declared_by(self) -> str:
        """The name of its parent's type; of the root, its own."""
        return self.type_name if self.parent is None else self.parent.definition.name

    @property
    def holding(self) -> bool:
        """Whether its own desired state holds it where it is, whatever else is asked."""
        return self.decision.by is DecidedBy.HOLD

    @property
    def impairment(self) -> str:
        """Why a parent is not healthy though it runs: its first False condition; '' if it has none.

        A leaf says by its state how the thing does that it looks after. What a parent looks after
        is its children, and whether those are as declared, its conditions say. What an operator
        asked for is no impairment.
        """
        if self.conditions is None:
            return ""
        if not self.children and (self.desired is None or not self.desired.children_specs):
            return ""
        for condition in self.conditions.values():
            if condition.status == "False" and condition.type not in NO_HARM_TO_HEALTH:
                return condition.reason or condition.type
        return ""

    @property
    def backoff(self) -> ExponentialBackoff:
        """The delays this path draws; the same after a restart of the process with one seed."""
        own = self.declared.backoff.over(self.definition.backoff)
        return backoff_of(self.tree.settings, own, self.tree.seed, self.path)

    @property
    def internal(self) -> Mapping[str, Any]:
        """The engine's own variables of this worker."""
        if self._internal is None:
            parent = self.parent
            found: dict[str, Any] = {
                "id": self.path,
                "name": self.name,
                "worker_type": self.declared.worker_type,
                "parent_id": parent.path if parent else "",
                "created_at": utc_text(self.created_at),
            }
            if parent is not None:
                above = parent.internal.get("bridged_by")
                bridge = parent.path if parent.definition.is_bridge else above
                if bridge is not None:
                    found["bridged_by"] = bridge
            self._internal = found
        return self._internal

    def subtree(self) -> list[Supervisor]:
        """This supervisor and all below it, parents first."""
        found = [self]
        for supervisor in found:
            found.extend(supervisor.children.values())
        return found

    def adopt(self, child: Supervisor) -> None:
        """Have `child` among the children."""
        if self.children is EMPTY:
            self.children, self.statuses = {}, {}
        self.children[child.name] = child
        self.statuses[child.name] = child.status

    def disown(self, child: Supervisor) -> None:
        """Have `child` among the children no more."""
        self.children.pop(child.name, None)
        self.statuses.pop(child.name, None)

    def leave(self) -> None:
        """It is taken out of the tree: refer to no other, so that no cycle of objects is left."""
        self.clear_timers()
        self.children = self.statuses = EMPTY
        self.reconciling = self.releasing = None

    def take_causes(self) -> tuple[tuple[Cause, ...], int]:
        """Why it is ticked, and how many causes more there were; none are left."""
        causes, more = tuple(self.causes or ()), self.more_causes
        self.causes, self.more_causes = None, 0
        return causes, more

    def derive_next_tick(self, *, anew: bool = False) -> None:
        """Have it derive, because an input may have changed; `anew`: even if none has."""
        self.derive_due = True
        if anew:
            self.derive_key = None

    def review_children(self, *, all_: bool = True) -> None:
        """Have the children compared with what is declared, from the first on.

        Not `all_`: only what is declared has changed, so that equal ones need no look.
        """
        self.children_due, self.reconciling = True, None
        if all_:
            self.compared = False

    # ---- driving ---------------------------------------------------------------------------

    def tick(self) -> int:
        """Tick this supervisor and what is dirty below it until nothing is; returns how many ticks.

        O(1) when nothing below is dirty.
        """
        return self.tree.drain(self)
