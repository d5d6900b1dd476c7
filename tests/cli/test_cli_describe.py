"""How one worker looks on one screen, and what keeps it from a state."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fsmv2.cli.app import app
from fsmv2.cli.describe_text import lines_of
from fsmv2.operate.recorded_event import RecordedEvent
from fsmv2.operate.worker_description import (
    ConditionText,
    CurrentAction,
    Decision,
    DueText,
    WorkerDescription,
)

sys.path += [str(Path(__file__).parents[1] / folder) for folder in ("api", "operate")]

from served_tree import in_a_thread, tree_with_api
from worker_rows import row

LONG = "127.0.0.1:502 refuses the connection: " + "no route to host, " * 12 + "and that is all"


def described(**more: Any) -> WorkerDescription:
    given: dict[str, Any] = {
        "at": 1_000_000.0,
        "process": "4242",
        "recorded": False,
        "missing": "",
        "document_change": "",
        "path": "edge/filler",
        "type": "bridge",
        "state": "degraded",
        "phase": "degraded",
        "healthy": False,
        "reason": LONG,
        "since": 999_900.0,
        "age": 100.0,
        "incarnation": 3,
        "control": "active",
        "control_reason": "its own desired state",
        "goal": "active",
        "states": {"active": "running"},
        "held": "",
        "paused": "",
        "ended": "",
        "withheld": "the circuit of edge is open",
        "conditions": (ConditionText(type="Fresh", status="False", reason="old", age=5.0),),
        "checks": {"input_connected": "no device answers"},
        "overrides": ("stopped by anna",),
        "action": CurrentAction(
            name="start", age=2.0, timeout=30.0, text="start, for 2.0 s; times out in 28 s"
        ),
        "observed": {"reachable": False},
        "observed_age": 0.5,
        "fresh": True,
        "attempts": 6,
        "retry_in": 5.0,
        "next_delays": (46.0, 38.0),
        "due": (DueText(kind="retry", text="retries", seconds=5.0),),
        "children": (row("edge/filler/connection", "connection", "failed", reason=LONG),),
        "more_children": {"dataflow": 3},
        "config": "".join(f"key{n}: {n}\n" for n in range(30)),
        "lately": (Decision(at=999_000.0, text="goto degraded: no"),),
        "events": (),
        "runbook": "https://runbooks/bridge",
        "explain": "fsmv2 explain bridge",
        "manual_steps": ("look at the device",),
        "version": "1",
    }
    return WorkerDescription(**{**given, **more})


def text(columns: int, **more: Any) -> list[str]:
    return [
        "".join(part if isinstance(part, str) else part.text for part in line)
        for line in lines_of(described(**more), columns)
    ]


@pytest.mark.parametrize("columns", [80, 200])
def test_all_that_is_known_fits_and_no_cause_is_cut(columns: int) -> None:
    found = text(columns)
    assert max(map(len, found)) <= columns
    whole = " ".join(" ".join(found).split())
    assert whole.count(LONG) == 2, "its own reason, and that of its child"
    for said in (
        "edge/filler (bridge) is degraded for 1 min 40 s",
        "instance 3",
        "active: its own desired state",
        "the circuit of edge is open",
        "Fresh False, for 5.0 s: old",
        "input_connected: no device answers",
        "stopped by anna",
        "start, for 2.0 s; times out in 28 s",
        "reachable False",
        "failed 6 times; again in 5.0 s, then after 46 s, 38 s",
        "in 5.0 s it retries",
        "(1) look at the device",
        "runbook fsmv2 explain bridge https://runbooks/bridge",
        "and 3 dataflow",
        "and 10 more lines: -o yaml",
        "goto degraded: no",
    ):
        assert said in whole


def test_what_was_recorded_is_shown_instead_of_what_was_decided() -> None:
    events = tuple(
        RecordedEvent(
            id=1, at=1.0, path=path, kind=kind, level="info", state="up", text="down → up: answers"
        )
        for path, kind in (
            ("edge/filler", "transition"),
            ("edge/filler/x", "transition"),
            ("edge/filler", "action"),
        )
    )
    found = text(80, events=events)
    assert [line.split(maxsplit=1)[1] for line in found[-3:]] == [
        "down → up: answers",
        "x: down → up: answers",
        "action: down → up: answers",
    ]


def test_of_one_that_is_well_nobody_is_told_what_to_do() -> None:
    whole = "\n".join(text(80, healthy=True))
    assert "look at the device" not in whole
    assert "runbook" not in whole


def test_what_comes_from_a_journal_says_so() -> None:
    assert "it is no longer running" in text(80, recorded=True, process="")[-1]


@pytest.fixture(scope="module")
def state_dir() -> Iterator[Path]:
    with in_a_thread(tree_with_api) as (tree, _):
        yield tree.directory


def run(state_dir: Path, *words: str, code: int = 0) -> str:
    found = CliRunner().invoke(app, [*words, "--state-dir", str(state_dir)])
    assert found.exit_code == code, found.output
    return found.stdout if not code else found.output


@pytest.mark.real
def test_the_commands_ask_a_tree_that_runs(state_dir: Path) -> None:
    assert "edge/ticker (process) is running" in run(state_dir, "describe", "edge/ticker")
    found = json.loads(run(state_dir, "describe", "edge/ticker", "-o", "json"))
    assert not found["recorded"]
    assert found["events"]
    assert "Did you mean 'edge/ticker'?" in run(state_dir, "describe", "edge/tickr", code=2)
    found = run(state_dir, "why", "edge/ticker", "--not", "running")
    assert "nothing is missing" in found
    missing = run(state_dir, "why", "edge/broker", "--not", "active")
    assert "edge/broker (broker) is not active, but " in missing
    assert "way" in missing
    assert "has no state 'actve'" in run(state_dir, "why", "edge/broker", "--not", "actve", code=2)
