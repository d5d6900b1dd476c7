"""What processes write, in `run`: by path and stream, beside what the tree says, or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from forked_python import fsmv2
from fsmv2.cli.line_output import line_of
from fsmv2.cli.log_filter import filter_logs
from fsmv2.cli.tree_display import DisplayedEvent

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
