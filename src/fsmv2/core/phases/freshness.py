"""Take in observations, and tell silence from answers.

An exception is an answer: fresh, with a reason. Only silence is stale; after twice the limit the
collection is restarted, three times with backoff, and then the worker.
"""

from __future__ import annotations

from fsmv2.containment import ANY_RAISED
from fsmv2.core.contract.events import OBSERVATION, Observed
from fsmv2.core.contract.instructions import RestartCollection
from fsmv2.core.life import restart_policy
from fsmv2.core.phases.watch import stale_limit
from fsmv2.core.policy import actions, author_errors, detect_only, overrides
from fsmv2.core.policy.attempts import count_failure
from fsmv2.core.policy.escalation import escalate
from fsmv2.core.state.conditions import FRESH, OBSERVED
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.model import ObservedState, same_observation

CHANGED = Cause("observation", "changed")
ANSWERED = Cause("observation", "was waited for")


def observe(tree: Tree, event: Observed) -> None:
    """Keep an observation; wake the worker only if it says something new or was waited for."""
    s = tree.find(event.path, event.incarnation, OBSERVATION)
    if s is None:
        return
    # One begun on waking, before the clock had left out the time that the process was stopped, is
    # dated into the future: nothing that is seen later may be taken for older than it. H50
    began = min(event.began, tree.now)
    if s.observed_at is not None and began < s.observed_at:
        tree.counters.dropped += 1  # overtaken by a newer one
        return
    error, changed = event.error, False
    wanted = s.definition.observed_type
    if event.observed is not None and not isinstance(event.observed, wanted):
        error = f"collected a {type(event.observed).__name__}, not a {wanted.__name__}"  # H33
    elif event.observed is not None:
        changed = s.observed_at is None or _differs(tree, s, event.observed)
        s.observed = event.observed
    elif not error:
        error = f"collected nothing (None), not a {wanted.__name__}"
    tallies = tree.tallies
    tallies.observations[s.definition.name, changed] += 1
    if error:
        tallies.observation_errors[s.definition.name] += 1
    before, s.observed_at, s.silences = s.observed_at, began, 0
    waited_for = _note_error(tree, s, error) or _arrived(tree, s, began)
    was_unsettled = before is None or before < s.settled_at <= began
    if (changed or waited_for or was_unsettled) and tree.log is not None and tree.log.tracing:
        tree.log.observed(s, began, error)
    if changed and not error:
        tree.mark(s, CHANGED)
        _wake_readers(tree, s)
    elif (
        waited_for
        or (s.stop is not None and s.final_after is not None)
        # An equal one, too, shows that what it was handed in place has been carried out.
        or s.path in tree.claims.changed
    ):
        tree.mark(s, ANSWERED)
    if was_unsettled or changed:
        _wake_checkers(tree, s)
    if s.missing and not error:
        _count_agreement(tree, s)


def _differs(tree: Tree, s: Supervisor, observed: ObservedState) -> bool:
    try:
        return not same_observation(s.observed, observed)
    except ANY_RAISED as error:  # an author's __eq__
        author_errors.count(tree, s, "comparing observations", error)
        return True


def _note_error(tree: Tree, s: Supervisor, error: str) -> bool:
    if error == s.observe_error:
        return False
    s.observe_error = error
    if error:
        tree.set_condition(s, OBSERVED, error)
    else:
        tree.clear_condition(s, OBSERVED)
    return True


def _arrived(tree: Tree, s: Supervisor, began: float) -> bool:
    """Clear what waited for an observation; True if something did."""
    arrived = False
    if s.awaiting is not None and began >= s.awaiting:
        actions.observed_since(s)
        arrived = True
    if not s.fresh:
        s.fresh = True
        tree.clear_condition(s, FRESH)
        tree.set_timer(s, "stale", began + stale_limit(tree, s))
        arrived = True
    return arrived


def _wake_readers(tree: Tree, s: Supervisor) -> None:
    if s.definition.derive_from == "own":
        s.derive_next_tick()
    for child in s.children.values():
        if child.definition.derive_from == "parent":
            tree.derive_again(child, Cause("observation", "of the parent"))


def _wake_checkers(tree: Tree, s: Supervisor) -> None:
    """Those whose checks read this observation must look at it."""
    cause = Cause("observation", f"of {s.path}")
    if s.parent is not None and s.parent.definition.checks:
        tree.mark(s.parent, cause)
    for dependent in tree.dependents.get(s.path, {}).values():
        if dependent.definition.checks and s.path in dependent.declared.depends_on:
            tree.mark(dependent, cause)


def _count_agreement(tree: Tree, s: Supervisor) -> None:
    assert s.missing is not None  # noqa: S101  (the caller counts only where something is missing)
    for name in s.missing:
        s.missing[name] += 1
        if s.missing[name] >= tree.settings.discovery_agreement:
            s.review_children()
            tree.mark(s, CHANGED)


def check_age(tree: Tree, s: Supervisor) -> None:
    """The stale timer: look whether the newest observation is too old, and act on silence."""
    limit = stale_limit(tree, s)
    newest = s.observed_at if s.observed_at is not None else s.watched_at
    if newest is None:
        return
    age = tree.now - newest
    # Not `age < limit`: rounded, that may be so at the very moment the timer was set for.
    if tree.now < newest + limit:
        tree.set_timer(s, "stale", newest + limit)
        return
    if s.fresh or s.observed_at is None:
        s.fresh = False
        last = (
            "no observation yet" if s.observed_at is None else f"last observation {age:.0f} s ago"
        )
        blocked = f"; {tree.stalled_by} blocks the loop they share" if tree.stalled_by else ""
        reason = f"{last}; stale after {limit:.0f} s{blocked}"
        tree.set_condition(s, FRESH, reason, status="Unknown")
        tree.mark(s, Cause("timer", "observation stale"))
    if tree.stalled_by is not None:
        tree.set_timer(s, "stale", tree.now + limit)  # H62: nobody can answer
        return
    silent_from = max(newest, tree.silent_from)
    if tree.now < silent_from + 2 * limit:
        tree.set_timer(s, "stale", silent_from + 2 * limit)
        return
    if s.silences >= tree.settings.collection_restarts:
        s.silences = 0
        tree.set_timer(s, "stale", tree.now + 2 * limit)  # a worker that stops is not restarted
        if s.ended is not None or detect_only.detects(s) or overrides.paused_by(s):
            return
        count_failure(tree, s)
        restart_policy.restart_faulty(tree, s, "its collection stays silent", because="silence")
        escalate(tree, s, "its collection stays silent")
        return
    tree.report("silent", s, f"silent for {age:.0f} s: collection restarted", level="warning")
    tree.emit(RestartCollection(s.path, s.incarnation))
    tree.set_timer(s, "stale", tree.now + limit + s.backoff.ceiling(s.silences))
    s.silences += 1
