"""One tick of one supervisor, in the order of the contract:

check → derive → control → reconcile → step → map → mark what changed for others.
"""

from __future__ import annotations

import msgspec

from fsmv2.core.contract.log_events import Ticked
from fsmv2.core.life import restart_policy, stop
from fsmv2.core.phases import circuit, derive, purity, reconcile, step, watch
from fsmv2.core.phases.publish import goes_on, publish
from fsmv2.core.policy import claims, durable, ordering, secret_changes
from fsmv2.core.policy.control import decide_control
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause, TickRecord
from fsmv2.core.state.tree import Tree


def tick(tree: Tree, s: Supervisor) -> None:
    """Look at one supervisor once, decide, and leave a record. Never waits for anything."""
    tree.tick_id = tree.deciding = tree.serial()
    tree.counters.ticks += 1
    s.tick_count += 1
    causes, more = s.take_causes()
    counted = tree.tallies.causes
    for cause in causes:
        counted[cause.kind] += 1
    tree.secrets.causes.clear()
    incarnation, actions_before = s.incarnation, tree.counters.actions
    log = tree.log
    tracing = log is not None and log.tracing
    if log is not None and tracing:
        log.ticking(s)

    if s.definition.checks and s.stop is None:
        circuit.run_checks(tree, s)
    if s.derive_due:
        derive.derive(tree, s)
    if s.desired is not None and s.desired.auto_stop != "never":
        restart_policy.review_auto_stop(tree, s, s.desired.auto_stop)
    was_disabled, before = s.disabled, s.decision
    decide_control(s)
    if s.decision is not before and s.control != before.state:
        if s.control == s.definition.stop_state:
            ordering.wants_stopped(tree, s)  # before its own step, which must wait for them
        elif before.state == s.definition.stop_state:
            goes_on(tree, s)
    if s.disabled is not was_disabled:
        if s.path in tree.dependents:
            cause = Cause(
                "dependency", f"{s.path} is {'off' if s.disabled else 'on'}", tree.deciding
            )
            ordering.wake_waiting(tree, s, cause)
        # Before its own step, which must find that it has to wait for them.
        for child in s.children.values():
            decide_control(child)
            tree.mark(
                child, Cause("parent", "disabled" if s.disabled else "enabled", tree.deciding)
            )
    if s.stop is not None:
        stop.pass_stop_down(tree, s)
    elif s.children_due:  # in a stop it stays due, which may be called off
        reconcile.reconcile(tree, s)
    # Before the steps: the first action waits until what is desired is stored, and needs the
    # resources that are opened when it is watched.
    if tree.store is not None:
        durable.save_desired(tree, s)
    if s.stop is None:
        watch.watch(tree, s)
    decisions = step.run_steps(tree, s)
    if s.stop is not None:
        stop.advance(tree, s)
    if s.claims and tree.claims.waiting:
        claims.wake(tree, s.claims)
    causes += tuple(cause for cause in tree.secrets.causes if cause not in causes)
    if log is not None and tracing:
        log.ticked(s, causes, decisions, tree.tick_id)
    if tree.by_path.get(s.path) is not s:
        return  # it has been released
    if s.parent is None and tree.secrets.unread:
        secret_changes.say_unread(tree, s)  # a restarted root has lost its conditions
    if s.incarnation == incarnation:
        publish(tree, s)
    if tree.store is not None:
        durable.save_observed(tree, s)

    if len(causes) == 1 and causes[0].kind == "resync":
        if decisions or tree.counters.actions != actions_before:
            # Nothing had woken it, yet there was something to do: a wake-up was lost somewhere.
            tree.counters.healed += 1
        if tree.guard and s.stop is None:
            purity.check(tree, s)
    record = TickRecord(
        tree.tick_id,
        tree.now,
        causes,
        more,
        s.control,
        s.state,
        tuple(decisions),
        s.reason,
        s.gate,
        s.observed_at,
    )
    _record(tree, s, record)
    if log is not None and log.debugging and log.debugs(s.path):
        event = Ticked(
            causes=tuple(map(str, causes)),
            more_causes=more,
            control=s.control,
            decisions=record.decisions,
            reason=s.reason,
            gate=s.gate,
        )
        log.put(s, event, s.gate or s.reason, tree.tick_id)


def _record(tree: Tree, s: Supervisor, record: TickRecord) -> None:
    ring = s.records  # a tuple, of which there are more than of anything: a deque has 600 bytes
    if ring and not record.decisions:
        last = ring[-1]
        if (
            not last.decisions
            and last.causes == record.causes
            and last.state == record.state
            and last.reason == record.reason
            and last.gate == record.gate
        ):
            # A hundred equal looks at a quiet worker must not push its history out of the ring.
            s.records = (
                *ring[:-1],
                msgspec.structs.replace(record, repeats=last.repeats + 1),
            )
            return
    if len(ring) >= tree.settings.records:
        ring = ring[1:]
    s.records = (*ring, record)
