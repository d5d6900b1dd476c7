"""The variables that are declared with another value, and the exact workers each of them touches.

A worker is touched by a variable if it would be another one without just this change: that is asked
of its own derive, which is pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.core import Core, Supervisor
from fsmv2.model import DesiredState, VariableBundle
from fsmv2.model.read_tracking import unaffected
from fsmv2.operate.changes.change_plan import VariableChange, WorkerChange
from fsmv2.operate.changes.field_changes import value_change
from fsmv2.runtime.foresight import Foresight

GLOBAL = "global."
Name = tuple[str, str]
"""Where a variable is declared, and its name."""


def variable_changes(
    before: Core, after: Core, now: Foresight, then: Foresight, workers: Iterable[WorkerChange]
) -> list[VariableChange]:
    """Each variable with another value, in the order of the paths that declare them.

    `workers`: everybody to whom something is done.
    """
    root = after.root.path if after.root is not None else ""
    changed: dict[Name, tuple[Any, Any]] = {
        (root, f"{GLOBAL}{name}"): pair
        for name, pair in _differing(before.global_variables, after.global_variables)
    }
    both = [
        (now.workers[path].supervisor, one.supervisor)
        for path, one in then.workers.items()
        if path in now.workers
    ]
    for old, s in both:
        declared = old.declared.user_spec.variables.user, s.declared.user_spec.variables.user
        changed.update(((s.path, name), pair) for name, pair in _differing(*declared))
    touched: dict[Name, set[str]] = {name: set() for name in changed}
    if changed:
        for old, s in both:
            for name, whom in _touched_by(old, s, changed):
                touched[name] |= whom
    others = {one.path for one in workers if one.action != "derive"}
    return [_as_data(name, changed[name], others & touched[name]) for name in sorted(changed)]


def _as_data(name: Name, pair: tuple[Any, Any], touched: set[str]) -> VariableChange:
    shown = value_change(name[1], *pair)
    return VariableChange(
        path=name[0],
        name=name[1],
        before=shown.before,
        after=shown.after,
        workers=tuple(sorted(touched, key=lambda path: path.split("/"))),
    )


_ABSENT = object()


def _differing(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[Any, Any]]]:
    if before is after or before == after:
        return
    for name in {**before, **after}:
        old, new = before.get(name, _ABSENT), after.get(name, _ABSENT)
        if old is _ABSENT or new is _ABSENT or old != new or type(old) is not type(new):
            yield name, (None if old is _ABSENT else old, None if new is _ABSENT else new)


def _touched_by(
    old: Supervisor, s: Supervisor, changed: Mapping[Name, Any]
) -> Iterator[tuple[Name, set[str]]]:
    """Which of the changed variables touch the derive of `s`, and whom each touches by it."""
    if old.spec is None or s.spec is None or s.desired is None:
        return
    was, is_ = old.spec.variables, s.spec.variables
    user = dict(_differing(was.user, is_.user))
    global_ = dict(_differing(was.global_, is_.global_))
    if not user and not global_:
        return
    above = _above(s)
    for name in user:
        declared = next(((p, name) for p in above if (p, name) in changed), None)
        if declared is not None:
            whom = _without(old, s, _put_back(is_, "user", was.user, name))
            if declared[0] == s.path:  # its spec is another one, whoever reads the variable
                whom |= _with_what_stops(s)
            yield declared, whom
    for name in global_:
        declared = (above[-1], f"{GLOBAL}{name}")
        if declared in changed:
            yield declared, _without(old, s, _put_back(is_, "global_", was.global_, name))


def _above(s: Supervisor) -> list[str]:
    """Its own path and those above, the nearest first."""
    parts = s.path.split("/")
    return ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]


def _put_back(
    bundle: VariableBundle, tier: str, before: Mapping[str, Any], name: str
) -> VariableBundle:
    """The variables as they would be without the change of one."""
    values = {key: value for key, value in getattr(bundle, tier).items() if key != name}
    if name in before:
        values[name] = before[name]
    tiers = {one: getattr(bundle, one) for one in ("user", "global_", "internal")}
    return VariableBundle.trusted(**{**tiers, tier: values})


def _without(old: Supervisor, s: Supervisor, variables: VariableBundle) -> set[str]:
    """Who is another one with these variables than with those that `s` would have."""
    assert s.spec is not None and s.desired is not None  # noqa: S101, PT018  (checked by the caller)
    if unaffected(s.reads, s.spec.variables, variables):
        return set()
    spec = msgspec.structs.replace(s.spec, variables=variables)
    if old.spec == spec and old.desired is not None:
        return _differences(s, s.desired, old.desired)
    try:
        without = s.worker.derive_desired_state(spec, _previous(s))
    except ANY_RAISED:  # without the change it could not be derived at all
        return {s.path, *(child.path for child in s.children.values())}
    return _differences(s, s.desired, without)


def _previous(s: Supervisor) -> Any:
    source = {"own": s, "parent": s.parent}.get(s.definition.derive_from)
    return source.observed if source is not None and source.observed_at is not None else None


def _differences(s: Supervisor, desired: DesiredState, without: DesiredState) -> set[str]:
    found: set[str] = set()
    if desired.config != without.config or desired.state != without.state:
        found.update(_with_what_stops(s))
    others = {spec.name: spec for spec in without.children_specs}
    for spec in desired.children_specs:
        child = s.children.get(spec.name)
        if child is not None and spec != others.get(spec.name):
            found.update(one.path for one in child.subtree())
    return found


def _with_what_stops(s: Supervisor) -> set[str]:
    """Itself, and what is recreated with it."""
    return {s.path} if s.definition.in_place else {one.path for one in s.subtree()}
