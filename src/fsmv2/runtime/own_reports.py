"""What a runtime itself reports, beside its core: of journal, traces, store and applies."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import msgspec

from fsmv2.core import Core, Report, ReportKind
from fsmv2.core.contract.log_events import LogEvent
from fsmv2.model import Vault
from fsmv2.runtime.clock import Clock
from fsmv2.runtime.log.core_log import CoreLog
from fsmv2.runtime.log.log_levels import LogLevels
from fsmv2.runtime.log.log_writer import LogWriter
from fsmv2.runtime.running_parts import RunningParts
from fsmv2.runtime.traces.core_traces import CoreTraces
from fsmv2.runtime.traces.trace_exporter import TraceExporter


class OwnReports:
    """Those of one runtime, which stand in its log as those of the core do."""

    def __init__(
        self,
        core: Core,
        clock: Clock,
        root: str,
        *,
        log: LogWriter | None,
        traces: TraceExporter | None,
        secrets: Vault | None,
        running: Callable[[], RunningParts | None],
    ) -> None:
        """Have the core write to `log` and `traces`; a report bears the name of the `root`."""
        self._core = core
        self._clock = clock
        self._root = root
        self._running = running
        self._log = log
        self._core_log: CoreLog | None = None
        if log is not None:
            log.redact = secrets.redact if secrets is not None else None
            core.log = self._core_log = CoreLog(log.levels, log.put)
        if traces is not None:
            # A tree that is traced may have no log.
            levels, write = (LogLevels("error"), _nowhere) if log is None else (log.levels, log.put)
            core.log = self._core_log = CoreTraces(levels, write, traces.put)

    def of_journal(self, text: str, level: str) -> None:
        """Report something of the journal; from any thread, as all but `of_store`."""
        self._announce(self.make_report("journal", text, level))

    def of_traces(self, text: str, level: str) -> None:
        """Report something of the traces."""
        self._announce(self.make_report("traces", text, level))

    async def of_store(self, text: str) -> None:
        """Report an error of the store; its listeners have heard of it when this returns."""
        running, report = self._running(), self.make_report("store", text, "error")
        if running is not None:
            await running.supervision_thread.call(lambda: self._hand_over(running, report))

    def of_apply(self, event: LogEvent, text: str) -> None:
        """Report what became of an apply."""
        self._announce(self.make_report("apply", text, event.level, event))

    def of_document(self, event: LogEvent, text: str) -> None:
        """Report something of the document that the tree follows."""
        self._announce(self.make_report("document", text, event.level, event))

    def change_log_levels(self, levels: LogLevels) -> None:
        """Log by these levels from now on, as far as the command has not fixed them."""
        if self._log is not None:
            self._log.levels.change(levels)
            if self._core_log is not None:
                self._core_log.levels_changed()

    def make_report(
        self, kind: ReportKind, text: str, level: str, event: LogEvent | None = None
    ) -> Report:
        """A report of now, which stands in the log already."""
        report = Report(kind, self._root, text, self._clock.now(), level=level, event=event)
        if self._core_log is not None:
            self._core_log.reported(report, self._core.root)
        return report

    def _announce(self, report: Report) -> None:
        running = self._running()
        if running is not None:
            loop = running.supervision_thread.loop
            with contextlib.suppress(RuntimeError):  # it has ended, and the listeners with it
                loop.call_soon_threadsafe(self._hand_over, running, report)

    def _hand_over(self, running: RunningParts, report: Report) -> None:
        """Announce it on the supervision loop, as of now.

        After a freeze the clock of the core leaves out what it has lasted, and its zero is later by
        as much: a time that was read before that, on another thread, would be off by the freeze.
        """
        running.supervision.announce(msgspec.structs.replace(report, at=self._clock.now()))


def _nowhere(_: object) -> None:
    """The log of a tree that has none."""
