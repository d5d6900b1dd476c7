"""Whom one changed variable touches: who would be another one if just this change were left out.

That is asked of the workers themselves. From where the variable is declared downwards, each derives
from what it would be declared as and given without the change; a derive is pure, so asking does
nothing. It goes on only where something differs. Another variable that changes at the same time, at
the same place or below, is therefore never taken for this one.

Not followed is what would come of it only in time: a parent that passes through other states, and
who is stopped meanwhile because it requires one that restarts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.core import Core, Supervisor
from fsmv2.core.state.paths import join
from fsmv2.model import (
    ChildSpec,
    DesiredState,
    UserSpec,
    VariableBundle,
    compute_location_path,
    inherit_variables,
    location_variables,
    merge_locations,
    with_engine_keys,
)
from fsmv2.model.read_tracking import unaffected

Tier = tuple[str, str]
"""`user` or `global`, and the name of a variable in it."""

CONFIG_AND_CHILDREN = frozenset({"config", "children_specs"})


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker would be given from above.

    `only`: the one variable in which this differs from what it is given; None: perhaps in more.
    `kept`: whether the worker above would be the instance that runs now, if those above the
    `declared_at`, a path and the variable there, would be theirs.
    """

    user: Mapping[str, Any]
    global_: Mapping[str, Any]
    location: Mapping[str, str]
    only: Tier | None
    kept: bool = True
    declared_at: tuple[str, str] | None = None


class VariableEffects:
    """Of `before`, the core as it is, and `after`, the same with all changes made."""

    def __init__(self, before: Core, after: Core) -> None:
        self._before = before.by_path
        self._global_before = before.global_variables
        self._after = after
        self._holders = _Holders()
        self._readers = _Readers(after.by_path.values())

    def of_user_variable(self, path: str, name: str) -> set[str]:
        """Who is touched by `name`, which the worker at `path` is declared with."""
        s, old = self._after.by_path[path], self._before[path]
        now, was = (one.declared.user_spec.variables.user for one in (s, old))
        declared = _with_variables(s.declared, {"user": _put_back(now, was, name)})
        given = Given(
            user=s.parent.user if s.parent is not None else {},
            global_=self._after.global_variables,
            location=s.parent.location if s.parent is not None else {},
            only=("user", name),
            declared_at=(path, name),
        )
        touched: set[str] = set()
        self._visit(s, declared, given, touched)
        for above in self._holders.of(s, name):
            touched.update(_with_what_is_recreated(above))
        return touched

    def of_global_variable(self, name: str) -> set[str]:
        """Who is touched by the global variable `name`."""
        touched: set[str] = set()
        root, changed = self._after.root, ("global", name)
        if root is not None:
            global_ = _put_back(self._after.global_variables, self._global_before, name)
            given = Given(user={}, global_=global_, location={}, only=changed)
            declared = root.declared
            if not root.definition.in_place:  # the spec of a root has them, and it restarts for it
                declared = _with_variables(declared, {"global_": global_})
            self._visit(root, declared, given, touched)
        return touched

    # ---- who is there with all changes ----------------------------------------------------------

    def _visit(self, s: Supervisor, declared: ChildSpec, given: Given, touched: set[str]) -> None:
        """`s` and all below it, if `s` were declared like this and given that."""
        old = self._before.get(s.path)
        if declared.worker_type != s.declared.worker_type:
            touched.update(one.path for one in s.subtree())
            if old is not None:
                self._would_be_there(old, declared, given, touched)
            return
        without, below = self._asked(s, old, declared, given)
        other = declared.user_spec != s.declared.user_spec or _config(without) != _config(s.desired)
        if other and not s.definition.in_place:
            touched.update(_with_what_is_recreated(s))
        elif other or declared != s.declared or _of_itself(without) != _of_itself(s.desired):
            touched.add(s.path)
        self._children(s, without, below, touched)

    def _children(
        self, s: Supervisor, without: DesiredState | None, given: Given, touched: set[str]
    ) -> None:
        specs = {} if without is None else {spec.name: spec for spec in without.children_specs}
        same = (
            given.global_ is self._after.global_variables
            and given.location == s.location
            and given.user == s.user
        )
        for name, child in s.children.items():
            spec = specs.get(name)
            if spec is None:
                touched.update(one.path for one in child.subtree())
            elif spec is not child.declared and spec != child.declared:
                anything = msgspec.structs.replace(given, only=None)
                self._visit(child, spec, anything, touched)
            elif not same and (given.only is None or self._readers.reach(child.path, given.only)):
                self._visit(child, child.declared, given, touched)
        for name, spec in specs.items():
            if name not in s.children and (old := self._before.get(join(s.path, name))) is not None:
                self._would_be_there(old, spec, given, touched)

    # ---- who would only be there without the change ---------------------------------------------

    def _would_be_there(
        self, old: Supervisor, declared: ChildSpec, given: Given, touched: set[str]
    ) -> None:
        """`old`, which goes, and whoever of those below it would stay with it."""
        touched.add(old.path)
        if declared.worker_type != old.declared.worker_type:
            without, below = self._made_anew(old, declared, given)
        else:
            without, below = self._asked(old, old, declared, given)
        for spec in () if without is None else without.children_specs:
            if (child := old.children.get(spec.name)) is not None:
                self._would_be_there(child, spec, below, touched)

    def _made_anew(
        self, old: Supervisor, declared: ChildSpec, given: Given
    ) -> tuple[DesiredState | None, Given]:
        """The same as `_asked` of who would take the place of `old` as a worker of another type."""
        spec, user, location = declared.user_spec, _user(old, declared, given), given.location
        try:
            location = merge_locations(location, spec.location) if spec.location else location
            worker = self._after.type_named(declared.worker_type).make()
            given_spec = msgspec.structs.replace(
                spec, variables=_bundle(old, user, location, given.global_)
            )
            without = worker.derive_desired_state(given_spec, None)
        except ANY_RAISED:  # it never comes to have children
            without = None
        below = Given(
            user=user, global_=given.global_, location=location, only=given.only, kept=False
        )
        return without, below

    def _stay_above(self, path: str, name: str) -> bool:
        """Whether all above `path` would be the instances that run now without its variable."""
        s = self._after.by_path[path]
        holders = {one.path for one in self._holders.of(s, name)}
        now, was = (
            one[path].declared.user_spec.variables.user
            for one in (self._after.by_path, self._before)
        )
        put_back = _put_back(now, was, name)
        for above in reversed(list(_above(s))):
            declared = above.declared
            if above.path in holders:
                names = path[len(above.path) + 1 :].split("/")
                declared = _with_nested(declared, [above.name, *names], put_back)
            given = Given(
                user=above.parent.user if above.parent is not None else {},
                global_=self._after.global_variables,
                location=above.parent.location if above.parent is not None else {},
                only=None,
            )
            _, below = self._asked(above, self._before.get(above.path), declared, given)
            if not below.kept:
                return False
        return True

    # ---- asking one -----------------------------------------------------------------------------

    def _asked(
        self, s: Supervisor, old: Supervisor | None, declared: ChildSpec, given: Given
    ) -> tuple[DesiredState | None, Given]:
        """What `s` would derive, None if it never could, and what its children would be given."""
        spec, user = declared.user_spec, _user(s, declared, given)
        try:
            above = given.location
            location = merge_locations(above, spec.location) if spec.location else above
            without = self._derived(s, old, spec, user, location, given)
        except ANY_RAISED:  # it keeps what it derived last, if it is still that instance
            kept = given.kept and _stays(old, declared, None)
            if kept and given.declared_at is not None:
                kept = self._stay_above(*given.declared_at)
            without, location = old.desired if old is not None and kept else None, s.location
        below = Given(
            user=user,
            global_=given.global_,
            location=location,
            only=given.only,
            kept=given.kept and _stays(old, declared, without),
            declared_at=given.declared_at,
        )
        return without, below

    def _derived(
        self,
        s: Supervisor,
        old: Supervisor | None,
        declared: UserSpec,
        user: Mapping[str, Any],
        location: Mapping[str, str],
        given: Given,
    ) -> DesiredState | None:
        variables = _bundle(s, user, location, given.global_)
        if (
            s.spec is not None
            and declared == s.declared.user_spec
            and unaffected(s.reads, s.spec.variables, variables)
        ):
            return s.desired
        spec = msgspec.structs.replace(declared, variables=variables)
        if old is not None and old.desired is not None and old.spec == spec:
            return old.desired
        desired: DesiredState = s.worker.derive_desired_state(spec, _previous(s))
        if desired.state not in s.definition.states:
            raise ValueError(desired.state)  # as the core refuses it
        return desired


def _user(s: Supervisor, declared: ChildSpec, given: Given) -> Mapping[str, Any]:
    """The user variables of `s`, if it were declared like this and given that."""
    user = inherit_variables(given.user, declared.user_spec.variables.user)
    if s.overrides is not None and s.overrides.variables:
        user = inherit_variables(user, s.overrides.values)
    return user


def _bundle(
    s: Supervisor,
    user: Mapping[str, Any],
    location: Mapping[str, str],
    global_: Mapping[str, Any],
) -> VariableBundle:
    """All variables of `s` with these of the user, at this location."""
    moved = location != s.location
    variables = with_engine_keys(
        user,
        parent_state=s.parent.state if s.parent is not None else "",
        location=location_variables(location) if moved else s.location_scope,
        location_path=compute_location_path(location) if moved else s.location_path,
    )
    return VariableBundle.trusted(variables, global_, s.internal)


def _previous(s: Supervisor) -> Any:
    source = {"own": s, "parent": s.parent}.get(s.definition.derive_from)
    return source.observed if source is not None and source.observed_at is not None else None


def _stays(old: Supervisor | None, declared: ChildSpec, desired: DesiredState | None) -> bool:
    """Whether `old` would go on as the same instance; without a `desired`, by its spec alone."""
    if old is None or old.declared.worker_type != declared.worker_type:
        return False
    if old.definition.in_place:
        return True
    same = desired is None or _config(desired) == _config(old.desired)
    return same and old.declared.user_spec == declared.user_spec


def _put_back(now: Mapping[str, Any], before: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The variables `now`, but for one as it was."""
    values = {key: value for key, value in now.items() if key != name}
    if name in before:
        values[name] = before[name]
    return values


def _with_variables(declared: ChildSpec, tier: Mapping[str, Mapping[str, Any]]) -> ChildSpec:
    """The same with other variables in one tier."""
    spec = declared.user_spec
    tiers = {name: getattr(spec.variables, name) for name in ("user", "global_", "internal")}
    bundle = VariableBundle.trusted(**{**tiers, **tier})
    return msgspec.structs.replace(
        declared, user_spec=msgspec.structs.replace(spec, variables=bundle)
    )


def _with_nested(value: Any, names: list[str], user: Mapping[str, Any]) -> Any:
    """The same with other user variables in the child spec that `names` lead to, within others."""
    if isinstance(value, ChildSpec):
        if value.name != names[0]:
            return value
        if len(names) == 1:
            return _with_variables(value, {"user": user})
        return msgspec.structs.replace(
            value, user_spec=_with_nested(value.user_spec, names[1:], user)
        )
    if isinstance(value, msgspec.Struct):
        fields = value.__struct_fields__
        return msgspec.structs.replace(
            value, **{name: _with_nested(getattr(value, name), names, user) for name in fields}
        )
    if isinstance(value, Mapping):
        return {key: _with_nested(part, names, user) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([_with_nested(part, names, user) for part in value])
    return value


def _config(desired: DesiredState | None) -> Any:
    return None if desired is None else desired.config


def _of_itself(desired: DesiredState | None) -> list[Any]:
    """All that was derived for the worker itself, beside its config."""
    if desired is None:
        return []
    names = desired.__struct_fields__
    return [getattr(desired, name) for name in names if name not in CONFIG_AND_CHILDREN]


def _with_what_is_recreated(s: Supervisor) -> Iterator[str]:
    """A worker that has another spec or config, and those that restart with it."""
    return iter((s.path,)) if s.definition.in_place else (one.path for one in s.subtree())


def _above(s: Supervisor) -> Iterator[Supervisor]:
    """Its parent first."""
    above = s.parent
    while above is not None:
        yield above
        above = above.parent


# ---- the variable in a spec further up ---------------------------------------------------------


class _Holders:
    """Those above a worker in whose own spec the child spec stands that it is declared with."""

    def __init__(self) -> None:
        self._inside: dict[str, dict[str, ChildSpec]] = {}

    def of(self, s: Supervisor, name: str) -> Iterator[Supervisor]:
        """The nearest first; in all of them the variable `name` of `s` has the value of now."""
        value = s.declared.user_spec.variables.user.get(name)
        names = [s.name]
        for above in _above(s):
            found = self._of(above).get(names[0])
            for further in names[1:]:
                parts = () if found is None else _nested(found.user_spec)
                found = next((part for part in parts if part.name == further), None)
            if found is None or found.user_spec.variables.user.get(name) != value:
                return
            yield above
            names.insert(0, above.name)

    def _of(self, s: Supervisor) -> dict[str, ChildSpec]:
        """By name; looked for once, since there may be thousands."""
        inside = self._inside.get(s.path)
        if inside is None:
            inside = {part.name: part for part in _nested(s.declared.user_spec)}
            self._inside[s.path] = inside
        return inside


def _nested(value: Any) -> Iterator[ChildSpec]:
    """The child specs in a spec, but for those in one another."""
    if isinstance(value, ChildSpec):
        yield value
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _nested(getattr(value, field))
    elif isinstance(value, list | tuple | Mapping):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _nested(part)


# ---- who has to be asked at all ----------------------------------------------------------------


class _Readers:
    """By the name of a variable, who reads it or has somebody below who does."""

    def __init__(self, workers: Iterable[Supervisor]) -> None:
        self._of: defaultdict[Tier, set[str]] = defaultdict(set)
        self._of_any: set[str] = set()
        for s in workers:
            for found in self._read_by(s):
                above: Supervisor | None = s
                while above is not None and above.path not in found:
                    found.add(above.path)
                    above = above.parent

    def _read_by(self, s: Supervisor) -> Iterator[set[str]]:
        if s.reads is None or ("global",) in s.reads:
            yield self._of_any
            return
        for path in s.reads:
            first = str(path[0])
            yield self._of["global", str(path[1])] if first == "global" else self._of["user", first]

    def reach(self, path: str, changed: Tier) -> bool:
        """Whether the worker at `path`, or one below it, may read the variable."""
        return path in self._of_any or path in self._of.get(changed, ())
