"""The notifications of one tree: fed with its reports, on its loop; at work on threads of its own.

One thread routes, one sends for each target, one writes the record. The loop of the tree pays for a
look at the level of a report, and for an entry in a queue.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.core import Report
from fsmv2.model import Vault
from fsmv2.notify.channel import Texts
from fsmv2.notify.channels import open_channel
from fsmv2.notify.escalations import Escalations
from fsmv2.notify.event_names import ENDED, RECOVERED, REQUIRED, event_of, level_of
from fsmv2.notify.notification_record import (
    NotificationRecord,
    NotificationRecordWriter,
    read_record,
)
from fsmv2.notify.notify_settings import NotifySettings
from fsmv2.notify.routing import RANK, Routed, Routing
from fsmv2.notify.summary import Summarised
from fsmv2.notify.target_queue import TargetQueue
from fsmv2.notify.target_status import TargetStatus
from fsmv2.notify.target_thread import TargetThread

MOST_REPORTS = 10_000
"""Reports that wait to be routed; of more the oldest are lost, and counted as dropped."""
MOST_ESCALATIONS = 100_000
"""The same of escalations, which wait apart: a flood of warnings must not push one out."""
CLOSE_WITHIN = 5.0
"""Seconds for which a stop waits for what is to be sent."""
ABORT_WITHIN = 0.2
"""Seconds for which each of those that hang is waited for once it was cut off."""
SAVE_EVERY = 0.5
"""Seconds between two writes of the record."""
TICK_EVERY = 1.0
"""Seconds between two looks at what is owed and due: of thousands of escalations it takes time."""
LOOK_EVERY = 30.0
"""Seconds between two looks at the workers whose escalation stands, and for reminders."""
NO_TARGETS = (
    "something has escalated, and no notification is sent: the document names no targets; "
    "see `notify:`"
)
GONE_AFTER = 60.0
"""Seconds after the start from which on a worker that is not there is no longer declared."""

WorkerHealth = Literal["escalated", "healthy", "in trouble", "gone"]
Look = Callable[[Iterable[str]], Mapping[str, WorkerHealth]]


class Notifier:
    """Sends notifications as its settings say, which may be changed while it runs."""

    def __init__(
        self,
        plant: str,
        settings: NotifySettings,
        vault: Vault,
        *,
        names: Mapping[str, str] | None = None,
        record: Path | None = None,
        look: Look | None = None,
        healthy_for: float = 300.0,
        failing: Callable[[tuple[str, ...]], None] = lambda _: None,
        silenced: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """`plant` is the name of the tree's root. `names` of events, by kind of report.

        `record`: the file that keeps what must outlast a restart. `look` says how the workers at
        these paths are, or nothing while that is not known; it may block for a moment. An
        escalation that nobody reports as ended is over when its worker has been healthy for
        `healthy_for` seconds. `failing` is told which targets fail, and why; on any thread.
        `silenced`: whether nobody is to be notified of a path now; called on any thread.
        """
        self._plant = plant
        self._settings, self._vault = settings, vault
        self._look = look
        self._healthy_for = healthy_for
        self._tell_failing = failing
        self._file = record
        self._writer = NotificationRecordWriter(record) if record is not None else None
        self._record_error = ""
        self._failing: tuple[str, ...] = ()
        self._telling = threading.Lock()
        self._names = names or {}
        self._silenced = silenced
        self._routing = Routing(plant, names=self._names, silenced=silenced)
        self._unheard: set[str] = set()
        self._targets: dict[str, TargetThread] = {}
        self._retired: list[TargetThread] = []
        self._inbox: deque[tuple[Report, float]] = deque(maxlen=MOST_REPORTS)
        self._escalations: deque[tuple[Report, float]] = deque(maxlen=MOST_ESCALATIONS)
        self._calls: deque[Callable[[], None]] = deque()
        self._wake = threading.Event()
        self._lost = 0
        self._lowest = _lowest(settings)
        self._healthy_since: dict[str, float] = {}
        self._held: dict[str, Summarised] = {}
        self._started = self._next_look = self._next_save = self._next_tick = 0.0
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="fsmv2-notify", daemon=True)

    def start(self) -> None:
        """Begin: what the last run owed is sent first."""
        if not self._settings.targets:
            return  # `change` begins, should there ever be some
        self._started = time.monotonic()
        self._next_look = self._started + LOOK_EVERY
        if self._writer is not None:
            self._writer.start()
        self._thread.start()

    def listen(self, report: Report) -> None:
        """Take a report; on the loop of the tree, so it only sees whether anybody may want it."""
        escalation = report.kind == "escalation" or (
            report.kind == "condition" and report.text == RECOVERED
        )
        if RANK.get(level_of(report), 0) < self._lowest and not escalation:
            return
        if not self._settings.targets:
            self._nobody_hears(report)
            return
        inbox = self._escalations if escalation else self._inbox
        if len(inbox) == inbox.maxlen:
            self._lost += 1
        inbox.append((report, time.time()))
        if not self._wake.is_set():
            self._wake.set()

    def change(self, settings: NotifySettings, vault: Vault) -> None:
        """Notify by these from now on; from any thread. What waits for a target that stays is sent.

        A target of which nothing has changed is not touched.
        """
        if self._thread.ident is None:
            self._settings, self._vault, self._lowest = settings, vault, _lowest(settings)
            self._failing_changed()
            self.start()
            return
        self._calls.append(lambda: self._use(settings, vault))
        self._wake.set()

    def write_again(self) -> None:
        """Write the record now: its place is there anew. From any thread."""
        self._routing.escalations.changed = True
        self._wake.set()

    def status(self) -> tuple[TargetStatus, ...]:
        """How each target fares; from any thread."""
        found = [target.status() for target in tuple(self._targets.values())]
        return tuple(
            msgspec.structs.replace(
                one, counts=one.counts | {"dropped": one.counts["dropped"] + self._lost}
            )
            for one in found
        )

    def close(self, within: float = CLOSE_WITHIN) -> None:
        """Send what is there, for so many seconds at most, and end. Blocks."""
        limit = time.monotonic() + within
        self._closing = True
        self._wake.set()
        if self._thread.ident is None:
            return
        self._thread.join(within)
        hanging: list[TargetThread] = []
        for target in (*self._targets.values(), *self._retired):
            if not target.join(limit - time.monotonic()):
                hanging.append(target)
                target.abort()
        for target in hanging:
            target.join(ABORT_WITHIN)
        if self._thread.is_alive():
            return
        self._call()  # what targets took in the last moment
        self._save()
        if self._writer is not None:
            self._writer.close(max(1.0, limit - time.monotonic()))

    def _nobody_hears(self, report: Report) -> None:
        """Have it shown in the tree that an escalation stands, and nobody is to be notified."""
        event = event_of(report, self._names)
        if event == REQUIRED and len(self._unheard) < MOST_REPORTS:
            self._unheard.add(report.path)
        elif event == ENDED:
            self._unheard.discard(report.path)
        else:
            return
        self._failing_changed()

    # ---- on the thread ----------------------------------------------------------------------

    def _run(self) -> None:
        self._safely(self._restore)
        while not self._closing:
            self._wake.wait(self._seconds())
            self._wake.clear()
            self._safely(self._step)
        self._safely(self._step)  # what was reported of the stop itself
        for target in self._targets.values():
            target.close()

    def _safely(self, do: Callable[[], None]) -> None:
        try:
            do()
        except ANY_RAISED as error:  # a mistake of ours must not end notifications for good
            self._record_error = f"notifications: {type(error).__name__} in {do.__name__}"
            self._failing_changed()

    def _restore(self) -> None:
        found = NotificationRecord()
        if self._file is not None:
            found, self._record_error = read_record(self._file)
        escalations = Escalations()
        escalations.by_path = found.standing
        self._routing = Routing(
            self._plant, escalations, names=self._names, silenced=self._silenced
        )
        self._use(self._settings, self._vault)
        for name, tally in found.held.items():
            if name in self._targets:
                self._targets[name].hold(tally)
        self._send(self._routing.restored())
        if self._record_error:
            self._failing_changed()

    def _use(self, settings: NotifySettings, vault: Vault) -> None:
        same = vault is self._vault and settings.variables == self._settings.variables
        self._settings, self._vault = settings, vault
        self._lowest = _lowest(settings)
        self._routing.use(settings)
        texts, old, self._targets = Texts(settings.variables, vault), self._targets, {}
        for one in settings.targets:
            before = old.pop(one.name, None)
            if before is not None and same and before.settings == one:
                self._targets[one.name] = before
                continue
            made = self._targets[one.name] = TargetThread(
                one,
                open_channel(one, texts),
                TargetQueue(one, self._plant),
                settled=self._settled,
                changed=self._failing_changed,
            )
            if before is not None:
                made.hold(before.retire())
                self._retired.append(before)
                self._routing.offer_again(one.name)
            made.start()
        self._next_tick = 0.0  # what is owed to new ones is sent now
        for gone in old.values():
            gone.retire()
            self._retired.append(gone)
        self._retired = [one for one in self._retired if one.is_alive]
        self._failing_changed()

    def _seconds(self) -> float | None:
        """Until there is something to do though nothing happens."""
        due = [self._next_save - time.monotonic()] if self._routing.escalations.changed else []
        if self._routing.escalations.by_path:
            due.append(self._next_look - time.monotonic())
        return max(0.0, min(due)) if due else None

    def _step(self) -> None:
        self._call()
        failing = [name for name, one in self._targets.items() if one.failing]
        for inbox in (self._escalations, self._inbox):
            for _ in range(len(inbox)):
                report, at = inbox.popleft()
                self._send(self._routing.report(report, at, failing))
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + LOOK_EVERY
            self._look_at_workers()
        if time.monotonic() >= self._next_tick:
            self._next_tick = time.monotonic() + TICK_EVERY
            self._send(self._routing.tick(time.time()))
        for name, more in self._routing.suppressed.items():
            if name in self._targets:
                self._targets[name].count("suppressed", more)
        self._routing.suppressed.clear()
        if time.monotonic() >= self._next_save:
            self._save()

    def _call(self) -> None:
        while self._calls:
            self._calls.popleft()()

    def _send(self, routes: Iterable[Routed]) -> None:
        for route in tuple(routes):  # sending may change what they are made from
            self._targets[route.target].put(route.notification)

    def _look_at_workers(self) -> None:
        """End the escalations of workers that are well again, or gone, without a report of that."""
        paths = self._routing.open_paths
        if self._look is None or not paths:
            return
        now = time.monotonic()
        found = self._look(tuple(paths))
        for path, health in found.items():
            if health == "healthy":
                since = self._healthy_since.setdefault(path, now)
                if now - since >= self._healthy_for:
                    self._send(self._routing.is_over(path, "it has recovered", time.time()))
            else:
                self._healthy_since.pop(path, None)
            if health == "gone" and now - self._started > GONE_AFTER:
                self._send(self._routing.is_over(path, "it is no longer declared", time.time()))
        for path in self._healthy_since.keys() - found.keys():
            del self._healthy_since[path]

    def _save(self) -> None:
        self._next_save = time.monotonic() + SAVE_EVERY
        held = {name: tally for name, one in self._targets.items() if (tally := one.held())}
        escalations = self._routing.escalations
        if self._writer is None or not (escalations.changed or held != self._held):
            return
        escalations.changed, self._held = False, held
        record = NotificationRecord(standing=escalations.by_path, held=held)
        self._writer.put(msgspec.json.encode(record))

    # ---- on the threads of targets ----------------------------------------------------------

    def _settled(self, target: str, ids: tuple[str, ...], told: bool) -> None:
        do = self._routing.taken if told else self._routing.given_up
        self._calls.append(lambda: do(target, ids, time.time()))
        self._wake.set()

    def _failing_changed(self) -> None:
        found = [one.status() for one in tuple(self._targets.values()) if one.failing]
        problems = [f"target '{one.name}' ({one.kind} {one.address}): {one.error}" for one in found]
        if self._record_error:
            problems.append(self._record_error)
        if self._unheard and not self._settings.targets:
            problems.append(NO_TARGETS)
        with self._telling:
            if tuple(problems) != self._failing:
                self._failing = tuple(problems)
                self._tell_failing(self._failing)


def _lowest(settings: NotifySettings) -> int:
    """The least level that any target is sent; above all levels when none is."""
    ranks = [RANK[match.level] for target in settings.targets for match in target.matches]
    return min(ranks, default=len(RANK))
