"""Worker types of both update policies that nest, with variables and locations: random trees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from hypothesis import strategies as st

from fsmv2 import (
    ChildSpec,
    DesiredState,
    ObservedState,
    Resources,
    Snapshot,
    Step,
    UserSpec,
    VariableBundle,
    Worker,
    WorkerFactory,
    goto,
    render_template,
    state,
    stay,
)


class LampSpec(UserSpec):
    """`shows` are the variables that stand in its config; `parts` are its children.

    `gives`: the children get the variable z with the value of this one, and `pins`: their pin is
    it. `hides`: where this one is 0, there are no children. `needs`: no derive without this one.
    """

    pin: int = 0
    shows: tuple[str, ...] = ()
    parts: tuple[ChildSpec, ...] = ()
    gives: str = ""
    pins: str = ""
    hides: str = ""
    needs: str = ""


class LampObserved(ObservedState):
    """A lamp is as it is."""


Snap = Snapshot[LampSpec, LampObserved]


class Lamp(Worker[LampSpec, LampObserved]):
    """stopped → on; made again for another spec or config."""

    def derive_desired_state(
        self, spec: LampSpec, previous_observed: LampObserved | None
    ) -> DesiredState:
        user = spec.variables.flatten()
        shown = [name for name in spec.shows if name != "global" and name in user]
        config = {name: user[name] for name in shown}
        if "global" in spec.shows:  # noted as the one path that the template reads
            config["global"] = render_template("{{ .global.g | default(0) }}", user)
        if spec.needs:
            config["needed"] = user[spec.needs]
        parts = () if user.get(spec.hides) == 0 else spec.parts
        return DesiredState("on", [_given(spec, user, p) for p in parts], config=config or None)

    async def collect_observed_state(
        self, spec: LampSpec, resources: Resources[None]
    ) -> LampObserved:
        return LampObserved()

    @state("stopped", to="on")
    def stopped(self, s: Snap) -> Step:
        return stay("off") if s.should_stop else goto(self.on, "on")

    @state("running", to="stopped")
    def on(self, s: Snap) -> Step:
        return goto(self.stopped, "off") if s.should_stop else stay("on")


def _given(spec: LampSpec, user: Mapping[str, Any], part: ChildSpec) -> ChildSpec:
    """A part with what its parent gives it."""
    made = part.user_spec
    if spec.gives in user:
        declared = {**made.variables.user, "z": user[spec.gives]}
        made = msgspec.structs.replace(made, variables=VariableBundle(declared))
    if spec.pins in user:
        made = msgspec.structs.replace(made, pin=user[spec.pins])
    return msgspec.structs.replace(part, user_spec=made)


class Dimmer(Lamp):
    """The same, and what runs goes on with another spec."""

    update_policy = "in_place"


def factory() -> WorkerFactory:
    made = WorkerFactory()
    made.register(Lamp)
    made.register(Dimmer)
    return made


NAMES, VARIABLES = "abc", ("x", "y")
SHOWN = (*VARIABLES, "z", "global")
values = st.dictionaries(st.sampled_from(VARIABLES), st.integers(0, 2), max_size=2)
rarely = st.sampled_from(["", "", "", *VARIABLES])


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> LampSpec:
    """A lamp with what is below it."""
    parts = []
    for name in NAMES if depth else ():
        if draw(st.integers(0, 2)):
            kind = draw(st.sampled_from(["lamp", "dimmer"]))
            parts.append(ChildSpec(name, kind, draw(trees(depth=depth - 1)), **draw(declared)))
    return LampSpec(
        pin=draw(st.integers(0, 1)),
        shows=tuple(draw(st.lists(st.sampled_from(SHOWN), max_size=2, unique=True))),
        variables=VariableBundle(draw(values)),
        parts=tuple(parts),
        gives=draw(rarely),
        pins=draw(rarely),
        hides=draw(rarely),
        needs=draw(st.sampled_from(["", "", "", "", "", *VARIABLES])),
    )


declared: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"enabled": st.sampled_from([True, True, True, False])}
)


@st.composite
def changes(draw: st.DrawFn, spec: LampSpec, depth: int = 3) -> LampSpec:
    """The same with a few things changed here and there below."""
    other = draw(trees(depth=depth))
    parts = []
    for part in spec.parts:
        kept = draw(st.integers(0, 5))
        if kept == 0:
            continue
        if kept <= 2 and depth:
            changed = draw(changes(part.user_spec, depth=depth - 1))  # type: ignore[arg-type]
            kind = draw(st.sampled_from([part.worker_type, part.worker_type, "lamp", "dimmer"]))
            parts.append(ChildSpec(part.name, kind, changed, **draw(declared)))
        else:
            parts.append(part)
    there = {part.name for part in parts}
    parts += [part for part in other.parts if part.name not in there and draw(st.booleans())]
    own = draw(st.sampled_from([spec, spec, spec, other]))
    return msgspec.structs.replace(own, parts=tuple(parts))


@st.composite
def other_variables(draw: st.DrawFn, spec: LampSpec) -> LampSpec:
    """The same, in which variables have other values, come or go at several places."""
    parts = [
        msgspec.structs.replace(part, user_spec=draw(other_variables(part.user_spec)))  # type: ignore[arg-type]
        for part in spec.parts
    ]
    bundle = VariableBundle(draw(values)) if draw(st.booleans()) else spec.variables
    return msgspec.structs.replace(spec, variables=bundle, parts=tuple(parts))
