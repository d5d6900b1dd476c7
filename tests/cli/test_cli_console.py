"""Nothing from outside reaches a screen as it came, whichever way it goes."""

import ast
import io
import logging
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
import typer

import fsmv2
from fsmv2 import Vault
from fsmv2.cli.console import (
    MOST_ALIKE,
    complain,
    progress,
    put,
    put_json,
    show_diagnostics,
    styled,
)
from fsmv2.cli.error_messages import reported
from fsmv2.cli.line_output import JsonLines, PlainLines
from fsmv2.cli.log_filter import PrintableFormatter
from fsmv2.cli.tree_display import OUTPUT, DisplayedEvent
from fsmv2.diagnostic import Diagnostic, Mark
from fsmv2.runtime.worker_log import LogOrigin, worker_log

NASTY = "a\x1b]0;TITLE\x07b\x9b31mc\u202ed\u2028e\rf"
SAID = "a\\x1b]0;TITLE\\x07b\\x9b31mc\\u202ed\\u2028e\\rf"


def clean(text: str) -> bool:
    return bool(text.strip()) and all(line.isprintable() for line in text.split("\n"))


def happening(kind: str) -> DisplayedEvent:
    return DisplayedEvent(0.0, "p/m", kind, "warning", NASTY, stream="out")


CHANNELS = {
    "data": lambda: put(NASTY),
    "a part in colour": lambda: put(styled(NASTY, fg="red")),
    "json": lambda: put_json({"reason": NASTY}),
    "json for eyes": lambda: put_json({"reason": NASTY}, indent=True),
    "progress": lambda: progress(NASTY),
    "an error": lambda: complain(NASTY, fix=NASTY),
    "a transition": lambda: PlainLines().happened(happening("transition")),
    "an event": lambda: PlainLines().happened(happening("note")),
    "a line of a process": lambda: PlainLines().happened(happening(OUTPUT)),
    "the end": lambda: PlainLines().summary(f"forced: {NASTY}", {}),
    "a transition as json": lambda: JsonLines().happened(happening("transition")),
    "the end as json": lambda: JsonLines().summary("", {"forced": [NASTY]}),
}


@pytest.mark.parametrize("channel", CHANNELS)
def test_h84_nothing_that_a_terminal_obeys_is_printed(
    channel: str, capsys: pytest.CaptureFixture[str]
) -> None:
    CHANNELS[channel]()
    shown = "".join(capsys.readouterr())
    assert clean(shown)
    assert "TITLE" in shown


@pytest.mark.parametrize(
    "error",
    [ValueError(NASTY), OSError(5, NASTY, NASTY), fsmv2.FsmError(NASTY)],
    ids=lambda error: type(error).__name__,
)
def test_h84_a_failure_quotes_nothing_as_it_came(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit), reported():
        raise error
    assert clean(capsys.readouterr().err)


RENDERERS = {
    "for eyes": structlog.dev.ConsoleRenderer(colors=False),
    "json": structlog.processors.JSONRenderer(ensure_ascii=False),
    "key=value": structlog.processors.KeyValueRenderer(repr_native_str=False),
}


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("secret", [False, True], ids=["no secrets", "secrets"])
def test_h84_the_log_of_a_worker_is_clean_with_any_renderer(renderer: str, secret: bool) -> None:
    vault = Vault()
    if secret:
        vault.from_environment("PLC", "hunter2!")
    written = io.StringIO()
    before = structlog.get_config()
    try:
        structlog.configure(
            processors=[RENDERERS[renderer]],
            logger_factory=lambda *_: structlog.PrintLogger(written),
        )
        log = worker_log(LogOrigin("p/m"), vault)
        log.warning(f"it said {NASTY}", answer=NASTY, more=[{"deep": NASTY}])
        log.warning("x\nERROR forged")
        try:
            raise ValueError(NASTY)
        except ValueError:
            log.exception("failed")
    finally:
        structlog.configure(**before)
    assert clean(written.getvalue())
    assert written.getvalue().count("TITLE") >= 4
    assert "\nERROR forged" not in written.getvalue()


def test_h84_what_a_library_logs_is_clean() -> None:
    record = logging.LogRecord("nats", logging.ERROR, "x", 1, "broker: %s", (NASTY,), None)
    assert PrintableFormatter("%(levelname)s %(message)s").format(record) == f"ERROR broker: {SAID}"


SINKS = {
    "cli/console.py",
    "cli/progress_line.py",
    "cli/completion/paths_callback.py",
    "cli/screen/screen_picture.py",
    "flow/inputs/modbus/simulator.py",
}
"""Who may write: the sink itself, one line over and over that `visible` has made, paths for a shell
that waits for them, a picture that is made of lines of the screen, and a program of its own that
prints its port and nothing else."""


def writes_past(tree: ast.AST) -> list[str]:
    """Calls that put text on a stream of the process."""
    found = []
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = ast.unparse(call.func)
        if name in ("print", "typer.echo", "typer.secho", "click.echo", "Console") or name in (
            *("sys.stdout.write", "sys.stderr.write", "rich.print"),
        ):
            found.append(f"{call.lineno}: {name}")
    return found


def test_h84_no_command_writes_past_the_sink() -> None:
    source = Path(fsmv2.__file__).parent
    found = {
        str(file.relative_to(source)): calls
        for file in source.rglob("*.py")
        if (calls := writes_past(ast.parse(file.read_text())))
    }
    assert {name: calls for name, calls in found.items() if name not in SINKS} == {}


def of_line(line: int, message: str = "nothing reads the variable 'HOST'.") -> Diagnostic:
    mark = Mark("plant.yaml", line, 9)
    return Diagnostic(code="FSM0140", message=message, mark=mark, warning=True, fix="Remove it.")


def test_problems_of_the_same_words_are_shown_a_few_times_and_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_diagnostics([*map(of_line, range(1, 40)), of_line(50, "another")])
    text = capsys.readouterr().err
    assert text.count("fix: Remove it.") == MOST_ALIKE + 1
    assert "plant.yaml:50:9: warning[FSM0140]: another" in text
    last = text.splitlines()[-2:]
    assert last == [
        "warning[FSM0140]: 36 more like this: nothing reads the variable 'HOST'.",
        "  plant.yaml:4,5,6,7,8,9,10,11,12,13 …",
    ]


def test_few_problems_are_all_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show_diagnostics([of_line(line) for line in range(MOST_ALIKE)])
    assert "more like this" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("to", "says"),
    [
        (">&-", "error: standard output: bad file descriptor\n"),
        (">/dev/full", "error: standard output: no space left on device\n"),
    ],
)
def test_an_answer_that_cannot_be_written_is_one_message(to: str, says: str) -> None:
    line = f"{shlex.quote(sys.executable)} -m fsmv2.cli explain FSM0104 {to}"
    ended = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (1, says)
