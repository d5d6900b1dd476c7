"""Each variable that changes is held against the same change without it, by the core itself."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from changed_plant import restored
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nested_lamps import LampSpec, changes, factory, other_variables, trees

from fsmv2 import ChildSpec, VariableBundle
from fsmv2.core import Core, Declared
from fsmv2.operate.changes.plan_comparison import compare
from fsmv2.runtime.foresight import foresee
from fsmv2.testing import Simulation

HOURS = 4 * 3600
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]


def root(spec: LampSpec, g: int) -> ChildSpec:
    bundle = VariableBundle(spec.variables.user, {"g": g})
    return ChildSpec("top", "dimmer", msgspec.structs.replace(spec, variables=bundle))


def without(after: LampSpec, before: LampSpec, names: list[str], name: str) -> LampSpec | None:
    """`after` with one variable as in `before`; None: it stands in neither of them."""
    if not names:
        now, was = after.variables.user, before.variables.user
        if (name in now, now.get(name)) == (name in was, was.get(name)):
            return None
        user = {key: value for key, value in now.items() if key != name}
        user.update({name: was[name]} if name in was else {})
        return msgspec.structs.replace(after, variables=VariableBundle(user))
    parts = {part.name: part for part in after.parts}
    old = {part.name: part for part in before.parts}
    if names[0] not in parts or names[0] not in old:
        return None
    part = parts[names[0]]
    found = without(part.user_spec, old[names[0]].user_spec, names[1:], name)  # type: ignore[arg-type]
    if found is None:
        return None
    parts[names[0]] = msgspec.structs.replace(part, user_spec=found)
    return msgspec.structs.replace(after, parts=tuple(parts.values()))


def outlook(sim: Simulation, declared: ChildSpec) -> Core:
    core = restored(sim)
    foresee(core, Declared(declared, declared.user_spec.variables.global_, "plan", {}, None))
    return core


def differing(one: Core, other: Core) -> set[str]:
    """Who is another one in the other, and who restarts with somebody who is."""
    found = {
        path for path in {*one.by_path, *other.by_path} if is_as(one, path) != is_as(other, path)
    }
    for path in found & one.by_path.keys() & other.by_path.keys():
        s, its = one.by_path[path], other.by_path[path]
        replaced = s.declared.user_spec != its.declared.user_spec or config(s) != config(its)
        retyped = s.declared.worker_type != its.declared.worker_type
        if retyped or (replaced and not s.definition.in_place):
            found |= {below.path for below in s.subtree()}
    return found


def is_as(core: Core, path: str) -> Any:
    s = core.by_path.get(path)
    if s is None:
        return None
    spec, user = s.declared.user_spec, s.declared.user_spec.variables.user
    spec = msgspec.structs.replace(spec, variables=VariableBundle(user))  # the root has global ones
    declared = msgspec.structs.replace(s.declared, user_spec=spec)
    return declared, s.desired and s.desired.state, config(s)


def config(s: Any) -> Any:
    return s.desired and s.desired.config


def check(before: LampSpec, after: LampSpec, g: tuple[int, int]) -> None:
    with Simulation(root(before, g[0]), factory()) as sim:
        sim.run(5.0)
        plan = compare(restored(sim), restored(sim), root(after, g[1]))
        done = {one.path for one in plan.workers if one.action != "derive"}
        with_all = outlook(sim, root(after, g[1]))
        assert {one.name for one in plan.variables if one.name.startswith("global.")} == (
            {"global.g"} if g[0] != g[1] else set()
        )
        for one in plan.variables:
            if one.name == "global.g":
                declared = root(after, g[0])
            else:
                spec = without(after, before, one.path.split("/")[1:], one.name)
                if spec is None:  # a parent gave it to its child
                    continue
                declared = root(spec, g[1])
            touched = done & differing(with_all, outlook(sim, declared))
            assert set(one.workers) == touched, (one.path, one.name)


def ways_on(before: LampSpec) -> st.SearchStrategy[tuple[LampSpec, LampSpec, tuple[int, int]]]:
    """Most often only variables change, at several places at once."""
    after = st.one_of(other_variables(before), other_variables(before), changes(before))
    return st.tuples(st.just(before), after, st.sampled_from([(1, 1), (1, 2)]))


CHANGES = trees().flatmap(ways_on)


@settings(max_examples=20, deadline=None, suppress_health_check=QUIET)
@given(CHANGES)
def test_each_variable_touches_whom_its_change_alone_makes_another_one(change: Any) -> None:
    check(*change)


def test_without_the_variable_a_worker_of_another_type_would_have_the_same_children() -> None:
    """With it there are none; without it they would be made anew, and not be removed."""
    inner = ChildSpec("a", "lamp", LampSpec(parts=(ChildSpec("b", "lamp", LampSpec()),)))
    ways = [
        LampSpec(
            variables=VariableBundle(user),
            parts=(ChildSpec("c", kind, LampSpec(parts=(inner,))),),
            hides="x",
        )
        for user, kind in (({}, "lamp"), ({"x": 0}, "dimmer"))
    ]
    check(ways[0], ways[1], (1, 1))


def test_one_that_cannot_derive_keeps_no_children_when_those_above_it_are_made_anew() -> None:
    """Also without the variable its parent has another spec, so it is a new one either way."""
    ways = [
        LampSpec(parts=(ChildSpec("b", "lamp", LampSpec(parts=(ChildSpec("a", "dimmer", spec),))),))
        for spec in (
            LampSpec(parts=(ChildSpec("a", "lamp", LampSpec()),)),
            LampSpec(variables=VariableBundle({"y": 2}), needs="x"),
        )
    ]
    check(ways[0], ways[1], (1, 1))


@pytest.mark.slow
@pytest.mark.timeout(HOURS)
@settings(max_examples=5000, deadline=None, suppress_health_check=QUIET)
@given(CHANGES)
def test_each_variable_touches_whom_its_change_alone_makes_another_one_at_length(
    change: Any,
) -> None:
    check(*change)
