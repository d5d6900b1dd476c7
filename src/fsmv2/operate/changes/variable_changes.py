"""The variables that are declared with another value, and the exact workers each of them touches.

A variable touches a worker if something is done to the worker, more than that it derives again, and
if it would be another one had just this variable stayed as it was, all other changes made: declared
or configured otherwise, another type, or not there at all. So are those below one that restarts for
this reason, since they restart with it. `variable_effects` finds out who that is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fsmv2.core import Core
from fsmv2.operate.changes.change_plan import VariableChange, WorkerChange
from fsmv2.operate.changes.field_changes import value_change
from fsmv2.operate.changes.variable_effects import VariableEffects
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
    if not changed:
        return []
    effects = VariableEffects(before, after)
    done = {one.path for one in workers if one.action != "derive"}
    found = []
    for path, name in sorted(changed):
        if name.startswith(GLOBAL):
            touched = effects.of_global_variable(name.removeprefix(GLOBAL))
        else:
            touched = effects.of_user_variable(path, name)
        found.append(_as_data((path, name), changed[path, name], done & touched))
    return found


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
