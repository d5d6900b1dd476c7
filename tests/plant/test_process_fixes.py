"""The fix for a value of a process that no type refuses is one that can be followed."""

from __future__ import annotations

import pytest

from fsmv2 import DocumentError
from fsmv2.plant import parse_plant

PLANT = """\
agent: {name: edge}
processes:
  app: {SECTION}
"""


def fixes(section: str) -> list[str]:
    try:
        problems = parse_plant(PLANT.replace("SECTION", section)).diagnostics
    except DocumentError as error:
        problems = error.diagnostics
    return [f"{one.path.removeprefix('processes.app.')}: {one.fix}" for one in problems]


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        ("TERM", "Write SIGTERM."),
        ("sigint", "Write SIGINT."),
        ('"15"', "Write SIGTERM."),
        ("SIGTREM", "Did you mean 'SIGTERM'?"),
        ("end", "Write the name of a signal: SIGTERM, SIGINT, SIGQUIT or SIGHUP."),
    ],
)
def test_the_signal_that_was_meant_is_named(written: str, fix: str) -> None:
    assert fixes(f"command: [a], signal: {written}") == [f"signal: {fix}"]


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        ('"8080"', "Write http://127.0.0.1:8080/."),
        ("localhost:80/health", "Write http://localhost:80/health."),
        (
            "/health",
            "Write http://127.0.0.1:8080/health, with the port of the process for 8080.",
        ),
        ("https://x", "Only http:// can be asked: write `port:` in its place, if that is enough."),
        ("http://x/", "Write a URL that begins with http://127.0.0.1 or http://localhost."),
    ],
)
def test_the_url_that_was_meant_is_written_out(written: str, fix: str) -> None:
    assert fixes(f"command: [a], ready: {{http: {written}}}") == [f"ready.http: {fix}"]


def test_a_value_that_comes_from_a_variable_is_said_to() -> None:
    assert fixes('command: [a], signal: "SIG{{ .S }}", variables: {S: TREM}') == [
        "signal: Did you mean 'SIGTERM'? It comes from a variable in this template."
    ]


@pytest.mark.parametrize("command", ["[]", "''", "['']"])
def test_an_empty_command_is_given_an_example(command: str) -> None:
    assert fixes(f"command: {command}") == [
        "command: Write the program and its arguments, such as [python, app.py]."
    ]


def test_a_wrong_argument_does_not_make_the_command_empty() -> None:
    assert fixes("command: [5]") == ['command[0]: Put it in quotes: "5".']


@pytest.mark.parametrize(
    ("more", "fix"),
    [
        (
            "args: [b]",
            "'command', which it seems to mean, is there already: put both together there.",
        ),
        ("replicas: 3", "Write an entry for each of them."),
        ("ready: 8080", "Write {port: 8080}. Known: port, line, file, http, ends, within, every."),
        ("env: A=1", 'Write {A: "1"}.'),
        ("log_bytes: 10MB", "Write 10000000."),
    ],
)
def test_what_other_programs_have_is_written_as_here(more: str, fix: str) -> None:
    (found,) = fixes(f"command: [a], {more}")
    assert found.partition(": ")[2] == fix
