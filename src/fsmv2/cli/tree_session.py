"""What `run` and `demo` share: what the tree reports, and an orderly end.

Nothing here waits for the output, and nothing is posted to the loop of the command but what it
asked for itself: see `output_thread` and `signals`.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any, Protocol

from fsmv2.cli.console import progress
from fsmv2.cli.error_messages import debugging
from fsmv2.cli.foreground import ForegroundProcess
from fsmv2.cli.line_output import NothingShown
from fsmv2.cli.output_thread import lost_text
from fsmv2.cli.run_entries import entry_of, run_ended
from fsmv2.cli.signals import reason
from fsmv2.cli.tree_display import OUTPUT, PROGRESS, DisplayedEvent, TreeDisplay
from fsmv2.core import Report
from fsmv2.errors import error_text
from fsmv2.runtime.log.log_writer import LogWriter


class SessionTree(Protocol):
    """What a session shows and ends: a `TreeHandle`, or a `Runtime`."""

    async def stop(self, *, who: str) -> None:
        """Stop the tree in order."""

    def force(self, *, who: str) -> None:
        """Stop waiting for that."""


class TreeSession:
    """One command's hold on a tree. Enter it before the tree; `listener` is for the Runtime."""

    def __init__(
        self, show: TreeDisplay | None, process: ForegroundProcess, log: LogWriter | None = None
    ) -> None:
        """`show`: what the tree is shown on; None: nothing is shown but the lines of `log`."""
        self.show = show if show is not None else NothingShown()
        self._log = log
        self._logged = show is None
        self._signals = process.signals
        self._output = process.output
        self._end_requested = asyncio.Event()
        self._force = asyncio.Event()
        self._reload_asked = asyncio.Event()
        self._reload_posted = False
        self._loop = asyncio.get_running_loop()
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> TreeSession:
        """Listen to the signals."""
        self._signals.closing = self.show.close
        if not self.show.live and not self._logged:
            self._output.out.lost = self._lost
        self._stack.enter_context(self._signals.reports_to(self._signalled))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the terminal back."""
        self._stack.close()
        self.show.close()

    def listener(self, report: Report) -> None:
        """Take a report on the supervision loop, and have it shown."""
        if not self._logged and (report.level != "debug" or debugging()):
            self._happened(DisplayedEvent.of(report, time.time()))

    def wrote(self, path: str, stream: str, text: str, at: float) -> None:
        """Take a line that a process wrote, in any thread, and have it shown."""
        self._happened(DisplayedEvent(at, path, OUTPUT, "info", text, stream=stream))

    def tell(self, path: str, text: str, *, kind: str = "note", level: str = "info") -> None:
        """Show something that is not the tree's own."""
        happening = DisplayedEvent(time.time(), path, kind, level, text)
        if self._log is not None:
            self._log.put(entry_of(happening))
        self._happened(happening)

    def warn(self, text: str) -> None:
        """Show a warning that is not the tree's own; from any thread."""
        self.tell("fsmv2", text, level="warning")

    def show_progress(self, text: str) -> None:
        """Tell how the command proceeds: on stderr, but never across a screen."""
        if self.show.live or self._logged:
            self.tell("fsmv2", text, kind=PROGRESS)
        else:
            progress(text)

    def summary(self, text: str, data: Mapping[str, Any]) -> None:
        """Tell how it ended, as text for people and as data for programs."""
        if self._log is not None:
            self._log.put(run_ended(text, data))
            self._log.flush()
        self.show.summary(text, data)

    async def hold(self, seconds: float | None) -> None:
        """Show the tree until a stop is asked for or `seconds` are over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.watch(self._end_requested.wait())

    def request_end(self) -> None:
        """End it as a signal does, for another reason."""
        self._end_requested.set()

    async def watch(self, waited: Coroutine[Any, Any, Any]) -> bool:
        """Await it while the tree is shown; False when a forced end was asked for before."""
        self.show.begin()
        task = asyncio.ensure_future(waited)
        force = asyncio.ensure_future(self._force.wait())
        try:
            await asyncio.wait([task, force], return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                task.result()
            return task.done()
        finally:
            for one in (task, force):
                one.cancel()
            await asyncio.gather(task, force, return_exceptions=True)

    async def end(self, tree: SessionTree, *, who: str) -> None:
        """Stop the tree, children before parents; a further signal forces what is left."""
        stopping = asyncio.ensure_future(tree.stop(who=who))
        if not await self.watch(_done(stopping)):
            tree.force(who="signal")
            await stopping
        self._signals.ending()

    @property
    def signal_name(self) -> str:
        """The signal that asked for the end, or nothing."""
        return self._signals.name

    @property
    def why(self) -> str:
        """What the line about the stop says of it, with a colon; nothing without a signal."""
        return f"{reason(self.signal_name)}: " if self.signal_name else ""

    @contextlib.asynccontextmanager
    async def reloads(self, reload: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
        """While inside, `reload` is awaited for each SIGHUP; those that come meanwhile are one."""

        async def run() -> None:
            while True:
                await self._reload_asked.wait()
                self._reload_asked.clear()
                try:
                    await reload()
                except Exception as error:  # noqa: BLE001  (the next signal must be heard)
                    self.warn(f"the document could not be reloaded: {error_text(error)}")

        task = asyncio.ensure_future(run())
        try:
            with self._signals.reloads_by(self._reload_signalled):
                yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _signalled(self) -> None:
        """On the thread that reads the signals; wakes the loop once for each that counts."""
        with contextlib.suppress(RuntimeError):  # this loop has ended
            self._loop.call_soon_threadsafe(self._heed)

    def _reload_signalled(self) -> None:
        """On the thread that reads the signals: any number of them wakes the loop once."""
        if not self._reload_posted:
            self._reload_posted = True
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._heed_reload)

    def _heed_reload(self) -> None:
        self._reload_posted = False
        self._reload_asked.set()

    def _heed(self) -> None:
        self._end_requested.set()
        if self._signals.forced:
            self._force.set()

    def _happened(self, happening: DisplayedEvent) -> None:
        if self._logged:
            return
        if self.show.live:
            self.show.happened(happening)  # it is kept for the next frame
        else:
            self._output.out.later(functools.partial(self.show.happened, happening))

    def _lost(self, lost: int, why: str) -> None:
        self.show.happened(
            DisplayedEvent(time.time(), "fsmv2", "note", "warning", lost_text(lost, why))
        )


async def _done(task: asyncio.Future[None]) -> None:
    await asyncio.wait([task])
