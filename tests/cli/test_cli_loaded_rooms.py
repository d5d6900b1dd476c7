"""What a command that asks a running tree loads of what runs one: it is to answer at once.

The core, its workers and the templates take longer to load than the answer takes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from changed_tree import ChangedTree, changed_tree, document

from fsmv2.cli.exit_codes import FAILED, OK, PENDING, USAGE
from fsmv2.cli.lazy_commands import VERBS
from fsmv2.operate.run_record import RunRecord, keep_record, record_stop

ROOMS = (
    *("api", "builtin", "core", "document", "flow", "lint", "metrics", "model", "notify", "plant"),
    *("runtime", "store", "testing", "worker"),
)
"""Of what runs a tree, and of what reads and judges documents."""

EACH_IN_A_FORK = """
import json, os, sys
import fsmv2.cli.lazy_commands, fsmv2.operate.tree_client
from fsmv2.cli import main

ROOMS, lines = json.load(sys.stdin)
for line in lines:
    if not os.fork():
        shown = os.dup(1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.argv = ["fsmv2", *line]
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code
        names = {name.split(".")[1] for name in sys.modules if name.startswith("fsmv2.")}
        slow = {"asyncio"} & {*sys.modules}
        os.write(shown, json.dumps([code, sorted(names & {*ROOMS} | slow)]).encode() + b"\\n")
        os._exit(0)
    os.wait()
"""

ASKED = {
    "status": (OK, ""),
    "status edge/* --trouble": (OK, ""),
    "describe edge/a": (OK, ""),
    "why edge/a": (OK, ""),
    "why edge/a --json": (OK, ""),
    "why edge/a --not running": (OK, ""),
    "wait edge/a --for state=running --timeout 100s": (OK, ""),
    "events": (OK, ""),
    "events edge/a": (OK, ""),
    "events --since 1h": (OK, "store"),  # more than a tree answers at once
    "logs edge/a": (OK, ""),
    "values": (OK, ""),
    "topics": (OK, "document model"),  # finds the lines of the document
    "graph": (OK, ""),
    "overrides": (OK, ""),
    "metrics": (OK, ""),
    "health": (PENDING, ""),  # the broker of this tree does not run
    "trees": (OK, ""),
    "history": (OK, "store"),
    "show": (OK, "store"),
    "stop edge/a --dry-run": (OK, ""),
    "start edge/a": (FAILED, ""),  # it is not stopped
    "pause edge/* --dry-run": (OK, ""),
    "resume edge/a": (FAILED, ""),  # it is not paused
    "restart edge/a --dry-run": (OK, ""),
    "retry edge/a --dry-run": (OK, ""),
    "silence edge/a --for 1h --dry-run": (OK, ""),
    "unsilence edge/a": (FAILED, ""),  # it is not silenced
    "log-level edge/a debug --for 1m": (OK, ""),
    "set edge/a LEVEL=1 --dry-run": (FAILED, "document model"),  # the value is read as YAML
    "unset edge/a LEVEL": (FAILED, ""),  # it is not set
    "ack edge/a": (FAILED, ""),  # there is no escalation
    "signal edge HUP": (FAILED, ""),  # it is no process
}
"""Command lines for a tree that runs: how each ends, and which of these rooms it loads."""

LOADS_MORE = {
    *("validate", "render", "run", "demo", "simulate", "replay", "check", "lint", "python"),
    *("plan", "apply", "edit", "rollback", "diff", "backup", "restore", "doctor", "systemd"),
    *("explain", "schema", "completion", "notify-test", "top"),
}
"""Commands that run a tree, read or change documents or state, or that print what they are made of;
and the screen."""


def loaded(state: Path, *lines: str) -> dict[str, tuple[int, str]]:
    """By command line: how it ended, and which of `ROOMS` it has loaded."""
    where = ["--state-dir", str(state)]
    words = [[*line.split(), *(where if line != "trees" else ())] for line in lines]
    ran = subprocess.run(
        [sys.executable, "-c", EACH_IN_A_FORK],
        input=json.dumps([ROOMS, words]),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = [json.loads(answer) for answer in ran.stdout.splitlines()]
    return {
        line: (code, " ".join(names)) for line, (code, names) in zip(lines, answers, strict=True)
    }


@pytest.fixture(scope="module")
def tree() -> Iterator[ChangedTree]:
    with changed_tree(document(a="1000")) as found:
        yield found


@pytest.mark.real
def test_a_question_loads_nothing_that_runs_a_tree(tree: ChangedTree) -> None:
    assert loaded(tree.state, *ASKED) == ASKED


def test_every_command_is_judged() -> None:
    judged = {line.split()[0] for line in ASKED}
    assert judged | LOADS_MORE == {*VERBS}


def test_of_a_tree_that_was_stopped_no_journal_is_read() -> None:
    with tempfile.TemporaryDirectory() as place:
        keep_record(Path(place), RunRecord(f"{place}/plant.yaml", 0.0, {}))
        record_stop(Path(place))
        lines = ["status", "describe edge", "why edge", "why edge --not active"]
        assert loaded(Path(place), *lines) == dict.fromkeys(lines, (FAILED, ""))


def test_where_there_is_no_journal_none_is_replayed(tmp_path: Path) -> None:
    keep_record(tmp_path, RunRecord(f"{tmp_path}/plant.yaml", 0.0, {}))
    lines = ["status", "why edge", "describe edge --at 12:01"]
    assert loaded(tmp_path, *lines) == dict.fromkeys(lines, (USAGE, "store"))
