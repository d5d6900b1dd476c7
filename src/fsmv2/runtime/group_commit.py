"""Group commit: what waits is written into a store at once, and the core learns how that went.

Driven by the writer's thread, and by the simulation on its virtual clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fsmv2.containment import ANY_RAISED
from fsmv2.core import Event, Report, Save, Saved, SaveFailed, SaveObserved, StoreInstruction
from fsmv2.errors import StoreLostError, error_text
from fsmv2.model.serialise import to_json
from fsmv2.runtime.backlog import Backlog, PendingWrites
from fsmv2.store import Batch, DesiredRecord, EventRecord, ObservedRecord, Store, StoredOverrides

RETRY_BASE = 1.0
RETRY_CAP = 30.0
"""Seconds until a failed write is retried, doubling up to the cap."""

TEXT_LIMIT = 4_000
"""Characters of an event's text that are stored; a device may put a page into a reason."""


class GroupCommit:
    """A store and what waits for it. `put`, `add_event` need a lock against a `take` elsewhere."""

    def __init__(self, store: Store, epoch: Callable[[], float]) -> None:
        """`epoch` gives the wall time, in Unix seconds, of core time 0."""
        self.store = store
        self.backlog = Backlog()
        self.failures = 0
        self.failing = ""
        """Why the last attempt failed; empty when it did not."""
        self._epoch = epoch

    @property
    def retry_in(self) -> float:
        """Seconds until the next attempt: 0 unless the last one failed."""
        return min(RETRY_CAP, RETRY_BASE * 2.0 ** min(self.failures - 1, 10)) * (self.failures > 0)

    def put(self, instructions: list[StoreInstruction]) -> None:
        """Have these written."""
        for instruction in instructions:
            self.backlog.put(instruction)

    def add_event(self, report: Report) -> None:
        """Have a report stored as an event."""
        self.backlog.add_event(event_record(report, self._epoch()))

    def write(self, taken: PendingWrites) -> list[Event]:
        """Write one lot; the events for the core. After a failure the lot is to be put back.

        `failures` is 0 exactly when it was written.
        """
        desired, failed = _encoded(taken)
        events = taken.events
        if taken.dropped:
            events = (_dropped(taken.dropped, events), *events)
        batch = Batch(
            deleted=tuple(taken.deleted),
            desired=tuple(desired),
            overrides=tuple(StoredOverrides(o.path, o.overrides) for o in taken.overrides.values()),
            observed=tuple(_observed(o) for _, o in taken.observed.values()),
            events=events,
        )
        try:
            self.store.write(batch)
        except ANY_RAISED as error:  # any store's trouble; nothing stops for it, H26
            self.failures += 1
            self.failing = error_text(error)
            return [SaveFailed(self.failing, lost=isinstance(error, StoreLostError))]
        worked_before, self.failures, self.failing = self.failures == 0, 0, ""
        bad = {event.path for event in failed}
        good = tuple((p, s.generation) for p, (_, s) in taken.saves.items() if p not in bad)
        overrides = tuple((o.path, o.generation) for o in taken.overrides.values())
        if good or overrides or not worked_before:
            return [Saved(good, overrides), *failed]
        return list(failed)


def _encoded(taken: PendingWrites) -> tuple[list[DesiredRecord], list[SaveFailed]]:
    records: list[DesiredRecord] = []
    failed: list[SaveFailed] = []
    for _, save in taken.saves.values():
        try:
            records.append(_desired(save))
        except ANY_RAISED as error:  # author data that is no data
            why = "its desired state cannot be stored, a restart derives it again"
            failed.append(SaveFailed(f"{why}: {error_text(error)}", path=save.path))
    return records, failed


def _desired(save: Save) -> DesiredRecord:
    return DesiredRecord(
        path=save.path,
        created_at=save.created_at,
        at=save.at,
        worker_type=save.declared.worker_type,
        declared=to_json(save.declared),
        desired=to_json(save.desired),
    )


def _observed(save: SaveObserved) -> ObservedRecord:
    try:
        # Encoded here, on the thread of the writer: a large observation is milliseconds of work.
        observed = to_json(save.observed, exact=False)  # a sensor without a value has NaN
    except ANY_RAISED as error:  # what cannot be stored is only not there to read
        observed = to_json({"not storable": error_text(error)})
    return ObservedRecord(
        path=save.path,
        at=save.at,
        incarnation=save.incarnation,
        state=save.state,
        observed=observed,
    )


def event_record(report: Report, epoch: float) -> EventRecord:
    """A report as it is stored; `epoch`: the core's time 0 in Unix seconds."""
    return EventRecord(
        at=epoch + report.at,
        path=report.path,
        kind=report.kind,
        level=report.level,
        state=report.state,
        text=_storable(report.text),
        tick=report.tick,
    )


def _dropped(count: int, events: tuple[EventRecord, ...]) -> EventRecord:
    return EventRecord(
        at=events[0].at if events else 0.0,
        path="",
        kind="store",
        level="warning",
        state="",
        text=f"{count} events before this could not be stored in time and are lost",
    )


def _storable(text: Any) -> str:
    """Text of bounded length that is valid UTF-8: a reason may hold what a device sent."""
    return str(text)[:TEXT_LIMIT].encode("utf-8", "replace").decode()
