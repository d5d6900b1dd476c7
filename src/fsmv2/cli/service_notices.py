"""What the service manager of a run is told: that it is ready, how it is, that it stops, it lives.

**Ready** is when the tree is declared and its supervision decides, not when it has converged. A
device that is switched off would keep a plant from ever being ready, and systemd would then end and
restart it, again and again. Who waits for more asks `/readyz`; `STATUS` says who is not there.

**Alive** is told for a decision of supervision since the last time and for nothing else (H40): not
because a thread turns, and not less often because a disk is full or a device does not answer. A
thread of its own tells it, which nothing of the tree can block.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Protocol

from fsmv2.containment import ANY_RAISED
from fsmv2.escaping import printable_line
from fsmv2.host.service_manager import ServiceManager
from fsmv2.operate.health_data import Health, Readiness

LOOK_EVERY = 1.0
"""Seconds between two looks, at most; four in the time of a watchdog."""

STATUS_EVERY = 5.0
"""Seconds between two looks at all workers for the status."""

NEWER = 0.01
"""Seconds by which a decision has to be newer than the last one reported: ages are measured."""

LONGEST_STATUS = 400


class JudgedTree(Protocol):
    """What is reported to the service manager: a `TreeHandle`."""

    def health(self) -> Health:
        """Whether it works; from any thread."""

    def readiness(self) -> Readiness:
        """Whether it is what was asked for; from any thread."""

    @property
    def newer_document(self) -> str:
        """What is known of a document that is newer than what runs; from any thread."""


class ServiceNotices:
    """Tells a service manager of one tree, on a thread of its own, until it is closed."""

    def __init__(self, manager: ServiceManager, tree: JudgedTree) -> None:
        self._manager = manager
        self._tree = tree
        self._ends = threading.Event()
        self._ready = self._stopping = self._reloading = False
        self._decided_at = 0.0
        self._status, self._status_at = "", 0.0
        self._thread = threading.Thread(target=self._run, name="fsmv2-service", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stopping(self, within: float) -> None:
        """Say that it stops, and may take so many seconds for that."""
        self._stopping = True
        self._manager.tell(
            "STOPPING=1", f"EXTEND_TIMEOUT_USEC={within * 1e6:.0f}", "STATUS=stopping"
        )

    def reloading(self) -> None:
        """Say that the document is read again, until `reloaded`.

        `systemctl reload` of a unit with `Type=notify-reload` waits for that; the time tells this
        reload from one before.
        """
        if self._ready and not self._reloading:
            now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            self._reloading = True
            self._manager.tell("RELOADING=1", f"MONOTONIC_USEC={now}")

    def reloaded(self) -> None:
        """Say that this is over, whatever came of it."""
        if self._reloading:
            self._reloading, self._status_at = False, 0.0
            # One that could not be told now is told by the next look: somebody waits for it.
            self._ready = self._manager.tell("READY=1")

    def close(self) -> None:
        """Tell nothing more."""
        self._ends.set()

    def _run(self) -> None:
        every = LOOK_EVERY
        if self._manager.watchdog is not None:
            every = min(every, self._manager.watchdog / 4)
        while True:
            with contextlib.suppress(ANY_RAISED):  # the tree has ended; or it is told next time
                self._look()
            if self._ends.wait(every):
                return

    def _look(self) -> None:
        health, now = self._tree.health(), time.monotonic()
        decided_at = now - (health.supervision.age or 0.0)
        lines = []
        if decided_at > self._decided_at + NEWER:
            lines.append("WATCHDOG=1")
        if not self._ready and self._is_ready(health):
            lines.append("READY=1")
        if not self._stopping and (not self._ready or now - self._status_at > STATUS_EVERY):
            status = status_text(health, self._tree.readiness(), self._tree.newer_document)
            self._status_at = now
            if status != self._status:
                lines.append(f"STATUS={status}")
        if not lines or not self._manager.tell(*lines):
            return
        self._ready = self._ready or "READY=1" in lines
        if "WATCHDOG=1" in lines:
            self._decided_at = decided_at
        if lines[-1].startswith("STATUS="):
            self._status = lines[-1].removeprefix("STATUS=")

    def _is_ready(self, health: Health) -> bool:
        return health.supervision.status == "ok" and self._tree.readiness().workers > 0


def status_text(health: Health, readiness: Readiness, document: str = "") -> str:
    """One line: what is wrong with fsmv2 itself, that its document is newer than what runs, and who
    is not what was asked for.
    """
    texts = [*health.reasons, *filter(None, [document])]
    if readiness.ready:
        texts.append(f"all {readiness.workers} workers are as requested")
    else:
        named = "; ".join(f"{path} {why}" for path, why in list(readiness.unsettled.items())[:3])
        texts.append(f"{readiness.reason}{': ' * bool(named)}{named}")
    return printable_line("; ".join(texts))[:LONGEST_STATUS]


@contextlib.contextmanager
def service_notices(
    manager: ServiceManager | None, tree: JudgedTree
) -> Iterator[ServiceNotices | None]:
    """Report the tree to the service manager, if there is one, while inside."""
    if manager is None:
        yield None
        return
    notices = ServiceNotices(manager, tree)
    notices.start()
    try:
        yield notices
    finally:
        notices.close()
