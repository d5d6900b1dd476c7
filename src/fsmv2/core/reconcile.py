"""Make the children what the desired state declares, keyed by name.

Only declared child specs are compared: what is the same is not touched at all. The work of one
tick is bounded; what is left is done in the next ones, so a thousand new children never hold up
anybody else (H51).
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import ne
from typing import TYPE_CHECKING

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.core import breaker, ending, lifecycle, recreate, siblings
from fsmv2.core.conditions import CHILDREN, CREATED
from fsmv2.core.create import create
from fsmv2.core.events import Declared
from fsmv2.core.mapping import map_child
from fsmv2.core.null import NOT_CREATED
from fsmv2.core.records import Cause
from fsmv2.core.secrets import changed_between
from fsmv2.core.supervisor import Supervisor
from fsmv2.errors import ReconcileError
from fsmv2.spec import ChildSpec, DesiredState

if TYPE_CHECKING:
    from fsmv2.core.machine import Core

MORE = Cause("reconcile", "goes on")

LOOKED_AT, LOOKS_PER_TICK = 100, 100
"""Ten thousand children that need no change are looked at in one tick: a millisecond or two."""


def reconcile(core: Core, s: Supervisor) -> None:
    """Create, change and remove children towards `s.desired`; bounded for each tick."""
    if s.stop is not None or s.desired is None:
        return  # stays due: the stop may be called off
    if s.reconciling is None and not _accept(core, s, s.desired):
        s.children_due = False
        return
    assert s.reconciling is not None  # noqa: S101  (set by `_accept`)
    changes, looks = core.settings.children_per_tick, LOOKS_PER_TICK
    for changed in _changes(core, s, s.reconciling):
        changes -= changed
        looks -= 1
        if changes <= 0 or looks <= 0:
            core.mark(s, MORE)
            return
    s.children_due, s.compared, s.reconciling = False, s.reconciling.unique, None


def _accept(core: Core, s: Supervisor, desired: DesiredState) -> bool:
    """Begin with what is declared; False when it is refused."""
    specs = desired.children_specs
    changed = _changed(s.accepted, specs) if s.compared and not s.missing else None
    if changed is None:
        try:
            wanted = _by_name(specs)
        except ReconcileError as error:
            core.set_condition(s, CHILDREN, str(error))  # H46: the previous children stay
            return False
        gone = [child for name, child in s.children.items() if name not in wanted]
        unique = len(wanted) == len(specs)
        s.reconciling = Reconciling(gone, tuple(wanted.values()), unique=unique)
    else:
        merged = list(s.accepted)  # ours where they are equal: then a look at them is enough. H54
        for at in changed:
            merged[at] = specs[at]
        s.reconciling = Reconciling([], tuple(specs[at] for at in changed))
        specs = tuple(merged)
        msgspec.structs.force_setattr(desired, "children_specs", specs)
    s.accepted, s.compared = specs, False
    core.clear_condition(s, CHILDREN)  # also when it has come back to what was accepted before
    if s.groups != desired.groups:
        s.groups = desired.groups
        for child in s.children.values():
            siblings.relink(core, child)
            core.mark(child, Cause("sibling", "its group changed", core.tick_id))
    return True


def _changed(before: tuple[ChildSpec, ...], after: tuple[ChildSpec, ...]) -> list[int] | None:
    """Where the two differ, if they name the same children in one order; else None.

    The comparison runs in C: of a thousand children only those that changed are looked at here.
    """
    if len(before) != len(after):
        return None
    try:
        differ = list(map(ne, before, after))
    except ANY_RAISED:  # author code in a comparison: told of where it is looked at
        return None
    if len(differ) != len(before):  # a `StopIteration` of a comparison would end it unnoticed
        return None
    changed = [at for at, differs in enumerate(differ) if differs]
    same_names = all(before[at].name == after[at].name for at in changed)
    return changed if same_names else None


def _by_name(specs: tuple[ChildSpec, ...]) -> dict[str, ChildSpec]:
    wanted = {spec.name: spec for spec in specs}
    spec = None
    if len(wanted) != len(specs):
        spec = next((spec for spec in specs if wanted[spec.name] is not spec), None)
    if spec is None:
        return wanted
    raise ReconcileError(
        f"two children are named '{spec.name}': one of type {spec.worker_type}, one of "
        f"type {wanted[spec.name].worker_type}; the previous children stay.",
        fix="Give each child of one parent a name of its own.",
    )


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


def _changes(core: Core, s: Supervisor, looked: Reconciling) -> Iterator[bool]:
    """Look at the children one by one, so that the caller can stop, and go on in another tick.

    Yields True after each change, and False now and then after many that needed none.
    """
    gone, wanted = looked.gone, looked.wanted
    for at in range(looked.at, len(gone)):
        looked.at = at + 1
        changed = _remove_one(core, s, gone[at])
        if changed or not looked.at % LOOKED_AT:
            yield changed
    before = len(gone)
    for at in range(looked.at - before, len(wanted)):
        spec = wanted[at]
        looked.at = before + at + 1
        existing = s.children.get(spec.name)
        if s.missing:
            s.missing.pop(spec.name, None)
        if existing is None:
            create(core, s, spec)
            yield True
        elif (
            existing.declared is not spec
            or existing.comeback is not None
            or existing.stop is not None
            or existing.conditions is not None
        ) and _change_one(core, existing, spec):
            yield True
        if not looked.at % LOOKED_AT:
            yield False


def _remove_one(core: Core, s: Supervisor, child: Supervisor) -> bool:
    # It is there: who is gone since has the comparison begin anew (`review_children`).
    child.comeback = None
    if child.stop is not None and child.stop.kind != "restart":
        return False
    if child.declared.discovered and not _agreed_missing(core, s, child.name):
        return False
    lifecycle.remove(core, child, f"{s.path} no longer declares it")
    return True


def _change_one(core: Core, child: Supervisor, spec: ChildSpec) -> bool:
    """`change`, in which an author's `__eq__` may raise: that is this child's trouble alone."""
    try:
        return change(core, child, spec)
    except ANY_RAISED as error:  # author code in a comparison
        breaker.note(core, child, "comparing its spec", error)
        return False


def _agreed_missing(core: Core, s: Supervisor, name: str) -> bool:
    """Whether enough fresh observations agreed that a discovered child is gone (H29)."""
    if s.missing is None:
        s.missing = {}
    # The observation it derived from is the first of them; a changed spec observed nothing.
    count = s.missing.setdefault(name, 1 if s.definition.derive_from == "own" else 0)
    if count >= core.settings.discovery_agreement:
        del s.missing[name]
        return True
    return False


def change(core: Core, child: Supervisor, spec: ChildSpec) -> bool:
    """Apply a declared spec to an existing child; returns whether anything had to be done."""
    if child.stop is not None and child.stop.kind != "restart":
        return recreate.come_back(core, child, spec)
    old = child.declared
    if old.worker_type != spec.worker_type:
        if child.comeback == spec:
            return False
        recreate.retype(core, child, spec)
        return True
    if child.comeback is not None:
        recreate.keep_type(core, child)
    if old == spec:
        # Equal by value: keep our object, so that the next comparison is by identity. H54
        if child.stop is None:
            child.declared = spec
        if child.definition is not NOT_CREATED.definition:
            core.clear_condition(child, CREATED)
        return False
    wanted = child.definition.spec_type
    if not isinstance(spec.user_spec, wanted):
        core.set_condition(
            child,
            CREATED,
            f"its new spec is a {type(spec.user_spec).__name__}, but the type {spec.worker_type} "
            f"takes a {wanted.__name__}; it goes on with the one it had.",
        )
        return False
    if child.definition is not NOT_CREATED.definition:
        core.clear_condition(child, CREATED)
    recreate.redeclare(core, child, spec)
    if child.definition is NOT_CREATED.definition:
        core.set_timer(child, "create", core.now)
        return True
    if old.state_mapping != spec.state_mapping:
        map_child(core, child)
    if child.ended is not None and _begins_anew(old, spec):
        ending.forgive(core, child)
    if old.detect_only != spec.detect_only:
        cause = Cause("spec", f"detect only at {child.path} changed", core.tick_id)
        core.spread.each(core, (child,), "mark", cause, below=True)
    if old.user_spec != spec.user_spec:
        child.derive_due = True
        recreate.review(core, child)
    secret = changed_between(core, old.user_spec, spec.user_spec)
    core.mark(child, secret or Cause("spec", "changed by its parent", core.tick_id))
    return True


def _begins_anew(old: ChildSpec, new: ChildSpec) -> bool:
    """Whether a child that ended is declared as something that has not: another spec, say."""
    enabled = new.enabled and not old.enabled
    return enabled or old.user_spec != new.user_spec or old.restart != new.restart


def declare(core: Core, event: Declared) -> None:
    """The root is to be this: create it, or change the one there is."""
    if core.stopping:
        return
    core.secrets.changed.update(event.secrets)
    if dict(event.global_variables) != core.global_variables:
        core.set_globals(dict(event.global_variables))
    if core.root is None:
        core.root = create(core, None, event.root)
    elif core.root.name != event.root.name:
        if core.root.stop is None or core.root.comeback is None:
            lifecycle.remove(core, core.root, f"the root is now named {event.root.name}")
        core.root.comeback = event.root
    else:
        change(core, core.root, event.root)
    if not event.secrets:
        core.report("applied", core.root, f"declared by {event.who}")
    for told in event.secrets.values():
        core.report("secret", core.root, f"secret {told}")
