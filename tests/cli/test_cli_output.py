"""What processes write, in `run`: by path and stream, beside what the tree says, or not at all."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from rich.console import Console

from forked_python import fsmv2
from fsmv2.cli.line_output import line_of
from fsmv2.cli.live_tree import EVENTS, OUTPUTS, LiveTree, fairly
from fsmv2.cli.log_filter import filter_logs
from fsmv2.cli.tree_display import DisplayedEvent
from fsmv2.runtime import TreeView

DOCUMENT = """\
agent: {name: edge}
processes:
  web:
    command: [sh, -c, 'echo "  serves $0"; echo careful >&2; exec sleep 60', "{{ .PORT }}"]
    variables: {PORT: 8080}
"""


def line(path: str, text: str, at: float = 0.0) -> DisplayedEvent:
    return DisplayedEvent(at, path, "output", "info", text, stream="out")


def test_a_line_of_a_process_stands_behind_its_path_its_stream_and_a_bar() -> None:
    """Its indentation stays, as in a stack trace; what the tree says looks different."""
    assert line_of(line("edge/web", "  at main()"))[13:] == "edge/web out |   at main()"
    note = DisplayedEvent(0.0, "edge/web", "output", "info", "… 5 lines left out")
    assert line_of(note)[13:] == "edge/web | … 5 lines left out"


def test_one_that_writes_much_leaves_room_for_the_others() -> None:
    loud = [line("loud", str(n), at=10 + n) for n in range(100)]
    quiet = [line("quiet", "a", at=1), line("quiet", "b", at=2)]
    shown = [f"{x.path} {x.text}" for x in fairly([loud, quiet], 5)]
    assert shown == ["quiet a", "quiet b", "loud 97", "loud 98", "loud 99"]
    assert [x.text for x in fairly([loud, quiet], 1)] == ["99"]
    assert fairly([], 5) == []


@pytest.mark.parametrize(
    ("height", "outputs", "events"), [(60, OUTPUTS, EVENTS), (16, 3, 8), (10, 2, 3)]
)
def test_the_live_tree_has_a_part_for_them_that_pushes_no_event_off(
    height: int, outputs: int, events: int
) -> None:
    out = io.StringIO()
    console = Console(file=out, width=100, height=height, force_terminal=True)
    shown = LiveTree(console, "fsmv2 run")
    for number in range(EVENTS):
        shown.happened(DisplayedEvent(0.0, "edge", "transition", "info", f"event {number}"))
    for number in range(1000):
        shown.happened(line("edge/web", f"line {number}"))
    out.truncate(0)
    shown.frame(TreeView(0.0, ()))
    frame = out.getvalue()
    shown.close()
    assert f"line {999}" in frame
    assert len(set(re.findall(r"line \d+", frame))) == outputs
    assert len(set(re.findall(r"event \d+", frame))) == events


@pytest.fixture
def configured() -> Iterator[None]:
    """What a program had configured is put back."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.usefixtures("configured")
def test_only_lines_of_processes_are_handed_over_with_the_time_they_were_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    taken: list[tuple[str, str, str, float]] = []
    filter_logs(lambda *given: taken.append(given))
    output = structlog.get_logger("fsmv2.output").bind(logger="fsmv2.output", path="edge/web")
    output.info("wrote", stream="err", line="oops", at="2026-11-25T23:27:30.500Z")
    output.info("left out", lines=1234, file="/srv/output.log")
    structlog.get_logger("fsmv2.worker", path="edge/web").info("wrote", line="mine")
    structlog.get_logger("fsmv2.worker", path="edge/web").warning("careful")
    assert taken[0] == ("edge/web", "err", "oops", 1795649250.5)
    assert taken[1][2] == "… 1,234 lines left out; the last ones are in /srv/output.log"
    assert len(taken) == 2
    shown = capsys.readouterr().err
    assert "careful" in shown
    assert "mine" not in shown
    filter_logs()
    output = structlog.get_logger("fsmv2.output").bind(logger="fsmv2.output", path="edge/web")
    output.info("wrote", stream="out", line="for nobody", at="")
    assert len(taken) == 2
    assert "for nobody" not in capsys.readouterr().err


def run(tmp_path: Path, *options: str) -> list[str]:
    file = tmp_path / "plant.yaml"
    file.write_text(DOCUMENT)
    ran = fsmv2("run", file, "--for", "3s", "--state-dir", tmp_path / "state", *options)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


@pytest.mark.real
def test_run_shows_them_and_can_be_told_not_to(tmp_path: Path) -> None:
    text = ("--log-format", "text")
    lines = [text[13:] for text in run(tmp_path, *text) if " | " in text]
    assert sorted(lines) == ["edge/web err | careful", "edge/web out |   serves 8080"]
    assert not [line for line in run(tmp_path, "--no-output", *text) if " | " in line]
    outputs = [line for line in run(tmp_path) if '"event":"process_output"' in line]
    assert len(outputs) == 2
    assert not [line for line in run(tmp_path, "--no-output") if "process_output" in line]
    found = [json.loads(text) for text in run(tmp_path, "--json")]
    wrote = {(x["path"], x["stream"], x["text"]) for x in found if x["kind"] == "output"}
    assert wrote == {("edge/web", "out", "  serves 8080"), ("edge/web", "err", "careful")}
