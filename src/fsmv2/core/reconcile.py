"""Make the children what the desired state declares, keyed by name.

Only declared child specs are compared: what is the same is not touched at all. The work of one
tick is bounded; what is left is done in the next ones, so a thousand new children never hold up
anybody else (H51).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fsmv2.core import breaker, ending, lifecycle, siblings
from fsmv2.core.conditions import CHILDREN, CREATED
from fsmv2.core.create import create
from fsmv2.core.events import Declared
from fsmv2.core.mapping import map_child
from fsmv2.core.null import NOT_CREATED
from fsmv2.core.records import Cause
from fsmv2.core.secrets import changed_between
from fsmv2.core.supervisor import Supervisor
from fsmv2.errors import ReconcileError
from fsmv2.spec import ChildSpec

if TYPE_CHECKING:
    from fsmv2.core.machine import Core

MORE = Cause("reconcile", "goes on")


def reconcile(core: Core, s: Supervisor) -> None:
    """Create, change and remove children towards `s.desired`; bounded for each tick."""
    if s.stop is not None or s.desired is None:
        return  # stays due: the stop may be called off
    s.children_due = False
    specs = s.desired.children_specs
    if specs is not s.accepted:
        try:
            _refuse_duplicates(s, specs)
        except ReconcileError as error:
            core.set_condition(s, CHILDREN, str(error))  # H46: the previous children stay
            return
        s.accepted = specs
        core.clear_condition(s, CHILDREN)
    if s.groups != s.desired.groups:
        s.groups = s.desired.groups
        for child in s.children.values():
            siblings.relink(core, child)
            core.mark(child, Cause("sibling", "its group changed", core.tick_id))
    wanted = {spec.name: spec for spec in specs}
    budget = core.settings.children_per_tick
    for _ in _changes(core, s, wanted):
        budget -= 1
        if budget <= 0:
            s.children_due = True
            core.mark(s, MORE)
            return


def _refuse_duplicates(s: Supervisor, specs: tuple[ChildSpec, ...]) -> None:
    seen: dict[str, ChildSpec] = {}
    for spec in specs:
        first = seen.setdefault(spec.name, spec)
        if first is not spec:
            raise ReconcileError(
                f"two children are named '{spec.name}': one of type {first.worker_type}, one of "
                f"type {spec.worker_type}; the previous children stay.",
                fix="Give each child of one parent a name of its own.",
            )


def _changes(core: Core, s: Supervisor, wanted: dict[str, ChildSpec]) -> Iterator[None]:
    """Do the changes one by one, yielding after each, so that the caller can stop in between."""
    for name, child in list(s.children.items()):
        if name in wanted:
            continue
        child.comeback = None
        if child.stop is None or child.stop.kind == "restart":
            if child.declared.discovered and not _agreed_missing(core, s, name):
                continue
            lifecycle.remove(core, child, f"{s.path or 'the root'} no longer declares it")
            yield
    for name, spec in wanted.items():
        existing = s.children.get(name)
        if s.missing:
            s.missing.pop(name, None)
        if existing is None:
            create(core, s, spec)
            yield
        elif (existing.declared is not spec or existing.stop is not None) and _change_one(
            core, existing, spec
        ):
            yield


def _change_one(core: Core, child: Supervisor, spec: ChildSpec) -> bool:
    """`change`, in which an author's `__eq__` may raise: that is this child's trouble alone."""
    try:
        return change(core, child, spec)
    except Exception as error:  # noqa: BLE001  (author code in a comparison)
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
        return lifecycle.come_back(core, child, spec)
    old = child.declared
    if old == spec:
        # Equal by value: keep our object, so that the next comparison is by identity. H54
        if child.stop is None:
            child.declared = spec
        if child.definition is not NOT_CREATED.definition:
            core.clear_condition(child, CREATED)
        return False
    if old.worker_type != spec.worker_type:
        lifecycle.remove(
            core, child, f"its type changed from {old.worker_type} to {spec.worker_type}"
        )
        child.comeback = spec
        return True
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
    lifecycle.redeclare(core, child, spec)
    if child.definition is NOT_CREATED.definition:
        core.set_timer(child, "create", core.now)
        return True
    if old.state_mapping != spec.state_mapping:
        map_child(core, child)
    if child.ended is not None and _begins_anew(old, spec):
        ending.forgive(core, child)
    if old.detect_only != spec.detect_only:
        for below in child.subtree():
            core.mark(below, Cause("spec", f"detect only at {child.path} changed", core.tick_id))
    if old.user_spec != spec.user_spec:
        child.derive_due = True
        lifecycle.review_recreate(core, child)
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
        if core.root.comeback is None:
            lifecycle.remove(core, core.root, f"the root is now named {event.root.name}")
        core.root.comeback = event.root
    else:
        change(core, core.root, event.root)
    if not event.secrets:
        core.report("applied", core.root, f"declared by {event.who}")
    for told in event.secrets.values():
        core.report("secret", core.root, f"secret {told}")
