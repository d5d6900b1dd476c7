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
"""Stop in order; the second one forces, but for SIGHUP, which stops only when the terminal is gone.

Of one closed terminal a program hears several times: by the kernel, by its shell, and by a login
manager that ends the session, in the same moment. None of them is a person who has lost patience.
Where there is a terminal still, or never was one, SIGHUP asks for a reload.
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

HANGUP_WITHIN = 0.3
"""Seconds after a SIGHUP until the terminal is looked at again: when a shell ends, the kernel sends
the signal first, and takes the terminal away from the program then."""


class Stopped(BaseException):
    """A signal asked for the end before anything was started; its name. On the main thread."""


class Signals:
    """Who asked for the end. Used by one command, inside `caught()`."""

    def __init__(
        self, tell: Callable[[str], None], leave: Callable[[], None], *, reloads: bool = False
    ) -> None:
        """`tell` is told what came and means nothing; `leave` ends the program at once.

        Both are called on the thread that reads, and must not block. `reloads`: whether there is
        anything that SIGHUP could have read again.
        """
        self._reloads = reloads
        self._had_terminal = _has_terminal()
        self._hangup: float | None = None
        self._reload_asked = False
        self._reload_listeners: list[Callable[[], None]] = []
        self.name = ""
        """The signal that asked for the end first."""
        self.forced = False
        self._counted = False
        self.closing: Callable[[], None] = lambda: None
        """Called before the program ends at once: gives the terminal back."""
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

    @contextlib.contextmanager
    def reloads_by(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call `listener` whenever a reload is asked for, on the thread; now, if it was before."""
        with self._lock:
            self._reload_listeners.append(listener)
            asked, self._reload_asked = self._reload_asked, False
        if asked:
            listener()
        try:
            yield
        finally:
            with self._lock:
                self._reload_listeners.remove(listener)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        # The thread hears of it as well. Here only what is under way on the main thread is ended,
        # such as the reading of a large document: nothing runs yet that would have to be stopped.
        if number not in STOPS or (number == signal.SIGHUP and not self._hung_up()):
            return
        if self._starting:
            self._starting, self._ending = False, True
            raise Stopped(_name(number))
        if not self._early:
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
        while limits := [at for at in (self._limit, self._hangup) if at is not None]:
            ready, _, _ = select.select([reading], [], [], max(0.0, min(limits) - time.monotonic()))
            if ready:
                break
            self._look_at_limits(time.monotonic())
        return os.read(reading, 512)

    def _look_at_limits(self, now: float) -> None:
        if self._hangup is not None and now >= self._hangup:
            self._hangup = None
            if self._hung_up():
                self._stop(signal.SIGHUP)
            else:
                self._reload()
        if self._limit is not None and now >= self._limit:
            self._limit = None
            self._end_at_once()

    def _end_at_once(self) -> None:
        self.closing()
        self._leave()

    def _hung_up(self) -> bool:
        """Whether the terminal that there was is gone. One that never was cannot be."""
        return self._had_terminal and not _has_terminal()

    def _came(self, number: int) -> None:
        if number not in STOPS:
            if number in NOTED:
                self._changes_nothing(number)
        elif number != signal.SIGHUP or self._hung_up():
            self._stop(number)
        elif self._had_terminal:
            self._hangup = time.monotonic() + HANGUP_WITHIN
        else:
            self._reload()

    def _changes_nothing(self, number: int) -> None:
        if number not in self._noted:
            self._noted.add(number)
            self._tell(f"{_name(number)} changes nothing; SIGTERM or Ctrl-C stops in order")

    def _reload(self) -> None:
        if not self._reloads:
            self._changes_nothing(signal.SIGHUP)
            return
        with self._lock:
            listeners = list(self._reload_listeners)
            self._reload_asked = not listeners
        for listener in listeners:
            listener()

    def _stop(self, number: int) -> None:
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
            self._end_at_once()
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
    return "SIGHUP, the terminal is closed" if name == "SIGHUP" else name


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
