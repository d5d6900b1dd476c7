"""Random teams, orders and groups, and the events that happen to them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from job_tree import Jobs, job, team

from fsmv2 import ChildSpec, Group
from fsmv2.testing import Simulation

NAMES = "abcdef"


@st.composite
def teams(draw: st.DrawFn) -> ChildSpec:
    """A team whose edges only lead to earlier names, so that they form no circle."""
    names = NAMES[: draw(st.integers(2, len(NAMES)))]
    children = []
    for number, name in enumerate(names):
        before = st.sets(st.sampled_from(names[:number]), max_size=2) if number else st.just(set())
        children.append(
            job(
                name,
                draw(st.sampled_from(["permanent", "permanent", "transient", "temporary"])),
                after=tuple(sorted(draw(before))),
                requires=tuple(sorted(draw(before))),
                enabled=draw(st.integers(0, 5)) > 0,
                pin=draw(st.integers(0, 1)),
            )
        )
    cut = draw(st.integers(0, len(names)))
    parts = [part for part in (names[:cut], names[cut:]) if len(part) > 1]
    strategy = st.sampled_from(["one_for_all", "rest_for_one", None])
    chosen = [(draw(strategy), part) for part in parts]
    groups = tuple(Group(s, tuple(part)) for s, part in chosen if s is not None)
    return team("t", *draw(st.permutations(children)), groups=groups)


Event = tuple[Any, ...]


EVENTS = st.one_of(
    st.tuples(st.sampled_from(["well", "badly"]), st.sampled_from(NAMES)),
    st.tuples(st.sampled_from(["break", "mend"]), st.sampled_from(NAMES)),
    st.tuples(st.sampled_from(["pause", "resume", "restart", "retry"]), st.sampled_from(NAMES)),
    st.tuples(st.just("declare"), teams()),
    st.tuples(st.just("wait"), st.sampled_from([0.2, 1.0, 5.0, 40.0])),
)


def happen(sim: Simulation, jobs: Jobs, event: Event) -> None:
    match event:
        case ("well" | "badly" as how, name):
            if jobs.works.get(f"t/{name}"):
                jobs.end(f"t/{name}", how)
        case ("break", name):
            jobs.broken.add(f"t/{name}")
        case ("mend", name):
            jobs.broken.discard(f"t/{name}")
        case ("declare", root):
            sim.declare(root)
        case ("wait", seconds):
            sim.run(seconds)
        case (command, name):
            if f"t/{name}" in sim:
                getattr(sim, command)(f"t/{name}")
