"""When a service manager is told what: ready once, alive for decisions alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from fsmv2.cli import service_notices
from fsmv2.cli.service_notices import ServiceNotices, status_text
from fsmv2.host.service_manager import ServiceManager
from fsmv2.operate.health_data import Health, PartHealth, Readiness, Status

READY = Readiness(ready=True, reason="", workers=3, unsettled={}, unsettled_total=0)
NOT_READY = Readiness(
    ready=False,
    reason="1 of 3 workers is not what the document asks for",
    workers=3,
    unsettled={"edge/a": "down: refused\x1b[2J"},
    unsettled_total=1,
)


def part(status: Status = "ok", age: float | None = 0.0, reason: str = "") -> PartHealth:
    return PartHealth(status=status, age=age, reason=reason)


class Manager(ServiceManager):
    """Keeps what it is told."""

    def __init__(self, watchdog: float | None = 0.2) -> None:
        super().__init__("/none", watchdog)
        self.told: list[str] = []
        self.deaf = False

    def tell(self, *lines: str) -> bool:
        if not self.deaf:
            self.told += lines
        return not self.deaf


class Tree:
    """Decides while it is not stuck; its store works while it is not full."""

    def __init__(self) -> None:
        self.stuck_since: float | None = None
        self.full = False
        self.declared = True
        self.ready = NOT_READY
        self.newer_document = ""

    def health(self) -> Health:
        age = 0.0 if self.stuck_since is None else time.monotonic() - self.stuck_since
        store = part("degraded", 60.0, "the store cannot be written: full") if self.full else part()
        return Health(
            status="ok",
            supervision=part(age=age),
            workers=part(),
            flows=part(age=None),
            store=store,
            silent=(),
            silent_total=0,
        )

    def readiness(self) -> Readiness:
        if not self.declared:
            return Readiness(
                ready=False, reason="starting", workers=0, unsettled={}, unsettled_total=0
            )
        return self.ready


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_notices, "STATUS_EVERY", 0.05)
    monkeypatch.setattr(service_notices, "LOOK_EVERY", 0.05)


def until(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + 200
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.01)


@pytest.fixture
def tree() -> Tree:
    return Tree()


@pytest.fixture
def manager() -> Manager:
    return Manager()


def running(manager: Manager, tree: Tree) -> ServiceNotices:
    notices = ServiceNotices(manager, tree)
    notices.start()
    return notices


def test_it_is_ready_once_it_is_declared_whether_or_not_it_has_converged(
    manager: Manager, tree: Tree
) -> None:
    tree.declared = False
    notices = running(manager, tree)
    until(lambda: "WATCHDOG=1" in manager.told)
    assert "READY=1" not in manager.told
    tree.declared = True
    until(lambda: "READY=1" in manager.told)
    told = len(manager.told)
    until(lambda: len(manager.told) > told + 3)
    assert manager.told.count("READY=1") == 1
    notices.close()


def test_h40_it_is_alive_for_decisions_alone(manager: Manager, tree: Tree) -> None:
    tree.full = True
    notices = running(manager, tree)
    until(lambda: manager.told.count("WATCHDOG=1") > 3)
    tree.stuck_since = time.monotonic() - 1.0
    time.sleep(0.2)  # whatever is under way
    alive = manager.told.count("WATCHDOG=1")
    for _ in range(20):
        tree.ready = READY if tree.ready is NOT_READY else NOT_READY
        told = len(manager.told)
        until(lambda told=told: len(manager.told) > told)  # type: ignore[misc]
    assert manager.told.count("WATCHDOG=1") == alive, "its thread turns, which proves nothing"
    tree.stuck_since = None
    until(lambda: manager.told.count("WATCHDOG=1") > alive)
    notices.close()


def test_what_could_not_be_told_is_told_later(manager: Manager, tree: Tree) -> None:
    manager.deaf = True
    notices = running(manager, tree)
    time.sleep(0.2)
    manager.deaf = False
    until(lambda: "READY=1" in manager.told and any("STATUS" in one for one in manager.told))
    notices.close()


def test_a_status_is_told_when_it_changes_and_its_end_is(manager: Manager, tree: Tree) -> None:
    notices = running(manager, tree)
    until(lambda: manager.told.count("WATCHDOG=1") > 5)
    assert sum("STATUS" in one for one in manager.told) == 1
    tree.ready = READY
    until(lambda: "STATUS=all 3 workers are as requested" in manager.told)
    notices.stopping(12.5)
    assert manager.told[-3:] == ["STOPPING=1", "EXTEND_TIMEOUT_USEC=12500000", "STATUS=stopping"]
    tree.ready = NOT_READY
    alive = manager.told.count("WATCHDOG=1")
    until(lambda: manager.told.count("WATCHDOG=1") > alive + 3)
    assert manager.told.index("STATUS=stopping") == max(
        n for n, one in enumerate(manager.told) if "STATUS" in one
    )
    notices.close()


def test_a_tree_that_cannot_be_judged_ends_nothing(manager: Manager, tree: Tree) -> None:
    judged = threading.Event()

    class Ended(Tree):
        def health(self) -> Health:
            judged.set()
            raise SystemExit

    notices = running(manager, Ended())
    assert judged.wait(200)
    judged.clear()
    assert judged.wait(200), "it looks again"
    notices.close()


def test_the_status_says_what_is_wrong_first_on_one_printable_line(tree: Tree) -> None:
    tree.full = True
    text = status_text(tree.health(), NOT_READY)
    assert text.startswith("the store cannot be written: full; 1 of 3 workers is not what")
    assert "edge/a down: refused" in text
    assert "\x1b" not in text
    many = Readiness(
        ready=False, reason="x", workers=1, unsettled={"p" * 9000: "r"}, unsettled_total=1
    )
    assert len(status_text(tree.health(), many)) <= service_notices.LONGEST_STATUS


def test_a_reload_is_told_with_its_time_and_its_end(tree: Tree) -> None:
    manager = Manager()
    notices = ServiceNotices(manager, tree)
    notices.reloading()
    notices.reloaded()
    assert manager.told == [], "before it is ready there is nothing to reload"
    notices.start()
    try:
        until(lambda: "READY=1" in manager.told)
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        manager.told.clear()
        notices.reloading()
        notices.reloaded()
        told = [one for one in manager.told if not one.startswith(("WATCHDOG", "STATUS"))]
        assert [told[0], told[2]] == ["RELOADING=1", "READY=1"]
        assert int(told[1].removeprefix("MONOTONIC_USEC=")) >= before
        manager.told.clear()
        notices.reloading()
        manager.deaf = True
        notices.reloaded()
        manager.deaf = False
        until(lambda: "READY=1" in manager.told)
    finally:
        notices.close()


def test_h90_the_status_says_that_the_document_is_newer(tree: Tree) -> None:
    health = tree.health()
    newer = "the document is newer than what runs"
    assert status_text(health, READY, newer) == f"{newer}; all 3 workers are as requested"
