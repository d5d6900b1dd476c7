"""Each event of the log happens, looks as its reference says, and none happens that is not there.

Trees in every kind of trouble are run, and each line of their logs is held against the table from
which the reference page is made.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import job_tree
import msgspec
import pytest
import structlog
from lamp_tree import World, device, group, simulate

from fsmv2 import (
    ChildSpec,
    DesiredState,
    EngineSettings,
    ObservedState,
    PermanentError,
    Runtime,
    UserSpec,
    Vault,
    Worker,
    WorkerFactory,
    goto,
    state,
    stay,
)
from fsmv2.cli.log_filter import filter_logs
from fsmv2.cli.run_entries import notice, run_ended
from fsmv2.core import Declared, LoopBlocked, LoopFreed, Observed, SaveFailed, SlowCode, Uncontained
from fsmv2.runtime.log.entry import COMMON, LogEntry, json_line
from fsmv2.runtime.log.event_table import event_table
from fsmv2.runtime.log.log_levels import RANKS, LogLevels
from fsmv2.runtime.log.log_writer import MOST, LogWriter
from fsmv2.testing import SimulatedStore, Simulation

TABLE = event_table()
TYPES = {"path": str, "worker_type": str, "incarnation": int, "cause": int, "state": str}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def problem(line: dict[str, Any]) -> str:
    """How a line differs from what the reference says; '' when it does not."""
    kind = TABLE.get(line.get("event", ""))
    if kind is None:
        return f"there is no event {line.get('event')}"
    if tuple(line)[: len(COMMON)] != COMMON or tuple(line)[-1] != "message":
        return f"the fields are {list(line)}"
    wrong = [name for name, type_ in TYPES.items() if type(line[name]) is not type_]
    if wrong or not TIME.fullmatch(line["time"]) or type(line["message"]) is not str:
        return f"{wrong} of {line}"
    if line["level"] not in kind.levels:
        return f"its level is {line['level']}, not one of {kind.levels}"
    own = {k: v for k, v in line.items() if k not in (*COMMON, "message", "repeated")}
    if tuple(own) != tuple(field.name for field in kind.fields):
        return f"its own fields are {list(own)}"
    if "repeated" in line and not kind.folded:
        return "it is not folded, and repeats"
    if kind.struct is not None:
        msgspec.convert({"event": kind.name, **own}, kind.struct)
    return ""


def test_the_check_itself_finds_what_is_wrong() -> None:
    line = json.loads(json_line(notice("hello")))
    assert problem(line) == ""
    assert "no event" in problem({**line, "event": "other"})
    assert "level" in problem({**line, "level": "debug"})
    assert "own fields" in problem({**{k: line[k] for k in COMMON}, "more": 1, "message": ""})
    assert "cause" in problem({**line, "cause": "12"})
    assert "fields are" in problem({k: line[k] for k in reversed(line)})


def in_trouble() -> Iterator[Simulation]:
    """Trees that have ended, each after another kind of trouble."""
    debug, quick = LogLevels("debug"), EngineSettings(resync=5.0, stop_deadline=5.0)
    world = World()
    world.act["g/a"], world.act["g/c"] = PermanentError("dead"), OSError("once more")
    world.collect["g/d"] = world.collect["g/f"] = OSError("no answer")
    root = group(
        "g",
        *[device(name) for name in "abcd"],
        device("f", enabled=False),
        device("e", user={"X": 1}, template="{{ .X }}", state_mapping={"nowhere": "running"}),
        kind="guarded",
    )
    with simulate(world, root, settings=quick, log=debug) as sim:
        sim.run(10)
        world.broken["inside"] = "b"
        sim.run(150)
        sim.acknowledge("g/b", "on my way")
        sim.pause("g/c", "looks at it")
        world.broken.clear()
        sim.post(Observed("g/b", 1, 0.0, ObservedState()))
        sim.post(Uncontained("an exception came through"))
        sim.post(SlowCode("g/b", "step running", "x.py:1", 0.5))
        sim.post(LoopBlocked("g/b", "collect_observed_state", "x.py:1", 3.0))
        sim.run(5)
        sim.post(LoopFreed(3.0))
        sim.post(Declared(root, {}, "a secret", {"env:A": "A has another value"}))
        world.silent.add("g/e")
        sim.run(200)
        world.stubborn.add("g/b")
        sim.stop()
        yield sim
    world = World()
    world.construct = RuntimeError("no room")
    with simulate(world, group("g", device("a")), log=debug) as sim:
        sim.run(5)
        world.construct = None
        sim.run(60)
        yield sim
    with simulate(World(), group("g", device("a")), log=debug, store=SimulatedStore()) as sim:
        sim.run(5)
        sim.post(SaveFailed("disk full"))
        sim.run(5)
        yield sim
    jobs, factory = job_tree.Jobs(), WorkerFactory()
    jobs.short.add("t/a")
    factory.register(job_tree.Job, make=lambda: job_tree.Job(jobs))
    factory.register(job_tree.Team)
    root = job_tree.team("t", job_tree.job("a", "transient"))
    with Simulation(root, factory, log=debug) as sim:
        sim.run(20)
        yield sim


class Talker(Worker[UserSpec, ObservedState]):
    """Logs what the test asks for."""

    interval = 0.05
    looked: ClassVar[int] = 0

    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        return DesiredState("running")

    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> ObservedState:
        Talker.looked += 1
        resources.log.warning("slow", seconds=3, path="/dev/ttyS0", level="mine")
        return ObservedState()

    @state("stopped", to="running")
    def stopped(self, s: Any) -> Any:
        return stay("off") if s.should_stop else goto(self.running, "asked to run")

    @state("running", to="stopped")
    def running(self, s: Any) -> Any:
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("on")


async def talked() -> list[LogEntry]:
    """What a real tree logs of its author, of libraries, and of itself."""
    lines: list[LogEntry] = []
    log = LogWriter(LogLevels(), [lines.append], exclusive=True)
    filter_logs(None, log)
    factory = WorkerFactory()
    factory.register(Talker)
    Talker.looked = 0
    root = ChildSpec("t", "talker", UserSpec())
    async with Runtime(root, factory, secrets=Vault(), log=log) as tree:
        await tree.until(lambda _: Talker.looked > 2, timeout=30)
        logging.getLogger("pymodbus.client").critical("it is %s", "gone")
        logging.getLogger("a.library").warning("with a traceback", exc_info=OSError("why"))
        tree._about_journal("cannot be written: disk full", "error")
        tree._about_traces("traces do not reach anybody", "warning")
    summary = dict.fromkeys(("forced", "killed"), ())
    named = {name: {} for name in ("phases", "unhealthy", "unsettled", "dropped")}
    log.put(run_ended("it ended", {"exit": 0, "supervisors": 1, **summary, **named}))
    log.put(notice("stopping"))
    log._lost = MOST
    log.close()
    return lines


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    configured, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    found = [line for sim in in_trouble() for line in sim.lines] + asyncio.run(talked())
    structlog.configure(**configured)
    root.handlers[:] = handlers
    root.setLevel(level)
    return [json.loads(json_line(line)) for line in found]


def test_every_line_is_as_the_reference_says(lines: list[dict[str, Any]]) -> None:
    wrong = {f"{line['event']}: {text}" for line in lines if (text := problem(line))}
    assert not wrong


FROM_A_PLANT = {"process_output", "run_started", "document_problem"}
"""Seen in the test below: it takes a command, with a document and a process."""

FROM_AN_APPLY = {name for name in TABLE if name.startswith("generation_")}
"""Seen in `tests/operate/changes/test_apply_events.py`: they take a document that is changed."""


def test_every_event_of_the_table_happens_and_at_each_of_its_levels(
    lines: list[dict[str, Any]],
) -> None:
    seen = {line["event"] for line in lines}
    assert seen == set(TABLE) - FROM_A_PLANT - FROM_AN_APPLY
    levels = {(line["event"], line["level"]) for line in lines}
    for event, level in (
        ("state_changed", "warning"),
        ("worker_error", "debug"),
        ("worker_error", "warning"),
        ("action_completed", "info"),
        ("action_completed", "warning"),
    ):
        assert (event, level) in levels


def test_an_author_writes_over_no_field_of_ours(lines: list[dict[str, Any]]) -> None:
    line = next(line for line in lines if line["event"] == "worker_log")
    assert (line["path"], line["worker_type"], line["level"]) == ("t", "talker", "warning")
    assert line["fields"] == {"seconds": 3, "path": "/dev/ttyS0", "level": "mine"}
    repeats = [one for one in lines if one["event"] == "worker_log" and one.get("repeated")]
    assert len(repeats) == 1


def test_an_escalation_says_what_to_do(lines: list[dict[str, Any]]) -> None:
    line = next(line for line in lines if line["event"] == "escalation_required")
    assert (line["level"], line["child_name"]) == ("error", "a")
    assert line["runbook_url"].endswith("log-events.md#escalation_required")
    assert line["total_downtime"] > 0
    warned = next(line for line in lines if line["event"] == "escalation_warning")
    assert warned["attempts_remaining"] == 1


def test_a_runbook_has_the_address_of_the_settings_or_that_of_the_type() -> None:
    world, settings = World(), EngineSettings(runbook_url="https://wiki.example/plant/")
    world.act["g/a"] = PermanentError("dead")
    with simulate(world, group("g", device("a")), settings=settings, log=LogLevels()) as sim:
        sim.run(400)
        (line,) = [one for one in sim.lines if one.event == "escalation_required"]
    assert getattr(line.fields, "runbook_url", "") == "https://wiki.example/plant/device"


def test_the_tables_of_levels_are_complete() -> None:
    assert all(level in RANKS for kind in TABLE.values() for level in kind.levels)
    assert all(kind.when for kind in TABLE.values())
    assert all(
        field.meaning or "`" in field.type for kind in TABLE.values() for field in kind.fields
    )


@pytest.mark.real
def test_a_real_plant_writes_json_lines_that_are_as_the_reference_says(tmp_path: Path) -> None:
    document = tmp_path / "plant.yaml"
    document.write_text(
        "agent: {name: edge}\nglobal: {x: '{{ unread'}\nlog: {paths: {'…/web': debug}}\n"
        "processes:\n  web:\n"
        "    command: [sh, -c, 'echo serves; echo careful >&2; exec sleep 60']\n"
    )
    command = [sys.executable, "-m", "fsmv2.cli", "run", str(document), "--for", "3s"]
    ran = subprocess.run(
        [*command, "--state-dir", str(tmp_path / "state")],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    found = [json.loads(line) for line in ran.stdout.splitlines()]
    assert not [text for line in found if (text := problem(line))]
    seen = {line["event"] for line in found}
    assert {*FROM_A_PLANT, "tick", "state_changed", "notice", "run_ended"} <= seen
    assert found[0]["event"] == "run_started"
    assert found[-1]["event"] == "run_ended"
    assert {one["path"] for one in found if one["level"] == "debug"} == {"edge/web"}
