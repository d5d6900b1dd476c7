"""A worker that keeps changing state without end: named, and slowed down (H85).

**The rule.** Each transition fills a bucket by one; it empties at `transitions_per_second`, and
what is above `transitions_at_once` is a livelock. Why this one and not another:

- It counts transitions, not returns to a state. A machine of n states can make at most n - 1 of
  them without coming back to one it has left, and the bucket never holds less than the type has
  states: a start through ten states, or through a hundred, in one instant is never concerned.
- A burst is no livelock. Forty transitions may come at once and for whatever reason; only who goes
  on above the rate gets there. No machine settles that acts on a world looked at every few seconds
  and needs more than two a second forever; a duty cycle of one a second never fills the bucket.
- It does not ask who woke the worker: a timer, an observation, its child, or the same tick. So two
  that hand over to each other through their parent or their data are found as well.
- What is asked of it by its declaration, its variables, its parent's state or an operator is no
  doing of its own and empties the bucket. Its own observations and children do not.
- A script that stops and starts a worker ten times a second is no livelock either, nor is what that
  leads to above the worker and at those that depend on it: see `asked_by_operator`.

From then on each further transition waits for a pause that doubles up to the backoff's cap. In it
the bucket does not empty, or a burst would follow each pause. That bounds the reports, events and
entries of the journal that a livelock makes. It is over when it has been calm until the bucket is
half empty. A stop or a hold is not withheld by a livelock of before; one that comes with it is
slowed to a transition a second, since a worker that is disabled may be in it forever.
"""

from __future__ import annotations

from fsmv2.core.state.conditions import SETTLED
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree

IN_A_LIVELOCK = "in a livelock; its steps are retried after a pause"

KEPT = 8
"""Transitions that are remembered to name the states, and how fast they come."""

LONGEST_FOR_A_STOP = 1.0
"""Seconds of the longest pause of a worker that is to stop or to hold: its deadline is running."""


DEPENDENTS_DEEP = 8
"""How far from what is asked for its consequences are not counted. Few plants have longer chains,
and a thousand workers in one must not be walked through for each of them."""


def count_transition(tree: Tree, s: Supervisor, target: str) -> None:
    """Count a transition that happens now; `s.since` is still that of the one before."""
    level = min(_level(tree, s) + 1.0, _limit(tree, s) + 1.0)
    s.restless = level
    if level > _limit(tree, s) - KEPT:
        s.visited = (*s.visited[1 - KEPT :], (target, tree.now))
    elif s.visited:
        s.visited = ()


def is_restless(tree: Tree, s: Supervisor) -> bool:
    """Whether `s` has changed its state more often than a machine does that settles."""
    return s.restless > _limit(tree, s)


def slow_down(tree: Tree, s: Supervisor, in_one_tick: list[str], *, passes: bool) -> None:
    """Name it, and withhold its steps for a while. `passes`: it is to stop, or to hold."""
    if not s.unsettled or s.conditions is None or SETTLED not in s.conditions:
        tree.set_condition(s, SETTLED, f"livelock: {_shown(tree, s, in_one_tick)}")
    pause = s.backoff.ceiling(s.unsettled)
    s.unsettled_until = tree.now + (min(pause, LONGEST_FOR_A_STOP) if passes else pause)
    s.unsettled += 1
    s.slowed_passing = passes
    tree.set_timer(s, "retry", s.unsettled_until)


def calm_down(tree: Tree, s: Supervisor) -> None:
    """Its step had nothing to change: the livelock is over when that has lasted."""
    level, half, rate = _level(tree, s), _limit(tree, s) / 2, tree.settings.transitions_per_second
    if level <= half:
        tree.clear_condition(s, SETTLED)
        s.unsettled = 0
    elif rate:
        tree.set_timer(s, "calm", tree.now + (level - half) / rate)


def reset(s: Supervisor) -> None:
    """What is asked of it now comes from elsewhere, and may not be a livelock."""
    s.unsettled_until = s.restless = 0.0


def redeclared(tree: Tree, s: Supervisor) -> None:
    """Another declaration is asked of it, which those that depend on it answer as well."""
    reset(s)
    for dependent in _dependents(tree, s):
        _start_anew(dependent)


def asked_by_operator(tree: Tree, s: Supervisor, _: Cause) -> None:
    """An operator asked for something of `s`, or above it.

    Whoever is above it, or depends on it, reacts to that. One that was found in a livelock before
    stays in it.
    """
    reset(s)
    for one in (s, *_dependents(tree, s)):
        above = one if one is not s else one.parent
        while above is not None:
            _start_anew(above)
            above = above.parent


def _dependents(tree: Tree, s: Supervisor) -> list[Supervisor]:
    """Those that wait for `s` for whatever reason, and those that wait for them."""
    found: list[Supervisor] = []
    seen, last = {s.path}, [s]
    for _ in range(DEPENDENTS_DEEP):
        last = [
            dependent
            for one in last
            for dependent in tree.dependents.get(one.path, {}).values()
            if dependent.path not in seen
        ]
        if not last:
            break
        seen.update(dependent.path for dependent in last)
        found += last
    return found


def _start_anew(s: Supervisor) -> None:
    if not s.unsettled:
        s.restless = 0.0


def _level(tree: Tree, s: Supervisor) -> float:
    since = max(s.since, s.unsettled_until)
    return max(0.0, s.restless - tree.settings.transitions_per_second * max(0.0, tree.now - since))


def _limit(tree: Tree, s: Supervisor) -> int:
    return max(tree.settings.transitions_at_once, len(s.definition.states))


def _shown(tree: Tree, s: Supervisor, in_one_tick: list[str]) -> str:
    if not is_restless(tree, s):
        loop = " → ".join(in_one_tick[-5:])
        return f"it keeps changing state without settling: … {loop}"
    states = " and ".join(dict.fromkeys(state for state, _ in s.visited))
    took = s.visited[-1][1] - s.visited[0][1]
    often = f"{(len(s.visited) - 1) / took:.0f} times a second" if took > 0 else "in one instant"
    return (
        f"it keeps handing over between {states}, {often}; it is slowed down. Have a state wait "
        "for what it needs, and let none lead back while nothing has changed"
    )
