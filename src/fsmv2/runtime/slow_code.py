"""Watches supervision from a thread of its own, and names author code that holds it up.

Derive, steps, checks and comparisons run between the decisions of supervision, so each must be
quick. One that is not can only be named while it runs, by its stack; a slice itself ends only after
it. Beside the watchdogs, which look twice a second for a loop that does not come round at all.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Final

from fsmv2.core import SlowCode, Supervisor
from fsmv2.runtime.supervision import Supervision
from fsmv2.runtime.watchdog import where_of

SLOW: Final = 0.05
"""Seconds that one call of author code may hold up supervision: ten slices, in which nobody else
was looked at."""

LOOK: Final = 0.025
"""Seconds between two looks. Forty wake-ups a second that read one number: no share of a processor
that could be measured, and no call in the hot path."""

REPORT_EVERY: Final = 60.0
"""Seconds between two reports of one worker; the times in between are counted in the next."""

PATHS: Final = 1_000
"""Workers whose last report is remembered; a bound, as the names in a tree may change forever."""

CALLERS: Final = ("fsmv2.core.", "fsmv2.runtime.supervision")
"""Modules that call code of others on the supervision loop."""

HELPERS: Final = ("fsmv2.model.", "fsmv2.worker.")
"""Modules through which they do so at times: a comparison of observations, say."""


class SlowCodeWatch:
    """Looks at one supervision; `report` is called on the thread of the watch."""

    def __init__(
        self,
        supervision: Supervision,
        ident: Callable[[], int | None],
        report: Callable[[SlowCode], None],
    ) -> None:
        """`ident` gives the number of the thread that supervision runs on."""
        self._supervision = supervision
        self._ident = ident
        self._report = report
        self._closed = threading.Event()
        self._noted = 0.0  # the beginning of the slice that was reported last
        self._named = (0.0, "")
        self._reported: dict[str, tuple[float, int]] = {}
        self._thread = threading.Thread(target=self._run, name="fsmv2-slow-code", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Look no more; from any thread."""
        self._closed.set()

    @property
    def blocking(self) -> str:
        """The code of an author that supervision is in for long, as words; or ''. From any thread.

        The event about it is reported only after it: until then this is all that there is to see.
        """
        began, named = self._named
        return named if began == self._supervision.slicing_since else ""

    def _run(self) -> None:
        woke = time.perf_counter()
        while not self._closed.wait(LOOK):
            before, woke = woke, time.perf_counter()
            self.look(woke, late=woke - before > 2 * LOOK)

    def look(self, now: float, *, late: bool) -> None:
        """Name what has been holding up supervision at `now`.

        `late`: this thread had no turn in time either. Then the machine is busy, unless it was
        author code that did not let go of the interpreter, as a long regular expression does.
        """
        began = self._supervision.slicing_since
        if began is None or now - began < SLOW or began == self._noted:
            return
        ident = self._ident()
        frame = sys._current_frames().get(ident or 0)
        if ident is None or frame is None or (late and not _has_worked(self._supervision, ident)):
            return
        if self._supervision.slicing_since != began:
            return  # it has gone on, so that the stack is another one's
        self._noted = began
        path, what = _worker_of(frame)
        if what:
            named = f"{what} of {path}" if path else what
            self._named = began, f"{named}, at {_place_of(frame)}"
            self._count(path, what, frame, now, now - began)

    def _count(self, path: str, what: str, frame: FrameType, now: float, seconds: float) -> None:
        reported_at, times = self._reported.get(path, (-REPORT_EVERY, 0))
        if now - reported_at < REPORT_EVERY:
            self._reported[path] = reported_at, times + 1
            return
        if len(self._reported) >= PATHS:
            self._reported.clear()
        self._reported[path] = now, 0
        stack = "".join(traceback.format_stack(frame))
        message = "%s has blocked supervision for %.2f s\n%s"
        named = f"{what} of {path}" if path else what
        logging.getLogger("fsmv2.slow_code").warning(message, named, seconds, stack)
        self._report(SlowCode(path, what, where_of(frame), seconds, times + 1))


def _has_worked(supervision: Supervision, ident: int) -> bool:
    """Whether the thread had the processor for at least half of the time that counts as slow."""
    clock = getattr(time, "pthread_getcpuclockid", None)
    if clock is None:
        return False
    return time.clock_gettime(clock(ident)) - supervision.slice_cpu > SLOW / 2


def _worker_of(frame: FrameType) -> tuple[str, str]:
    """The path of the worker that the core is calling code of, and what it calls; or '', ''."""
    what = ""
    authors = False
    at: FrameType | None = frame
    while at is not None and not _module(at).startswith(CALLERS):
        module = _module(at)
        if not what or not module.startswith(HELPERS):
            what = at.f_code.co_name
        authors = authors or not _is_of_the_runtime(module)
        at = at.f_back
    if at is None or not authors:
        return "", ""  # whatever it waits for, no code of an author is called
    while at is not None and _module(at).startswith(CALLERS):
        for name in ("s", "child", "supervisor", "parent"):
            found = at.f_locals.get(name)
            if isinstance(found, Supervisor):
                return found.path, what
        at = at.f_back
    return "", what


def _place_of(frame: FrameType) -> str:
    """File and line of the author's code, whatever of Python's library that has called."""
    at = frame
    while at.f_back is not None and _is_of_the_runtime(_module(at)):
        at = at.f_back
    return f"{at.f_code.co_filename.rpartition('/')[2]}:{at.f_lineno}"


def _is_of_the_runtime(module: str) -> bool:
    """Whether code of this module is the runtime's own, or what that calls of Python's library."""
    return module.startswith("fsmv2.runtime.") or (
        module.partition(".")[0] in sys.stdlib_module_names and module != "__main__"
    )


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))
