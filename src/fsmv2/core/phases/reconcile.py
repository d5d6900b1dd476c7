"""Make the children what the desired state declares, keyed by name.

Only declared child specs are compared: what is the same is not touched at all. The work of one
tick is bounded; what is left is done in the next ones, so a thousand new children never hold up
anybody else (H51).
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import ne

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.core.contract.events import Declared
from fsmv2.core.contract.settings import READ_AT_START, EngineSettings
from fsmv2.core.life import recreate, restart_policy, stop
from fsmv2.core.life.create import create
from fsmv2.core.policy import author_errors, livelock, ordering
from fsmv2.core.policy.mapping import map_child
from fsmv2.core.policy.secret_changes import changed_between
from fsmv2.core.state.conditions import CHILDREN, CREATED
from fsmv2.core.state.log_sink import ChildChange
from fsmv2.core.state.not_created import NOT_CREATED
from fsmv2.core.state.supervisor import Reconciling, Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.errors import ReconcileError
from fsmv2.model import ChildSpec, DesiredState

MORE = Cause("reconcile", "goes on")

LOOKED_AT, LOOKS_PER_TICK = 100, 100
"""Ten thousand children that need no change are looked at in one tick: a millisecond or two."""


def reconcile(tree: Tree, s: Supervisor) -> None:
    """Create, change and remove children towards `s.desired`; bounded for each tick."""
    observer = tree.observer
    if observer is None:
        _reconcile(tree, s)
        return
    began = observer.now()
    _reconcile(tree, s)
    observer.reconciled(s.definition.name, observer.now() - began)


def _reconcile(tree: Tree, s: Supervisor) -> None:
    if s.desired is None:
        return
    if s.reconciling is None:
        if not _accept(tree, s, s.desired):
            s.children_due = False
            return
        if tree.log is not None:
            tree.log.reconciling(s)
    assert s.reconciling is not None  # noqa: S101  (`_accept` has just set it)
    changes, looks = tree.settings.children_per_tick, LOOKS_PER_TICK
    for changed in _changes(tree, s, s.reconciling):
        changes -= changed
        looks -= 1
        if changes <= 0 or looks <= 0:
            tree.mark(s, MORE)
            return
    s.children_due, s.compared, s.reconciling = False, s.reconciling.unique, None
    if tree.log is not None:
        tree.log.reconciled(s, tree.tick_id)


def _accept(tree: Tree, s: Supervisor, desired: DesiredState) -> bool:
    """Begin with what is declared; False when it is refused."""
    specs = desired.children_specs
    changed = _changed(s.accepted, specs) if s.compared and not s.missing else None
    if changed is None:
        try:
            wanted = _by_name(specs)
        except ReconcileError as error:
            tree.set_condition(s, CHILDREN, str(error))  # H46: the previous children stay
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
    tree.clear_condition(s, CHILDREN)  # also when it has come back to what was accepted before
    if s.groups != desired.groups:
        s.groups = desired.groups
        for child in s.children.values():
            ordering.relink(tree, child)
            tree.mark(child, Cause("sibling", "its group changed", tree.deciding))
    return True


def _changed(before: tuple[ChildSpec, ...], after: tuple[ChildSpec, ...]) -> list[int] | None:
    """Where the two differ, if they name the same children in one order; else None.

    The comparison runs in C: of a thousand children only those that changed are looked at here.
    """
    if len(before) != len(after):
        return None
    try:
        differ = list(map(ne, before, after))
    except ANY_RAISED:  # author code in a comparison: reported where it is compared
        return None
    if len(differ) != len(before):  # a `StopIteration` of a comparison would end it unnoticed
        return None
    changed = [at for at, differs in enumerate(differ) if differs]
    same_names = all(before[at].name == after[at].name for at in changed)
    return changed if same_names else None


def _by_name(specs: tuple[ChildSpec, ...]) -> dict[str, ChildSpec]:
    # The dict is made in C, and is as long as the tuple unless a name stands there twice: the
    # search for that name is needed only then.
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


def _changes(tree: Tree, s: Supervisor, looked: Reconciling) -> Iterator[bool]:
    """Look at the children one by one, so that the caller can stop, and go on in another tick.

    Yields True after each change, and False now and then after many that needed none.
    """
    gone, wanted = looked.gone, looked.wanted
    for at in range(looked.at, len(gone)):
        looked.at = at + 1
        changed = _remove_one(tree, s, gone[at])
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
            create(tree, s, spec)
            _log_change(tree, s, "added")
            tree.tallies.reconciliations[s.definition.name, "add"] += 1
            yield True
        elif (
            existing.declared is not spec
            or existing.recreate_as is not None
            or existing.stop is not None
            or existing.conditions is not None
        ) and _change_one(tree, existing, spec):
            yield True
        if not looked.at % LOOKED_AT:
            yield False


def _remove_one(tree: Tree, s: Supervisor, child: Supervisor) -> bool:
    # It is there: who is gone since has the comparison begin anew (`review_children`).
    recreate.replace_by_nothing(child)
    if child.stop is not None and not child.stop.kind.gives_way:
        return False
    if child.declared.discovered and not _agreed_missing(tree, s, child.name):
        return False
    tree.tallies.reconciliations[s.definition.name, "remove"] += 1
    stop.remove(tree, child, f"{s.path} no longer declares it")
    _log_change(tree, s, "removed")
    return True


def _change_one(tree: Tree, child: Supervisor, spec: ChildSpec) -> bool:
    """`change`, in which an author's `__eq__` may raise: that is this child's trouble alone."""
    try:
        changed = change(tree, child, spec)
        if changed and child.parent is not None and tree.log is not None:
            replaced = child.recreate_due or child.recreate_as is not None
            _log_change(tree, child.parent, "recreated" if replaced else "updated")
        return changed
    except ANY_RAISED as error:  # author code in a comparison
        author_errors.count(tree, child, "comparing its spec", error)
        return False


def _log_change(tree: Tree, s: Supervisor, change: ChildChange) -> None:
    if tree.log is not None:
        tree.log.child_changed(s, change)


def _agreed_missing(tree: Tree, s: Supervisor, name: str) -> bool:
    """Whether enough fresh observations agreed that a discovered child is gone (H29)."""
    if s.missing is None:
        s.missing = {}
    # The observation it derived from is the first of them; a changed spec observed nothing.
    count = s.missing.setdefault(name, 1 if s.definition.derive_from == "own" else 0)
    if count >= tree.settings.discovery_agreement:
        del s.missing[name]
        return True
    return False


def change(tree: Tree, child: Supervisor, spec: ChildSpec) -> bool:
    """Apply a declared spec to an existing child; returns whether anything had to be done."""
    if child.stop is not None and not child.stop.kind.gives_way:
        return recreate.declared_again(tree, child, spec)
    old = child.declared
    if old.worker_type != spec.worker_type:
        if child.recreate_as == spec:
            return False
        recreate.retype(tree, child, spec)
        return True
    if child.recreate_as is not None:
        recreate.keep_type(tree, child)
    if old == spec:
        # Equal by value: keep our object, so that the next comparison is by identity. H54
        if child.stop is None:
            recreate.keep_equal(child, spec)
        if child.definition is not NOT_CREATED.definition:
            tree.clear_condition(child, CREATED)
        return False
    wanted = child.definition.spec_type
    if not isinstance(spec.user_spec, wanted):
        tree.set_condition(
            child,
            CREATED,
            f"its new spec is a {type(spec.user_spec).__name__}, but the type {spec.worker_type} "
            f"takes a {wanted.__name__}; it keeps the one it had.",
        )
        return False
    if child.definition is not NOT_CREATED.definition:
        tree.clear_condition(child, CREATED)
    tree.tallies.reconciliations[child.declared_by, "update"] += 1
    livelock.redeclared(tree, child)
    recreate.redeclare(tree, child, spec)
    if child.definition is NOT_CREATED.definition:
        tree.set_timer(child, "create", tree.now)
        return True
    if old.state_mapping != spec.state_mapping:
        map_child(tree, child)
    if child.ended is not None and _calls_for_restart(old, spec):
        restart_policy.restart_ended(tree, child)
    if old.detect_only != spec.detect_only:
        cause = Cause("spec", f"detect only at {child.path} changed", tree.deciding)
        tree.for_each((child,), "mark", cause, below=True)
    if old.user_spec != spec.user_spec:
        child.derive_next_tick()
        recreate.review(tree, child)
    secret = changed_between(tree, old.user_spec, spec.user_spec)
    tree.mark(child, secret or Cause("spec", "changed by its parent", tree.deciding))
    return True


def _calls_for_restart(old: ChildSpec, new: ChildSpec) -> bool:
    """Whether a child that ended is declared as something that has not: another spec, say."""
    enabled = new.enabled and not old.enabled
    return enabled or old.user_spec != new.user_spec or old.restart != new.restart


def declare(tree: Tree, event: Declared) -> None:
    """The root is to be this: create it, or change the one there is."""
    if tree.stopping:
        return
    tree.secrets.changed.update(event.secrets)
    tree.tallies.root_changes += 1
    if event.settings is not None:
        _take_over(tree, event.settings)
    if dict(event.global_variables) != tree.global_variables:
        tree.set_globals(dict(event.global_variables))
    if tree.root is None:
        tree.root = create(tree, None, event.root)
    elif tree.root.name != event.root.name:
        recreate.replace_root(tree, tree.root, event.root)
    else:
        change(tree, tree.root, event.root)
    if not event.secrets:
        tree.report("applied", tree.root, f"declared by {event.who}")
    for told in event.secrets.values():
        tree.report("secret", tree.root, f"secret {told}")


def _take_over(tree: Tree, settings: EngineSettings) -> None:
    """Go by these settings from now on, but for those that are read at the start."""
    before = tree.settings
    kept = {name: getattr(before, name) for name in READ_AT_START}
    tree.settings = msgspec.structs.replace(settings, **kept)
    tree.pace.change(tree.settings)
    if tree.root is not None and before.detect_only != settings.detect_only:
        cause = Cause("spec", "detect only changed for the whole tree", tree.deciding)
        tree.for_each((tree.root,), "mark", cause, below=True)
