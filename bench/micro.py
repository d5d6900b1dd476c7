"""Single operations of the core, timed many times on the processor; prints one JSON object."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from bench.tree import Crashing, GroupSpec, LeafSpec, Nothing, factory, root
from fsmv2 import ChildSpec, DesiredState, VariableBundle, Worker, goto, state, stay
from fsmv2.core import Cause, Core, Declared, EngineSettings, Observed, Release, Released, Watch
from fsmv2.model import RenderCache, Template
from fsmv2.testing import Simulation

REPEATS = 7
"""Batches, of which the median counts."""


class Config(msgspec.Struct, frozen=True):
    """What a template is rendered into."""

    address: str
    port: int
    unit: int
    every: str
    topic: str
    contract: str


SIX = {
    "address": "{{ .IP }}:{{ .PORT }}",
    "port": "{{ .PORT }}",
    "unit": "{{ .UNIT }}",
    "every": "{{ .RATE }}",
    "topic": "umh.v1.{{ .location_path }}.{{ .global.contract }}",
    "contract": "{{ .global.contract }}",
}


class Flat(Worker[GroupSpec, Nothing]):
    """Declares as many leaves as it is told, one of them with another port."""

    update_policy = "in_place"

    def derive_desired_state(self, spec: GroupSpec, previous_observed: Nothing | None) -> Any:
        """The declaration of the test: made before, so that it is not measured."""
        return DesiredState("running", DECLARED[spec.children])

    async def collect_observed_state(self, spec: GroupSpec, resources: Any) -> Nothing:
        """Nothing to look at."""
        return Nothing()

    @state("stopped", to="running")
    def stopped(self, s: Any) -> Any:
        """Not asked to run."""
        return goto(self.running, "asked to run")

    @state("running", to="stopped")
    def running(self, s: Any) -> Any:
        """Running."""
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("runs")


def _leaves(changed: int = -1) -> tuple[ChildSpec, ...]:
    return tuple(
        ChildSpec(
            f"w{i}", "leaf", LeafSpec(variables=VariableBundle({"PORT": 7 if i == changed else i}))
        )
        for i in range(1000)
    )


DECLARED = {
    (): (),
    (0,): _leaves(),
    (1,): _leaves(),
    (2,): _leaves(changed=500),
    (3,): _leaves(),
}


def per_call(do: Callable[[], Any], times: int) -> float:
    """Seconds of the processor that one call takes: the median of some batches."""
    taken = []
    for _ in range(REPEATS):
        began = time.process_time()
        for _ in range(times):
            do()
        taken.append((time.process_time() - began) / times)
    return sorted(taken)[REPEATS // 2]


class Driven:
    """A core without a runtime: what it asks to be watched has been observed at once."""

    def __init__(self, root: ChildSpec, settings: EngineSettings | None = None) -> None:
        made = factory()
        made.register(Flat)
        self.core = Core(made, settings, seed=1)
        self.now = 0.0
        self.declare(root)

    def declare(self, root: ChildSpec) -> None:
        """Declare the tree, and run until nothing is left to be done."""
        self.core.handle(Declared(root, root.user_spec.variables.global_), self.now)
        while self.core.run(self.now) or self._answer():
            pass

    def _answer(self) -> bool:
        for asked in (taken := self.core.take()):
            if isinstance(asked, Watch):
                event = Observed(asked.path, asked.incarnation, self.now, Nothing())
                self.core.handle(event, self.now)
            elif isinstance(asked, Release):
                self.core.handle(Released(asked.path, asked.incarnation), self.now)
        return bool(taken)


def _decision() -> float:
    """One dirty supervisor: looked at, derived without a template, stepped, recorded, published."""
    tree = Driven(ChildSpec("flat", "flat", GroupSpec()))
    core, s = tree.core, tree.core.by_path["flat"]
    cause = Cause("bench")

    def decide() -> None:
        s.derive_key = None
        core.derive_again(s, cause)
        core.run(0.0)

    return per_call(decide, 2000)


def _render() -> dict[str, float]:
    template = Template.compile(SIX)
    user = {"IP": "10.0.0.1", "PORT": 502, "UNIT": 1, "RATE": "1s", "location_path": "acme.cologne"}
    scopes = [
        VariableBundle.trusted({**user, "PORT": 502 + n}, {"contract": "_raw"}).flatten()
        for n in range(2)
    ]
    turn = [0]

    def changed() -> Config:
        turn[0] ^= 1
        return msgspec.convert(template.render(scopes[turn[0]]), Config)

    cache = RenderCache()
    return {
        "render_changed_s": per_call(changed, 5000),
        "render_unchanged_s": per_call(lambda: cache.render(template, scopes[0]), 20_000),
    }


def _diff() -> dict[str, float]:
    """A derive of a thousand children, equal by value or one changed, and their reconcile."""
    tree = Driven(ChildSpec("flat", "flat", GroupSpec(children=(0,))))
    assert len(tree.core.by_path) == 1001

    def declaring(*which: int) -> Callable[[], None]:
        turn = [0]

        def declare() -> None:
            turn[0] = (turn[0] + 1) % len(which)
            spec = GroupSpec(children=(which[turn[0]],))
            tree.declare(ChildSpec("flat", "flat", spec))

        return declare

    return {
        "diff_none_s": per_call(declaring(1, 0, 3), 30),
        "diff_one_s": per_call(declaring(2, 0), 30),
    }


def _idle_tick() -> dict[str, float]:
    found = {}
    for parents in (100, 2525):
        tree = Driven(root(parents))
        top = tree.core.root
        assert top is not None
        found[f"idle_tick_{1 + 4 * parents}_s"] = per_call(top.tick, 20_000)
    return found


def _crash_loop() -> Mapping[str, float]:
    """Ticks of a hundred siblings in an hour in which one worker crashes again and again."""
    leaves = DECLARED[(0,)][:100]
    crashing = ChildSpec("crashing", Crashing.definition.name, LeafSpec())
    DECLARED[(4,)] = (*leaves, crashing)
    made = factory()
    made.register(Flat)
    settings = EngineSettings(resync=1e9)
    with Simulation(
        ChildSpec("flat", "flat", GroupSpec(children=(4,))), made, settings=settings
    ) as sim:
        sim.run(5)
        before = {node.path: node.ticks for node in sim.view().nodes}
        sim.run(3600)
        after = {node.path: node.ticks for node in sim.view().nodes}
    siblings = [path for path in before if path.startswith("flat/w")]
    return {
        "crash_loop_own_ticks": after["flat/crashing"] - before["flat/crashing"],
        "crash_loop_sibling_ticks": sum(after[path] - before[path] for path in siblings),
    }


def measure() -> dict[str, float]:
    """All of them."""
    gc.collect()
    gc.freeze()
    return {
        "decision_s": _decision(),
        **_render(),
        **_diff(),
        **_idle_tick(),
        **_crash_loop(),
    }


if __name__ == "__main__":
    print(json.dumps(measure()))
