"""One tick of one supervisor, in the order of the contract:

check → derive → control → reconcile → step → map → mark what changed for others.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import msgspec

from fsmv2.core import circuit, derive, lifecycle, reconcile, step
from fsmv2.core.control import decide_control
from fsmv2.core.publish import publish
from fsmv2.core.records import TickRecord

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
    instructions_before = core.counters.actions

    if s.definition.checks:
        circuit.run_checks(core, s)
    if s.derive_due:
        derive.derive(core, s)
    decide_control(s)
    lifecycle.pass_stop_down(core, s)
    if s.children_due:
        reconcile.reconcile(core, s)
    decisions = step.run_steps(core, s)
    lifecycle.advance(core, s)
    publish(core, s)

    if (
        causes
        and causes[0].kind == "resync"
        and len(causes) == 1
        and (decisions or core.counters.actions != instructions_before)
    ):
        # Nothing had woken it, and yet there was something to do: a wake-up was lost somewhere.
        core.counters.healed += 1
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
    ring = s.records
    if ring is None:
        ring = s.records = deque(maxlen=core.settings.records)
    elif ring and not record.decisions:
        last = ring[-1]
        if (
            not last.decisions
            and last.causes == record.causes
            and last.state == record.state
            and last.reason == record.reason
            and last.gate == record.gate
        ):
            # A hundred equal looks at a quiet worker must not push its history out of the ring.
            ring[-1] = msgspec.structs.replace(record, repeats=last.repeats + 1)
            return
    ring.append(record)
