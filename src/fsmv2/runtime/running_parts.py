"""What exists only while a runtime is entered: two threads, and what runs on each."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

from fsmv2.core import Core, EngineSettings, LoopBlocked, LoopFreed, Uncontained
from fsmv2.model import Vault
from fsmv2.runtime.clock import Clock
from fsmv2.runtime.dispatcher import Dispatcher
from fsmv2.runtime.durations import Durations
from fsmv2.runtime.journal.journal_writer import JournalWriter
from fsmv2.runtime.journal.recorder import Recorder
from fsmv2.runtime.liveness import Liveness, silent_paths
from fsmv2.runtime.log.log_writer import LogWriter
from fsmv2.runtime.loop_thread import LoopThread
from fsmv2.runtime.recent_events import RecentEvents
from fsmv2.runtime.slow_code import SlowCodeWatch
from fsmv2.runtime.store_writer import StoreWriter
from fsmv2.runtime.supervision import Supervision
from fsmv2.runtime.watchdog import Blockage, Watchdog


class RunningParts:
    """Wires the core, on the supervision loop, to collections and actions, on the work loop."""

    def __init__(
        self,
        core: Core,
        settings: EngineSettings,
        clock: Clock,
        writer: StoreWriter | None,
        secrets: Vault | None,
        journal: JournalWriter | None,
        log: LogWriter | None = None,
    ) -> None:
        self._core = core
        self.writer = writer
        self.journal = journal
        self.supervision_thread = LoopThread("fsmv2-supervision")
        self.work_thread = LoopThread("fsmv2-work")
        self.dispatcher = Dispatcher(
            settings,
            clock,
            self.work_thread.loop,
            self._post,
            secrets,
            refusal=self._refusal,
            paused=self._paused,
            busy=lambda: self.supervision.behind,
            state_of=self._state_of,
            log=log,
        )
        self.durations = Durations(core)
        self.recorder = None if journal is None else Recorder(core, journal)
        self.supervision = Supervision(
            core,
            clock,
            self.supervision_thread.loop,
            self.dispatcher.deliver,
            save=None if writer is None else writer.put,
            recorder=self.recorder,
            durations=self.durations,
            wall=time.time,
        )
        self.recent_events = RecentEvents(lambda: core.epoch)
        """What happened, if there is no store that keeps it."""
        if writer is not None:
            writer.connect(self.supervision.post)
            self.supervision.listen(writer.add_event)
        else:
            self.supervision.listen(self.recent_events.add_event)
        if log is not None:
            log.state_of = self._state_of
        self.work_watchdog = Watchdog(
            self.work_thread, self.supervision_thread.loop, self._blocked, self._freed
        )
        for thread in (self.work_thread, self.supervision_thread):
            thread.uncontained = lambda text: self._post(Uncontained(text))
        self.slow_code = SlowCodeWatch(
            self.supervision, lambda: self.supervision_thread.ident, self._post
        )
        self.supervision_watchdog = Watchdog(
            self.supervision_thread, self.work_thread.loop, lambda _: None, lambda _: None
        )

    def start(self) -> None:
        """Start the threads, and the watch of each over the other."""
        self.work_thread.start()
        self.supervision_thread.start()
        loop = self.work_thread.loop
        loop.call_soon_threadsafe(self.dispatcher.services.loop_lag.start, loop)
        self.work_watchdog.start()
        self.supervision_watchdog.start()
        self.slow_code.start()

    async def finished_within(self, limit: float) -> None:
        """Wait until nothing of the tree runs any more, for at most so many seconds."""

        async def finished() -> None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(limit):
                    await self.supervision.finished.wait()

        await self.supervision_thread.run(finished())

    def liveness(self) -> Liveness:
        """Whether everything makes progress; from any thread, and waits for nothing."""
        core, writer = self.supervision.core, self.writer
        return Liveness(
            supervision_lag=self.supervision_watchdog.lag,
            work_lag=self.work_watchdog.lag,
            silent=silent_paths(core),
            supervision_age=max(0.0, time.monotonic() - self.supervision.progressed_at),
            work_age=self.dispatcher.services.loop_lag.silent_for,
            store_behind=None if writer is None else writer.behind,
            store_failing="" if writer is None else writer.failing,
            journal_failing="" if self.journal is None else self.journal.failing,
            blocking=self.slow_code.blocking,
        )

    def _blocked(self, blockage: Blockage) -> None:
        what, _, path = blockage.task.partition(":")
        known = path in self.supervision.core.by_path
        self._post(
            LoopBlocked(
                path if known else "",
                what if known else "something",
                blockage.where,
                blockage.seconds,
                blockage.busy,
            )
        )

    def _freed(self, seconds: float) -> None:
        self._post(LoopFreed(seconds))

    def _post(self, event: Any) -> None:
        self.supervision.post(event)

    def _state_of(self, path: str) -> str:
        """The state of a worker, from any thread."""
        s = self._core.by_path.get(path)
        return "" if s is None else s.state

    def _refusal(self, path: str, incarnation: int) -> str:
        return self.supervision.refusal(path, incarnation)

    def _paused(self, path: str) -> bool:
        return self.supervision.paused(path)

    @property
    def loop_lags(self) -> dict[str, float]:
        """By loop, the seconds by which it was late at most lately; from any thread."""
        return {
            "supervision": self.supervision_watchdog.worst_lag,
            "work": max(self.work_watchdog.worst_lag, self.dispatcher.services.loop_lag.worst()),
        }

    @property
    def journal_dropped(self) -> int:
        """Events and instructions that were not recorded; from any thread."""
        noted = 0 if self.recorder is None else self.recorder.dropped
        return noted + (0 if self.journal is None else self.journal.dropped)

    def close(self) -> None:
        """Watch the loops no more, and take no more events."""
        self.work_watchdog.close()
        self.supervision_watchdog.close()
        self.slow_code.close()
        self.supervision.close()
