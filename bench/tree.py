"""The tree that is measured: one root, `parents` below it, three leaves each, trivial workers.

Every worker renders one template of five variables in derive, as in the figures of the original.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

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

TEMPLATE = {
    "address": "{{ .IP }}:{{ .PORT }}",
    "topic": "umh.v1.{{ .location_path }}.{{ .global.contract }}",
    "rate": "{{ .RATE }}",
}


class Nothing(ObservedState):
    """A trivial observation."""


class LeafSpec(UserSpec):
    """A leaf has no fields of its own."""


class GroupSpec(UserSpec):
    """How many children, and whether these are groups themselves."""

    children: tuple[int, ...] = ()


S = TypeVar("S", bound=UserSpec)


class Trivial(Worker[S, Nothing], abstract=True):
    """stopped ⇄ running, always at once."""

    async def collect_observed_state(self, spec: S, resources: Resources[None]) -> Nothing:
        """Nothing to look at."""
        return Nothing()

    @state("stopped", to="running")
    def stopped(self, s: Snapshot[S, Nothing]) -> Step:
        """Not asked to run."""
        return stay("stopped") if s.should_stop else goto(self.running, "asked to run")

    @state("running", to="stopped")
    def running(self, s: Snapshot[S, Nothing]) -> Step:
        """Running."""
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("runs")


class Leaf(Trivial[LeafSpec]):
    """Renders its template, declares nothing."""

    update_policy = "in_place"

    def derive_desired_state(
        self, spec: LeafSpec, previous_observed: Nothing | None
    ) -> DesiredState:
        config = render_template(TEMPLATE, spec.variables.flatten())
        return DesiredState(state="running", config=config)


class Group(Trivial[GroupSpec]):
    """Renders its template, and declares as many children as its spec says."""

    update_policy = "in_place"
    group_type = "group"
    leaf_type = "leaf"

    def derive_desired_state(
        self, spec: GroupSpec, previous_observed: Nothing | None
    ) -> DesiredState:
        config = render_template(TEMPLATE, spec.variables.flatten())
        here, *below = spec.children
        group, leaf = self.group_type, self.leaf_type
        children = tuple(
            ChildSpec(f"w{i}", group, GroupSpec(children=tuple(below)))
            if below
            else ChildSpec(f"w{i}", leaf, LeafSpec(variables=VariableBundle({"PORT": 500 + i})))
            for i in range(here)
        )
        return DesiredState(state="running", children_specs=children, config=config)


HEARTBEAT = 600.0
"""Seconds within which a worker that pushes is heard of, also when nothing changes."""

pushers: list[Callable[[ObservedState], None]] = []
"""How to push, for each of the workers that do; filled by their first collection."""


class PushingLeaf(Leaf):
    """Is not asked: what it sees is pushed."""

    pushes = True
    interval = HEARTBEAT

    async def collect_observed_state(self, spec: LeafSpec, resources: Resources[None]) -> Nothing:
        pushers.append(resources.push)
        return Nothing()


class PushingGroup(Group):
    """As above, and so are its children."""

    pushes = True
    interval = HEARTBEAT
    group_type = "pushing-group"
    leaf_type = "pushing-leaf"

    async def collect_observed_state(self, spec: GroupSpec, resources: Resources[None]) -> Nothing:
        pushers.append(resources.push)
        return Nothing()


class Crashing(Worker[LeafSpec, Nothing]):
    """Fails whenever it runs, and is tried again after its backoff, for ever."""

    def derive_desired_state(
        self, spec: LeafSpec, previous_observed: Nothing | None
    ) -> DesiredState:
        return DesiredState(state="trying")

    async def collect_observed_state(self, spec: LeafSpec, resources: Resources[None]) -> Nothing:
        return Nothing()

    @state("stopped", to="trying")
    def stopped(self, s: Snapshot[LeafSpec, Nothing]) -> Step:
        """Not asked to run."""
        return stay("stopped") if s.should_stop else goto(self.trying, "asked to run")

    @state("starting", to="failed stopped")
    def trying(self, s: Snapshot[LeafSpec, Nothing]) -> Step:
        """About to crash."""
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return goto(self.failed, "it crashed")

    @state("failed", to="trying stopped")
    def failed(self, s: Snapshot[LeafSpec, Nothing]) -> Step:
        """Waits for its backoff."""
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        if s.now >= s.retry_at:
            return goto(self.trying, "tries again")
        return stay("waits", wake_after=s.retry_at - s.now)


def factory() -> WorkerFactory:
    """All of them."""
    made = WorkerFactory()
    for kind in (Leaf, Group, PushingLeaf, PushingGroup, Crashing):
        made.register(kind)
    return made


MOST_POLLED = 50_000
"""Workers from which on none is polled: that would be more than a core can do."""


def kind_for(workers: int) -> str:
    """The type of the root and its groups, in a tree of so many workers."""
    return "group" if workers < MOST_POLLED else "pushing-group"


def root(parents: int, *, rate: str = "1s", kind: str = "group") -> ChildSpec:
    """A tree of 1 + parents × 4 workers; `rate` is the variable that is changed."""
    variables = VariableBundle({"IP": "10.0.0.1", "PORT": 502, "RATE": rate}, {"contract": "_raw"})
    spec = GroupSpec(
        variables=variables,
        location={"enterprise": "acme", "site": "cologne"},
        children=(parents, 3),
    )
    return ChildSpec("plant", kind, spec)
