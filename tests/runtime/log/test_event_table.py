"""Each event of the log happens, looks as its reference says, and none happens that is not there.

Trees in every kind of trouble are run, and each line of their logs is held against the table from
which the reference page is made.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fsmv2.cli.exit_codes import OK, PENDING
from fsmv2.cli.run_entries import notice
from fsmv2.runtime.log.entry import COMMON, json_line
from fsmv2.runtime.log.event_table import event_table
from fsmv2.runtime.log.log_levels import RANKS

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


def test_every_line_is_as_the_reference_says(lines: list[dict[str, Any]]) -> None:
    wrong = {f"{line['event']}: {text}" for line in lines if (text := problem(line))}
    assert not wrong


FROM_A_PLANT = {"process_output", "run_started", "document_problem"}
"""Seen in the test below: it takes a command, with a document and a process."""

FROM_AN_APPLY = {name for name in TABLE if name.startswith("generation_")}
"""Seen in `tests/operate/changes/test_apply_events.py`: they take a document that is changed."""

FROM_A_RELOAD = {"document_changed", "document_invalid", "reload_refused"}
"""Seen in `tests/operate/changes/test_document_reload.py`: they take a file that is followed."""


def test_every_event_of_the_table_happens_and_at_each_of_its_levels(
    lines: list[dict[str, Any]],
) -> None:
    seen = {line["event"] for line in lines}
    assert seen == set(TABLE) - FROM_A_PLANT - FROM_AN_APPLY - FROM_A_RELOAD
    levels = {(line["event"], line["level"]) for line in lines}
    for event, level in (
        ("state_changed", "warning"),
        ("worker_error", "debug"),
        ("worker_error", "warning"),
        ("action_completed", "info"),
        ("action_completed", "warning"),
    ):
        assert (event, level) in levels


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
        timeout=200,
    )
    assert ran.returncode in (OK, PENDING), ran.stderr  # on a busy machine it settles later
    found = [json.loads(line) for line in ran.stdout.splitlines()]
    assert not [text for line in found if (text := problem(line))]
    seen = {line["event"] for line in found}
    assert {*FROM_A_PLANT, "tick", "state_changed", "notice", "run_ended"} <= seen
    assert found[0]["event"] == "run_started"
    assert found[-1]["event"] == "run_ended"
    assert {one["path"] for one in found if one["level"] == "debug"} == {"edge/web"}
