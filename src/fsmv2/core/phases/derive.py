"""Derive the desired state, and with it the variables and location of the worker.

A failed derive keeps the last good desired state and children, and is retried only when an
input changes: the same broken template gives the same error.
"""

from __future__ import annotations

import copy
import sys
from typing import Any

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.core.contract.instructions import Update
from fsmv2.core.contract.log_events import TemplateRendered, VariablesPropagated
from fsmv2.core.life import recreate
from fsmv2.core.phases import watch
from fsmv2.core.policy import author_errors, claims, livelock
from fsmv2.core.policy.secret_changes import changed_between
from fsmv2.core.state.conditions import DERIVED, PURE
from fsmv2.core.state.log_sink import LogSink
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.errors import FsmError, SpecError, TemplateError, error_text
from fsmv2.model import (
    DesiredState,
    UserSpec,
    VariableBundle,
    compute_location_path,
    inherit_variables,
    location_variables,
    merge_locations,
    with_engine_keys,
)
from fsmv2.model.read_tracking import TrackedBundle, unaffected
from fsmv2.model.template.render_count import counted
from fsmv2.name_suggestions import suggest

CHANGED_WHAT_IT_WAS_GIVEN = (
    "derive_desired_state changed the variables it was given, which others share; make new ones"
)

PARENT_VARIABLES = "of the parent"


def derive(tree: Tree, s: Supervisor) -> None:
    """Bring variables, spec and desired state up to date; skipped when no input changed."""
    observer = tree.observer
    if observer is None or not observer.begin_derive(s.type_name):
        _contained_derive(tree, s)
        return
    tree.measuring = observer
    _contained_derive(tree, s)
    tree.measuring = None
    observer.derived()


def _contained_derive(tree: Tree, s: Supervisor) -> None:
    try:
        _derive(tree, s)
    except ANY_RAISED as error:  # an author's comparison: the rest of the tick is still due
        s.derive_key = None
        _note_raised(tree, s, "comparing what it derives from", error)


def _note_raised(tree: Tree, s: Supervisor, where: str, error: BaseException) -> None:
    tree.set_condition(s, DERIVED, author_errors.describe(where, error), reported=True)
    author_errors.count(tree, s, where, error)  # which reports it


def _derive(tree: Tree, s: Supervisor) -> None:
    s.derive_due = False
    try:
        observer = tree.measuring
        if observer is None:
            _inherit(tree, s)
        else:
            began = observer.now()
            _inherit(tree, s)
            observer.merged(observer.now() - began)
    except FsmError as error:
        tree.tallies.variable_errors += 1
        tree.set_condition(s, DERIVED, str(error))
        s.derive_key = None  # or the inputs of before would be taken for derived, and stay refused
        return
    previous = _previous_observation(s)
    parent_state = s.parent.state if s.parent else ""
    declared = s.declared.user_spec
    # All inputs of a derive. Compared as a tuple, so that equal objects are found by identity in C
    # before any `__eq__` of an author runs.
    key = (declared, previous, s.user, parent_state, s.location, tree.global_variables)
    old = s.derive_key
    if old == key:
        return
    s.derive_key = key
    if old is not None and (
        old[0] is not declared
        or old[2] is not s.user
        or old[3] != parent_state
        or old[5] is not tree.global_variables
    ):
        livelock.reset(s)
    user = with_engine_keys(
        s.user,
        parent_state=parent_state,
        location=s.location_scope,
        location_path=s.location_path,
    )
    variables = VariableBundle.trusted(user, tree.global_variables, s.internal)
    if (
        old is not None
        and s.spec is not None
        and old[0] == declared
        and old[1] == previous
        and unaffected(s.reads, s.spec.variables, variables)
    ):
        # The same reads give the same result, an error too; only what runs sees the variables. H59
        s.spec = msgspec.structs.replace(declared, variables=variables)
        if s.desired is not None and not _failed(s):
            _apply_config(tree, s, s.spec, s.desired)
        return
    s.spec = msgspec.structs.replace(declared, variables=variables)
    _derive_anew(tree, s, s.spec, previous)


def impure_derive(s: Supervisor) -> str:
    """What a second derive from the same inputs gives that the first did not; for the guard."""
    if s.spec is None or s.desired is None or s.derive_due or _failed(s):
        return ""
    again = s.worker.derive_desired_state(s.spec, _previous_observation(s))
    for field in s.desired.__struct_fields__:
        if getattr(again, field) != getattr(s.desired, field):
            return f"derive_desired_state gave another `{field}` from the same spec and variables"
    return ""


def _failed(s: Supervisor) -> bool:
    return s.conditions is not None and DERIVED in s.conditions


def _derive_anew(tree: Tree, s: Supervisor, spec: UserSpec, previous: Any) -> None:
    """Have the worker derive, noting what it reads."""
    plain = spec.variables
    given = copy.deepcopy((plain.user, plain.global_)) if tree.guard else None
    noted = TrackedBundle.open(plain.user, plain.global_, plain.internal)
    # Frozen for authors; put in place here, and taken back below, because a copy of the spec that
    # differs in this one field would cost as much as half of a derive.
    msgspec.structs.force_setattr(spec, "variables", noted)
    # What the author's derive returned may still refer to these two, in a lambda say, and read more
    # of them later, when nobody notes it. There is no list of such ways, and looking through the
    # result would cost more than the derive. But whoever keeps one raises its reference count:
    # CPython counts exactly, so two equal counts prove that nothing was kept.
    held = sys.getrefcount(spec), sys.getrefcount(noted)
    tree.tallies.failing_templates.pop(s.path, None)
    desired = _ask(tree, s, spec, previous)
    kept = held != (sys.getrefcount(spec), sys.getrefcount(noted))  # by what it made, say
    s.reads = noted.close(kept=kept)
    msgspec.structs.force_setattr(spec, "variables", plain)
    if given is not None and given != (plain.user, plain.global_):
        tree.set_condition(s, PURE, CHANGED_WHAT_IT_WAS_GIVEN)
    if desired is None:
        return
    if s.conditions is not None:
        tree.clear_condition(s, DERIVED)
    before, s.desired = s.desired, desired
    if tree.secrets.changed and before is not None:
        _name_secrets(tree, s, before, desired)
    if before is None:
        if desired.children_specs or s.children:
            s.review_children()
    elif before.children_specs != desired.children_specs or before.groups != desired.groups:
        s.review_children(all_=False)
    else:  # equal by value: let the new ones go, and keep those that the children have
        msgspec.structs.force_setattr(desired, "children_specs", before.children_specs)
    _apply_config(tree, s, spec, desired)


def _name_secrets(tree: Tree, s: Supervisor, before: DesiredState, desired: DesiredState) -> None:
    """Have the record of this tick say which secret made the desired state another one."""
    cause = changed_between(
        tree, (before.config, before.children_specs), (desired.config, desired.children_specs)
    )
    if cause is not None:
        tree.secrets.causes.append(cause)


def _report_secrets(tree: Tree, s: Supervisor, desired: DesiredState) -> None:
    """Report a secret that the running instance is handed now."""
    old, new = (s.applied, s.live_config), (s.declared.user_spec, desired.config)
    cause = changed_between(tree, old, new)
    if cause is not None:
        tree.report("secret", s, f"{cause}: handed to the running worker")


def _ask(tree: Tree, s: Supervisor, spec: UserSpec, previous: Any) -> DesiredState | None:
    tree.counters.derives += 1
    try:
        if tree.log is not None and tree.log.debugs(s.path):
            desired = _logged(tree, s, tree.log, spec, previous)
        else:
            desired = s.worker.derive_desired_state(spec, previous)
        _validate(s, desired)
    except FsmError as error:
        if isinstance(error, TemplateError):
            tree.tallies.template_failed(s.path, s.definition.name, error)
        tree.set_condition(s, DERIVED, error_text(error))
        return None
    except ANY_RAISED as error:  # author code; contained and counted
        _note_raised(tree, s, "derive_desired_state", error)
        return None
    return desired


def _logged(tree: Tree, s: Supervisor, log: LogSink, spec: UserSpec, previous: Any) -> DesiredState:
    """Derive, and log how many templates that rendered."""
    with counted() as templates:
        desired: DesiredState = s.worker.derive_desired_state(spec, previous)
    if templates[0]:
        text = "1 template" if templates[0] == 1 else f"{templates[0]} templates"
        log.put(s, TemplateRendered(templates=templates[0]), text, tree.tick_id)
    return desired


def _inherit(tree: Tree, s: Supervisor) -> None:
    """Overlay the parent's variables and location by those declared; tell children of changes."""
    parent, declared = s.parent, s.declared.user_spec
    user = inherit_variables(parent.user if parent else {}, declared.variables.user)
    if s.overrides is not None and s.overrides.variables:
        user = inherit_variables(user, s.overrides.values)
    above = parent.location if parent else {}
    location = merge_locations(above, declared.location) if declared.location else above
    if location is not s.location and location != s.location:
        s.location, s.location_path = location, compute_location_path(location)
        # Children that add no level share their parent's, as they share its location.
        shared = parent is not None and location is parent.location
        s.location_scope = (
            parent.location_scope if parent and shared else location_variables(location)
        )
        moved = True
    else:
        moved = False
    if moved or (user is not s.user and user != s.user):
        s.user = user
        if tree.log is not None and tree.log.tracing:
            tree.log.input_changed(s, "variables")
        if tree.log is not None and tree.log.debugs(s.path):
            event = VariablesPropagated(
                depth=s.depth, variables=len(user), children=len(s.children)
            )
            tree.log.put(
                s, event, "1 variable" if len(user) == 1 else f"{len(user)} variables", tree.tick_id
            )
        _note_change(tree, s)
        if s.children:
            cause = Cause("variables", PARENT_VARIABLES, tree.deciding)
            tree.for_each(s.children.values(), "derive", cause)


def _note_change(tree: Tree, s: Supervisor) -> None:
    """How far a change of the variables of one that has derived before has come down."""
    if s.derive_key is None:
        return
    if s.derive_key[0] is not s.declared.user_spec:
        tree.tallies.variables_changed(s.depth)
    else:
        tree.tallies.variables_passed(s.depth)


def _previous_observation(s: Supervisor) -> Any:
    source = s.definition.derive_from
    if source == "own":
        return s.observed if s.observed_at is not None else None
    if source == "parent" and s.parent is not None:
        return s.parent.observed if s.parent.observed_at is not None else None
    return None


def _validate(s: Supervisor, desired: Any) -> None:
    if not isinstance(desired, DesiredState):
        raise SpecError(
            f"derive_desired_state of {s.definition.name} returned {type(desired).__name__}, "
            "not a DesiredState."
        )
    if desired.state not in s.definition.states:
        raise SpecError(
            f"derive_desired_state of {s.definition.name} asks for the unknown state "
            f"'{desired.state}'.",
            fix=suggest(desired.state, s.definition.states),
        )


def _apply_config(tree: Tree, s: Supervisor, spec: Any, desired: DesiredState) -> None:
    """Hand changes to the running instance, or ask for a new one, as the type's policy says."""
    if s.watched_at is None:
        watch.hand_over(s, spec, desired.config)
        return
    log = tree.log
    if log is not None and log.tracing and desired.config != s.live_config:
        log.input_changed(s, "config")
    recreate.review(tree, s)
    if s.stop is not None and not s.definition.in_place:
        return  # it stops what it began with, not what it would be next
    if not s.recreate_due and claims.may_adapt(tree, s):
        # Only a parent's state or a variable that nothing rendered changes no more than the spec.
        spec_changed = s.declared.user_spec is not s.applied and s.declared.user_spec != s.applied
        changed = spec_changed or desired.config != s.live_config
        if changed and tree.secrets.changed:
            _report_secrets(tree, s, desired)
        watch.hand_over(s, spec, desired.config)
        claims.adapted(tree, s)
        tree.emit(Update(s.path, s.incarnation, spec, desired.config, changed))
