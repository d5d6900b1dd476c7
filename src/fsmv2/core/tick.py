"""One tick of one supervisor, in the order of the contract:

check → derive → control → reconcile → step → map → mark what changed for others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fsmv2.core import (
    circuit,
    derive,
    ending,
    lifecycle,
    purity,
    reconcile,
    secrets,
    siblings,
    step,
)
from fsmv2.core.control import decide_control
from fsmv2.core.publish import goes_on, publish
from fsmv2.core.records import Cause, TickRecord

if TYPE_CHECKING:
    from fsmv2.core.machine import Core
    from fsmv2.core.supervisor import Supervisor


def tick(core: Core, s: Supervisor) -> None:
    """Look at one supervisor once, decide, and leave a record. Never waits for anything."""
    core.tick_id = core.serial()
    core.counters.ticks += 1
    s.tick_count += 1
    causes, more = tuple(s.causes or ()), s.more_causes
    s.causes, s.more_causes = None, 0
    core.secrets.causes.clear()
    incarnation, actions_before = s.incarnation, core.counters.actions

    if s.definition.checks and s.stop is None:
        circuit.run_checks(core, s)
    if s.derive_due:
        derive.derive(core, s)
    if s.desired is not None and s.desired.auto_stop != "never":
        ending.review_auto_stop(core, s, s.desired.auto_stop)
    was_disabled, was_control = s.disabled, s.control
    decide_control(s)
    if s.control != was_control:
        if s.control == s.definition.stop_state:
            siblings.wants_stopped(core, s)  # before its own step, which must wait for them
        elif was_control == s.definition.stop_state:
            goes_on(core, s)
    if s.disabled is not was_disabled:
        if s.path in core.dependents:
            cause = Cause(
                "dependency", f"{s.path} is {'off' if s.disabled else 'on'}", core.tick_id
            )
            siblings.wake_waiting(core, s, cause)
        # Before its own step, which must find that it has to wait for them.
        for child in s.children.values():
            decide_control(child)
            core.mark(child, Cause("parent", "disabled" if s.disabled else "enabled", core.tick_id))
    lifecycle.pass_stop_down(core, s)
    if s.children_due:
        reconcile.reconcile(core, s)
    if core.durable is not None:
        core.durable.review(core, s)  # before the steps: the first action waits for it
    lifecycle.watch(core, s)  # before the steps: an action needs the resources that are watched
    decisions = step.run_steps(core, s)
    lifecycle.advance(core, s)
    if core.by_path.get(s.path) is not s:
        return  # it has been released
    causes += tuple(cause for cause in core.secrets.causes if cause not in causes)
    if s.parent is None and core.secrets.unread:
        secrets.say_unread(core, s)  # a restarted root has lost its conditions
    if s.incarnation == incarnation:
        publish(core, s)
    if core.durable is not None:
        core.durable.look(core, s)

    if len(causes) == 1 and causes[0].kind == "resync":
        if decisions or core.counters.actions != actions_before:
            # Nothing had woken it, yet there was something to do: a wake-up was lost somewhere.
            core.counters.healed += 1
        if core.guard and s.stop is None:
            purity.check(core, s)
    _record(
        core,
        s,
        TickRecord(
            core.tick_id,
            core.now,
            causes,
            more,
            s.control,
            s.state,
            tuple(decisions),
            s.reason,
            s.gate,
            s.observed_at,
        ),
    )


def _record(core: Core, s: Supervisor, record: TickRecord) -> None:
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
    if len(ring) >= core.settings.records:
        ring = ring[1:]
    s.records = (*ring, record)
