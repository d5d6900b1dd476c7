"""Every signal that would end or suspend a running tree by default, and what it means here.

The interpreter writes the number of each signal into a pipe of our own, which nothing else writes
to and which a thread of its own reads. So a signal is heard whatever the loops and the output do.
(asyncio has one pipe for its signals and for whoever wakes the loop: some 280 unread wake-ups fill
it, and the next signal is dropped.)
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

STOPS = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGPWR,
    signal.SIGXCPU,
)
"""Stop in order; the second one forces, but for SIGHUP.

Of one closed terminal a program hears several times: by the kernel, by its shell, and by a login
manager that ends the session, in the same moment. None of them is a person who has lost patience.
"""

NOTED = (
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGALRM,
    signal.SIGVTALRM,
    signal.SIGPROF,
    signal.SIGPOLL,
    signal.SIGTSTP,
    *range(signal.SIGRTMIN, signal.SIGRTMAX + 1),
)
"""End or suspend a program by default; here they are only noted."""

FORCED_WITHIN = 5.0
"""Seconds after the signal that forces, after which the program ends whatever still hangs."""


class Stopped(BaseException):
    """A signal asked for the end before anything was started; its name. On the main thread."""


class Signals:
    """Who asked for the end. Used by one command, inside `caught()`."""

    def __init__(self, tell: Callable[[str], None], leave: Callable[[], None]) -> None:
        """`tell` is told what came and means nothing; `leave` ends the program at once.

        Both are called on the thread that reads, and must not block.
        """
        self.name = ""
        """The signal that asked for the end first."""
        self.forced = False
        self._counted = False
        self._tell = tell
        self._leave = leave
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []
        self._starting = False
        self._early = 0
        self._ending = False
        self._limit: float | None = None
        self._noted: set[int] = set()

    @contextlib.contextmanager
    def caught(self) -> Iterator[None]:
        """Catch them inside; on the main thread."""
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        before = {number: signal.signal(number, self._handle) for number in _to_catch()}
        wakeup = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        thread = threading.Thread(
            target=self._run, args=(reading,), name="fsmv2-signals", daemon=True
        )
        thread.start()
        unraisable, sys.unraisablehook = sys.unraisablehook, _but_stopped(sys.unraisablehook)
        try:
            yield
        finally:
            sys.unraisablehook = unraisable
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)
            os.close(writing)
            thread.join()

    def starting(self) -> None:
        """From now on a signal that asks for the end raises Stopped, and so does an earlier one.

        Until `started`. Called where Stopped is caught: raised in the middle of `caught`, it would
        be a traceback.
        """
        self._starting = True
        if self._early:
            self._starting, self._ending = False, True
            raise Stopped(_name(self._early))

    def started(self) -> None:
        """Something has to be stopped from now on; Stopped: the end was asked for before."""
        self._starting = False
        if self.name:
            raise Stopped(self.name)

    def ending(self) -> None:
        """Everything is stopped: from now on the second signal ends the program at once."""
        self._ending = True

    @contextlib.contextmanager
    def reports_to(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call `listener` whenever a stop is asked for or forced, on the thread; now, if it was."""
        with self._lock:
            self._listeners.append(listener)
            asked = bool(self.name)
        if asked:
            listener()
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(listener)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        # The thread hears of it as well. Here only what is under way on the main thread is ended,
        # such as the reading of a large document: nothing runs yet that would have to be stopped.
        if self._starting and number in STOPS:
            self._starting, self._ending = False, True
            raise Stopped(_name(number))
        if number in STOPS and not self._early:
            self._early = number

    # ---- on the thread ----------------------------------------------------------------------

    def _run(self, reading: int) -> None:
        try:
            while numbers := self._read(reading):
                for number in numbers:
                    self._came(number)
        finally:
            os.close(reading)

    def _read(self, reading: int) -> bytes:
        if self._limit is not None:
            ready, _, _ = select.select([reading], [], [], max(0.0, self._limit - time.monotonic()))
            if not ready:
                self._limit = None
                self._leave()
        return os.read(reading, 512)

    def _came(self, number: int) -> None:
        if number not in STOPS:
            if number in NOTED and number not in self._noted:
                self._noted.add(number)
                self._tell(f"{_name(number)} changes nothing; SIGTERM or Ctrl-C stops in order")
            return
        with self._lock:
            again = self._counted
            self._counted = self._counted or number != signal.SIGHUP
            if not self.name:
                self.name = _name(number)
            elif not again or number == signal.SIGHUP:
                return
            elif not self.forced:
                self.forced = True
                self._limit = time.monotonic() + FORCED_WITHIN
            leave = self.forced and self._ending
            listeners = list(self._listeners)
        if leave:
            self._leave()
        for listener in listeners:
            listener()


def _but_stopped(hook: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The hook for exceptions that nothing can raise further, without `Stopped`.

    A signal may come in such a place, as in a callback of the import system, which cannot be left
    by an exception. Nothing is lost: `started` raises it again.
    """

    def called(found: Any) -> None:
        if not isinstance(found.exc_value, Stopped):
            hook(found)

    return called


def reason(name: str) -> str:
    """What a line about the stop says of the signal that asked for it."""
    if name != "SIGHUP":
        return name
    if not _has_terminal():
        return "SIGHUP, the terminal is closed"
    return "SIGHUP (the document is not reloaded while it runs: run it again)"


def _to_catch() -> Iterator[int]:
    """All of them but those that somebody has taken already, or has ignored, as `nohup` does."""
    for number in (*STOPS, *NOTED):
        if number in (signal.SIGTERM, signal.SIGINT) or signal.getsignal(number) is signal.SIG_DFL:
            yield number


def _name(number: int) -> str:
    with contextlib.suppress(ValueError):
        return signal.Signals(number).name
    return f"SIGRTMIN+{number - signal.SIGRTMIN}"


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK))
    except OSError:
        return False
    return True
