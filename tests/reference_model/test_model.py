"""The real core against the naive model, after every settled sequence of random operations.

The same tree, the same states, configs and complaints, the same instances where nothing asked for
new ones; and everything stopped in an order that the model allows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import naive
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from naive import Node
from real import Real, declared

from fsmv2.core import Supervisor, tick
from fsmv2.core.life import recreate, stop
from fsmv2.core.policy import stop_order
from fsmv2.core.policy.control import decide_control
from fsmv2.core.state.conditions import MANAGED
from fsmv2.core.state.not_created import NOT_CREATED
from fsmv2.core.state.parts import ControlDecision, DecidedBy

SETTLE = 200.0
"""Virtual seconds in which everything is done: a deadline, a few retries, and their backoff."""

MAPPINGS = (
    (),
    (),
    (("on", "half"), ("*", "on")),
    (("stopped", "stopped"), ("half", "stopped"), ("*", "on")),
    (("half", "on"),),
    (("on", "nonsense"),),
)
NAMES = "abc"


def nodes(depth: int = 0, path: str = "root") -> st.SearchStrategy[Node]:
    """A declared tree; two children may have one name, and dependencies may go in circles."""
    kinds = st.sampled_from(("leaf", "leaf", "group", "shell", "missing"))
    children: st.SearchStrategy[Any] = st.just(())
    if depth < naive.DEPTH:
        below = nodes(depth + 1, f"{path}/a") if depth < 2 else leaves(path)
        children = st.lists(below, max_size=3).map(tuple)
    return st.builds(
        _node,
        st.just("root") if depth == 0 else st.sampled_from(NAMES),
        st.just("group") if depth == 0 else kinds,
        children,
        *_rest(path),
    )


def leaves(path: str) -> st.SearchStrategy[Node]:
    """A chain of two more levels, so that one of them is too deep."""
    leaf = st.builds(_node, st.sampled_from(NAMES), st.just("leaf"), st.just(()), *_rest(path))
    return st.one_of(
        leaf, leaf.map(lambda n: Node("c", "group", children=(Node("d", children=()), n)))
    )


def _rest(path: str) -> list[st.SearchStrategy[Any]]:
    sets = st.sampled_from(((), (), (("X", 1),), (("X", 2),), (("X", 1), ("Y", 5))))
    siblings = path.rpartition("/")[0] or path
    return [
        st.integers(0, 1),
        st.sampled_from(("on", "on", "on", "half", "stopped")),
        st.sampled_from((False, False, True)),
        st.sampled_from(("",) * 8 + ("X", "X", "Y", "G")),
        sets,
        st.sampled_from(MAPPINGS),
        st.sampled_from((True,) * 6 + (False,)),
        st.sampled_from(((), (), ("root/a",), ("root/b",), (f"{siblings}/c",))),
    ]


def _node(name: str, kind: str, children: tuple[Node, ...], *rest: Any) -> Node:
    value, wish, hold, uses, sets, mapping, enabled, depends_on = rest
    return Node(
        name,
        kind,
        value,
        wish,
        hold,
        uses,
        sets,
        children if kind in ("group", "shell") else (),
        mapping,
        enabled,
        depends_on,
    )


def changed(root: Node, path: list[int], change: Any) -> Node:
    """The tree with one node changed, somewhere on this path of indices."""
    if not path or not root.children:
        return change(root)
    index = path[0] % len(root.children)
    below = changed(root.children[index], path[1:], change)
    return replace(root, children=(*root.children[:index], below, *root.children[index + 1 :]))


CHANGES = {
    "value": lambda n: replace(n, value=1 - n.value),
    "wish": lambda n: replace(n, wish="half" if n.wish == "on" else "on"),
    "off": lambda n: replace(n, wish="stopped"),
    "hold": lambda n: replace(n, hold=not n.hold),
    "enabled": lambda n: replace(n, enabled=not n.enabled),
    "uses": lambda n: replace(n, uses="" if n.uses else "X"),
    "sets": lambda n: replace(n, sets=() if n.sets else (("X", 3),)),
    "childless": lambda n: replace(n, children=()),
    "doubled": lambda n: replace(n, children=(*n.children, *n.children[:1])),
    "kind": lambda n: replace(
        n, kind="shell" if n.kind == "group" and n.name != "root" else n.kind
    ),
}


class Histories(RuleBasedStateMachine):
    """Operations at one instant, or spread over a few seconds; then both sides settle."""

    @initialize(root=nodes(), global_=st.sampled_from(({}, {"G": 1})))
    def begin(self, root: Node, global_: dict[str, int]) -> None:
        """Declare the first tree."""
        self.root, self.global_ = root, global_
        self.real = Real(root, global_)
        self.tree: naive.Tree = {}
        self.restarts: set[str] = set()
        self.stopped: set[str] = set()
        self.vague = False
        self.pending = True

    @rule(root=nodes())
    def declare(self, root: Node) -> None:
        """Another tree altogether."""
        self._declare(root)

    @rule(path=st.lists(st.integers(0, 2), max_size=4), change=st.sampled_from(sorted(CHANGES)))
    def change(self, path: list[int], change: str) -> None:
        """One thing about one worker."""
        self._declare(changed(self.root, path, CHANGES[change]))

    @rule(path=st.lists(st.integers(0, 2), max_size=4), change=st.sampled_from(sorted(CHANGES)))
    def change_alone(self, path: list[int], change: str) -> None:
        """One thing about one worker, and nothing else before the next look."""
        self.settle()
        self.change(path, change)
        self.settle()

    @rule(path=st.lists(st.integers(0, 2), max_size=4))
    def spec_alone(self, path: list[int]) -> None:
        """What most of them are created anew for."""
        self.change_alone(path, "value")

    @rule(root=nodes())
    def flip(self, root: Node) -> None:
        """Another tree and back, before anybody could look (H54)."""
        before = self.root
        self._declare(root)
        self._declare(before)

    @rule(global_=st.sampled_from(({}, {"G": 1}, {"G": 2})))
    def globals(self, global_: dict[str, int]) -> None:
        """Other fleet-wide variables."""
        self.global_ = global_
        self._declare(self.root)

    @precondition(lambda self: self.tree)
    @rule(data=st.data())
    def restart(self, data: Any) -> None:
        """Somebody asks for a new instance of what is there; of one that is off in vain."""
        path = data.draw(st.sampled_from(sorted(self.tree)))
        if self.pending and "/" not in path:
            return  # what is declared of the root anew counts at once
        above = {path[:at] for at, char in enumerate(path) if char == "/"} | {path}
        if self.tree[path].node.enabled and not above & self.stopped:
            self.restarts.add(path)
        self.real.sim.restart(path)
        self.pending = True

    @precondition(lambda self: self.tree)
    @rule(data=st.data())
    def stop_path(self, data: Any) -> None:
        """An operator has it stopped, whatever will stand there."""
        path = data.draw(st.sampled_from(sorted(self.tree)))
        if path in self.real.sim:
            self.stopped.add(path)
            self.real.sim.stop_path(path)
            self.pending = True

    @precondition(lambda self: self.stopped)
    @rule(data=st.data())
    def start_path(self, data: Any) -> None:
        """And has it started again, though it may be gone."""
        path = data.draw(st.sampled_from(sorted(self.stopped)))
        self.stopped.remove(path)
        self.real.sim.start_path(path)
        self.pending = True

    @precondition(lambda self: self.tree)
    @rule(data=st.data(), times=st.integers(1, 3))
    def fail(self, data: Any, times: int) -> None:
        """The next actions of one worker fail."""
        self.real.world.failures[data.draw(st.sampled_from(sorted(self.tree)))] = times

    @rule(seconds=st.sampled_from((0.0, 0.2, 0.7, 3.0)))
    def wait(self, seconds: float) -> None:
        """Some of it is done, and not all: who is a new instance then, the model cannot say."""
        if self.pending:
            self.vague = True
        self.real.sim.run(seconds)

    @rule()
    def settle(self) -> None:
        """Compare."""
        self.real.sim.run(SETTLE)
        before = self.tree
        if self.vague:
            self._settle_vaguely()
        else:
            asked = replace(self._asked(), restarts=frozenset(self.restarts))
            self.tree = naive.settle(self.root, asked, before)
            self._compare()
            self._compare_instances(before)
            self._check_order(before, self._leaving(before))
        known = [*before.items(), *self.tree.items()]
        self._check_releases({path for path, s in known if s.node.kind in naive.IN_PLACE})
        self.real.log.clear()
        self.restarts, self.vague, self.pending = set(), False, False

    def teardown(self) -> None:
        """Settle and stop: children first, dependents first, and nothing is left."""
        if not hasattr(self, "real"):
            return
        try:
            self.settle()
            self.real.sim.stop(within=60)
            self._check_order(self.tree, set(self.tree))
            self._check_releases(set())
            assert not any(self.real.world.lit.values())
            assert "forced" not in {what for what, _, _ in self.real.log}
        finally:
            self.real.close()

    # ---- inside ------------------------------------------------------------------------------

    def _settle_vaguely(self) -> None:
        """Compare what needs no memory; where something is kept from before, begin afresh."""
        self.tree = naive.settle(self.root, self._asked(), {})
        if any(s.complaints & {"Derived", "ChildrenAccepted"} for s in self.tree.values()):
            self._declare(Node("root", "group"))
            self.real.sim.run(SETTLE)
            self.tree = naive.settle(self.root, self._asked(), {})
        self._compare()

    def _asked(self) -> naive.Asked:
        return naive.Asked(self.global_, frozenset(self.stopped))

    def _declare(self, root: Node) -> None:
        self.root = root
        self.real.sim.declare(declared(root), self.global_)
        self.pending = True

    def _found(self) -> dict[str, tuple[Any, ...]]:
        return {
            path: (
                s.state,
                s.live_config if s.watched_at is not None else None,
                s.definition is not NOT_CREATED.definition,
                frozenset(s.conditions or ()) - {"DependenciesOrdered", MANAGED},
            )
            for path, s in self.real.sim.core.by_path.items()
        }

    def _compare(self) -> None:
        expected = {
            path: (s.state, s.config if s.live else None, s.created, s.complaints)
            for path, s in self.tree.items()
        }
        found = self._found()
        differ = {
            path: (found.get(path), expected.get(path))
            for path in {*found, *expected}
            if found.get(path) != expected.get(path)
        }
        assert not differ, f"found, and expected: {differ}"

    def _compare_instances(self, before: naive.Tree) -> None:
        watched = Counter(path for what, path, _ in self.real.log if what == "watch")
        for path, s in self.tree.items():
            old = before.get(path)
            begun = s.live and (s.new or old is None or not old.live)
            assert watched[path] == begun, (path, s, old)

    def _leaving(self, before: naive.Tree) -> set[str]:
        """Who had to stop: it is gone, or newly disabled."""
        gone = {path for path in before if path not in self.tree}
        off = {
            p for p, s in before.items() if p in self.tree and self.tree[p].disabled > s.disabled
        }
        return gone | off

    def _check_order(self, before: naive.Tree, leaving: set[str]) -> None:
        state = {path: s.state for path, s in before.items()}
        for what, path, to in self.real.log:
            if what == "goto":
                state[path] = to
            if what == "goto" and to == "stopped" and path in leaving:
                first = naive.stop_first(path, before) & leaving
                near = {p for p in first if p.startswith(path + "/") or _siblings(p, path)}
                late = {p for p in near if state[p] != "stopped"}
                assert not late, f"{path} is stopped before {late}"

    def _check_releases(self, in_place: set[str]) -> None:
        """What is released has stopped, and so has all below it; one instance at a time lives.

        Below a path of `in_place` who is there goes on while its parent is restarted.
        """
        state: dict[str, str] = {}
        live: Counter[str] = Counter()
        for what, path, to in self.real.log:
            if what == "goto":
                state[path] = to
            elif what == "watch":
                live[path] += 1
                assert live[path] <= 1, f"two instances of {path}"
                state[path] = "stopped"
            elif what == "release":
                live[path] -= 1
                below = {p for p in state if p.startswith(path + "/") and path not in in_place}
                found = {state.get(p, "stopped") for p in {path, *below} if live[p] >= 0}
                assert found <= {"stopped"}, path


def _siblings(one: str, other: str) -> bool:
    return one.rpartition("/")[0] == other.rpartition("/")[0]


def _run(examples: int, *, shrink: bool = True) -> None:
    chosen = settings(
        max_examples=examples,
        stateful_step_count=15,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Histories, settings=chosen)


def test_the_core_settles_to_what_the_naive_model_says() -> None:
    _run(25)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_core_settles_to_what_the_naive_model_says_in_many_histories() -> None:
    _run(2_000)


# ---- a broken core is found ---------------------------------------------------------------------


def _mapping_beats_hold(s: Supervisor) -> None:
    decide_control(s)
    if s.holding and s.asked is not None:
        s.decision = ControlDecision(s.asked, DecidedBy.PARENT, "asked")


def _disabled_is_not_inherited(s: Supervisor) -> None:
    decide_control(s)
    if s.disabled and s.declared.enabled and s.stop is None and s.desired is not None:
        s.disabled = False
        s.decision = ControlDecision(s.desired.state, DecidedBy.OWN, "wanted")


BREAKS: tuple[tuple[Any, str, Any], ...] = (
    (tick, "decide_control", _mapping_beats_hold),
    (tick, "decide_control", _disabled_is_not_inherited),
    (stop_order, "_still_stopping", lambda s: False),
    (recreate, "review", lambda core, s: None),
    (stop, "_drained", lambda core, s: None),
)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("where", "name", "broken"), BREAKS)
def test_a_core_that_does_otherwise_is_found(
    where: Any, name: str, broken: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, name, broken)
    with pytest.raises(AssertionError):
        _run(200, shrink=False)
