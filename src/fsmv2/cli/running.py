"""What `run` and `demo` share: signals, what the tree reports, frames, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Coroutine, Iterator
from types import TracebackType
from typing import Any

from fsmv2.cli.exits import debugging
from fsmv2.cli.show import OUTPUT, Happening, Show
from fsmv2.cli.terminal import progress
from fsmv2.core import Report
from fsmv2.runtime import Runtime

FRAME_EVERY = 0.25
"""Seconds between two frames of the live tree."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stops:
    """The first SIGINT or SIGTERM asks for an orderly stop, the next one forces it."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.forced = asyncio.Event()

    @contextlib.contextmanager
    def caught(self) -> Iterator[None]:
        """Catch both signals inside; needs the running loop of the main thread."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._came)
        try:
            yield
        finally:
            for number in SIGNALS:
                loop.remove_signal_handler(number)

    def _came(self) -> None:
        (self.forced if self.asked.is_set() else self.asked).set()


class Running:
    """One command's hold on a tree. Enter it before the tree; `listener` is for the Runtime."""

    def __init__(self, show: Show) -> None:
        self.show = show
        self.stops = Stops()
        self.forced: list[str] = []
        self._loop = asyncio.get_running_loop()
        self._stack = contextlib.ExitStack()
        self._broken: BaseException | None = None

    def __enter__(self) -> Running:
        """Catch the signals."""
        self._stack.enter_context(self.stops.caught())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give signals and terminal back."""
        self._stack.close()
        self.show.close()

    def listener(self, report: Report) -> None:
        """Take a report on the supervision loop, and show it on this one."""
        with contextlib.suppress(RuntimeError):  # this loop has ended; nobody is shown anything
            self._loop.call_soon_threadsafe(self._take, report, time.time())

    def wrote(self, path: str, stream: str, text: str, at: float) -> None:
        """Take a line that a process wrote, in any thread, and show it on this loop."""
        line = Happening(at, path, OUTPUT, "info", text, stream=stream)
        with contextlib.suppress(RuntimeError):  # as above
            self._loop.call_soon_threadsafe(self._happened, line)

    def tell(self, path: str, text: str, *, kind: str = "note", level: str = "info") -> None:
        """Show something that is not the tree's own."""
        self._happened(Happening(time.time(), path, kind, level, text))

    def note(self, text: str) -> None:
        """Tell how the command proceeds: on stderr, but never across a live tree."""
        if self.show.live:
            self.tell("fsmv2", text)
        else:
            progress(text)

    async def hold(self, tree: Runtime, seconds: float | None) -> None:
        """Show the tree until a stop is asked for or `seconds` are over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.watch(tree, self.stops.asked.wait())

    async def watch(self, tree: Runtime, waited: Coroutine[Any, Any, Any]) -> bool:
        """Await it while the tree is shown; False when a forced end was asked for before."""
        task = asyncio.ensure_future(waited)
        force = asyncio.ensure_future(self.stops.forced.wait())
        try:
            while not task.done() and not force.done():
                self._check()
                if self.show.live:
                    self.show.frame(await tree.view())
                await asyncio.wait(
                    [task, force], timeout=FRAME_EVERY, return_when=asyncio.FIRST_COMPLETED
                )
            if task.done():
                task.result()
            return task.done()
        finally:
            for one in (task, force):
                one.cancel()
            await asyncio.gather(task, force, return_exceptions=True)

    async def end(self, tree: Runtime, *, who: str) -> None:
        """Stop the tree, children before parents; a further signal forces what is left."""
        stopping = asyncio.ensure_future(tree.stop(who=who))
        if not await self.watch(tree, _done(stopping)):
            tree.force(who="signal")
            await stopping
        # Reports that were posted before the end are still on their way to this loop.
        await asyncio.sleep(0)
        if self.show.live:
            self.show.frame(await tree.view())

    @property
    def asked(self) -> bool:
        """Whether a signal asked for the end."""
        return self.stops.asked.is_set()

    def _take(self, report: Report, at: float) -> None:
        if report.kind == "forced":
            self.forced.append(f"{report.path}: {report.text}")
        if report.level == "debug" and not debugging():
            return
        self._happened(Happening.of(report, at))

    def _happened(self, happening: Happening) -> None:
        try:
            self.show.happened(happening)
        except OSError as error:
            # Raised by `watch`, where it ends the command; here it would only end a callback.
            self._broken = error

    def _check(self) -> None:
        if self._broken is not None:
            raise self._broken


async def _done(task: asyncio.Future[None]) -> None:
    await asyncio.wait([task])
