"""The logger that author code is handed says whose it is and what for."""

from __future__ import annotations

import threading
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from fsmv2 import (
    ChildSpec,
    ObservedState,
    UserSpec,
    Vault,
    Worker,
    WorkerFactory,
    act,
    action,
    goto,
    state,
    stay,
)
from fsmv2.runtime.log import LogEntry, LogLevels, LogWriter, json_line
from fsmv2.runtime.view import view_tree
from fsmv2.runtime.worker_log import LogOrigin, WorkerLog, worker_log
from fsmv2.testing import Simulation


class Seen(ObservedState):
    done: bool = False


class Talker(Worker[UserSpec, Seen]):
    """Logs wherever it may."""

    def __init__(self) -> None:
        self.done = False

    async def collect_observed_state(self, spec, resources):  # type: ignore[no-untyped-def]
        resources.log.info("looks")
        return Seen(done=self.done)

    @action(timeout=5)
    async def work(self, spec, resources):  # type: ignore[no-untyped-def]
        resources.log.info("works", piece=1)
        self.done = True

    @state("stopped", to="running")
    def stopped(self, s):  # type: ignore[no-untyped-def]
        return stay("off") if s.should_stop else goto(self.running, "asked to run")

    @state("running", to="stopped")
    def running(self, s):  # type: ignore[no-untyped-def]
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return stay("on") if s.observed.done else act(self.work, "it is not done")


class Holder(Talker):
    """The same with resources."""

    @asynccontextmanager
    async def resources(self, spec: UserSpec) -> Any:
        yield "client"


@pytest.mark.parametrize("kind", [Talker, Holder])
def test_a_log_line_says_whose_it_is_and_what_for(kind: type[Talker]) -> None:
    factory = WorkerFactory()
    factory.register(kind, name="talker")
    with Simulation(ChildSpec("t", "talker", UserSpec()), factory) as sim, capture_logs() as lines:
        sim.run(3)
        record = next(r for r in sim.records("t") if "action work" in r.decisions)
    looks = next(line for line in lines if line["event"] == "looks")
    assert (looks["path"], looks["worker_type"], looks["incarnation"]) == ("t", "talker", 1)
    assert (looks["cause"], "action" in looks) == (0, False)
    works = next(line for line in lines if line["event"] == "works")
    assert (works["path"], works["action"], works["piece"]) == ("t", "work", 1)
    assert (works["reason"], works["cause"]) == ("it is not done", record.id)


class Quoting(Worker[UserSpec, Seen]):
    """Tells what a device said, as it said it."""

    async def collect_observed_state(self, spec, resources):  # type: ignore[no-untyped-def]
        raise OSError("the device says \x1b]0;T\x07")

    @state("stopped", to="")
    def stopped(self, s):  # type: ignore[no-untyped-def]
        return stay("it said \x9b31m\u202e")


def test_h84_whoever_looks_at_a_tree_is_shown_printable_words() -> None:
    factory = WorkerFactory()
    factory.register(Quoting, name="quoting")
    with Simulation(ChildSpec("t", "quoting", UserSpec()), factory) as sim:
        sim.run(30)
        node = view_tree(sim.core)["t"]
    assert node.reason == r"it said \x9b31m\u202e"
    assert node.conditions
    assert all(condition.reason.isprintable() for condition in node.conditions)
    assert any(r"\x1b]0;T\x07" in condition.reason for condition in node.conditions)


def test_what_an_author_logs_is_written_as_it_was_whatever_becomes_of_it() -> None:
    lines: list[LogEntry] = []
    held = threading.Event()

    def write(line: LogEntry) -> None:
        held.wait(30)
        lines.append(line)

    class Odd:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    log = LogWriter(LogLevels(), [write], exclusive=True)
    own = worker_log(LogOrigin("p/m", log=log), Vault())
    values: dict[str, Any] = {"a": [1]}
    itself: list[Any] = []
    itself.append(itself)
    own.info("first", values=values)
    own.info("second", odd=Odd(), many={1: {2}})
    own.info("third", itself=itself)
    values["a"].append(2)
    values["b"] = 3
    held.set()
    log.close()
    fields = [getattr(line.fields, "fields", None) for line in lines]
    assert fields[0] == {"values": {"a": [1]}}
    assert "cannot be shown" in str(fields[1])
    assert len(lines) == 3
    assert all(json_line(line) for line in lines)


def test_a_line_that_nobody_wants_is_not_made() -> None:
    lines: list[LogEntry] = []
    log = LogWriter(LogLevels("warning"), [lines.append], exclusive=True)
    own = WorkerLog(LogOrigin("p/m", log=log), Vault())
    own.debug("too little", given=object())
    own.info("too little")
    own.warn("enough")
    own.bind(x=1).info("too little")
    log.close()
    assert [(line.level, line.message) for line in lines] == [("warning", "enough")]
