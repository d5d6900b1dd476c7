"""The same trees in the real core: worker types that do what the naive model knows of, and a log.

The log has what the model's order is about: who changed to which state, who was watched, released.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

from naive import DEPTH, Node

from fsmv2 import (
    ChildSpec,
    DesiredState,
    EngineSettings,
    ObservedState,
    UserSpec,
    VariableBundle,
    Worker,
    WorkerFactory,
    act,
    action,
    goto,
    render_template,
    state,
    stay,
)
from fsmv2.core import Instruction, Release, Report, Watch
from fsmv2.testing import Simulation

TEMPLATES = {"": None, "X": "{{ .X }}", "Y": "{{ .Y }}", "G": "{{ .global.G }}"}


class World:
    """What is lit, and how often the next actions at a path fail."""

    def __init__(self) -> None:
        self.lit: dict[str, bool] = {}
        self.failures: Counter[str] = Counter()


class Spec(UserSpec):
    value: int = 0
    wish: str = "on"
    hold: bool = False
    template: str | None = None
    children: tuple[ChildSpec, ...] = ()


class Seen(ObservedState):
    lit: bool = False


class Body(Worker[Spec, Seen], abstract=True):
    """stopped → half ⇄ on → stopping; lit when it is on, which takes an action each way."""

    def __init__(self, world: World) -> None:
        self.world = world

    def derive_desired_state(self, spec: Spec, previous_observed: Seen | None) -> DesiredState:
        template = spec.template
        config = None if template is None else render_template(template, spec.variables)
        return DesiredState(
            spec.wish, spec.children, config=config, hold_reason="held" if spec.hold else None
        )

    async def collect_observed_state(self, spec: Spec, resources: Any) -> Seen:
        return Seen(lit=self.world.lit.get(resources.path, False))

    @action(timeout=5)
    async def switch(self, spec: Spec, resources: Any, on: bool) -> None:
        await asyncio.sleep(0.4)
        if self.world.failures[resources.path] > 0:
            self.world.failures[resources.path] -= 1
            raise OSError("it does not move")
        self.world.lit[resources.path] = on

    @state("stopped", to="half stopping")
    def stopped(self, s: Any) -> Any:
        if not s.should_stop:
            return goto(self.half, "asked to run")
        if s.fresh and s.observed.lit:
            return goto(self.stopping, "it is lit")
        return stay("stopped")

    @state("starting", to="on stopping")
    def half(self, s: Any) -> Any:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.control == "half":
            return act(self.switch, "lit", on=False) if s.observed.lit else stay("half")
        return goto(self.on, "it is lit") if s.observed.lit else act(self.switch, "dark", on=True)

    @state("running", to="half stopping")
    def on(self, s: Any) -> Any:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.control == "half" or not s.observed.lit:
            return goto(self.half, "not to be lit, or not lit")
        return stay("on")

    @state("stopping", to="stopped")
    def stopping(self, s: Any) -> Any:
        if s.observed.lit:
            return act(self.switch, "it is lit", on=False)
        return goto(self.stopped, "dark")


class Leaf(Body):
    """Created anew when its spec or config changes."""


class Shell(Body):
    """The same, and it has children, which are then created anew, too."""


class Group(Body):
    """Takes changes in place."""

    update_policy = "in_place"


def declared(node: Node) -> ChildSpec:
    """The child spec for a node."""
    return ChildSpec(
        node.name,
        node.kind,
        Spec(
            value=node.value,
            wish=node.wish,
            hold=node.hold,
            template=TEMPLATES[node.uses],
            children=tuple(map(declared, node.children)),
            variables=VariableBundle(dict(node.sets)),
        ),
        state_mapping=dict(node.mapping),
        enabled=node.enabled,
        depends_on=node.depends_on,
    )


class Real:
    """A simulation of declared nodes, and its log since it was last read."""

    def __init__(self, root: Node, global_: Mapping[str, int]) -> None:
        self.world = World()
        factory = WorkerFactory()
        for kind in (Leaf, Shell, Group):
            factory.register(kind, make=lambda kind=kind: kind(self.world))
        # The first level is 0; a healed wake-up would hide that it was lost.
        settings = EngineSettings(depth_limit=DEPTH, resync=100_000.0)
        self.sim = Simulation(declared(root), factory, global_variables=global_, settings=settings)
        self.log: list[tuple[str, str, str]] = []
        take = self.sim.core.take

        def logged() -> list[Instruction]:
            taken = take()
            for one in taken:
                if isinstance(one, Watch):
                    self.log.append(("watch", one.path, ""))
                elif isinstance(one, Release):
                    self.log.append(("forced" if one.forced else "release", one.path, ""))
                elif isinstance(one, Report) and one.kind == "transition":
                    self.log.append(("goto", one.path, one.state))
            return taken

        self.sim.core.take = logged  # type: ignore[method-assign]

    def close(self) -> None:
        """End it at once."""
        self.sim.__exit__(None, None, None)
