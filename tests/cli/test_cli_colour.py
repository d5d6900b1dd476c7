"""Colour: on a terminal, or with FORCE_COLOR, and never with NO_COLOR."""

import os
import pty
import subprocess
import sys

import pytest

from fsmv2.cli.console import coloured

CODE = (
    "from fsmv2.cli.console import show_diagnostics\n"
    "from fsmv2.errors import Diagnostic, Mark\n"
    "show_diagnostics([Diagnostic(code='FSM1001', message='unknown key', fix='Mend it.',\n"
    "    mark=Mark('plant.yaml', 3, 1), source='bridgs: []', length=6)])"
)
PLAIN = "plant.yaml:3:1: error[FSM1001]: unknown key\n3 | bridgs: []\n    ^^^^^^\n  fix: Mend it.\n"


def on_a_terminal(**environment: str) -> str:
    """What a terminal is sent on stderr."""
    ours, theirs = pty.openpty()
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    env |= {"TERM": "xterm", **environment}
    subprocess.run([sys.executable, "-c", CODE], stderr=theirs, env=env, check=True, timeout=200)
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 4096):
            shown += chunk
    except OSError:  # EIO: the other end is closed and all was read
        pass
    os.close(ours)
    return shown.decode().replace("\r\n", "\n")


def test_a_terminal_gets_colour() -> None:
    shown = on_a_terminal()
    assert "\x1b[31m\x1b[1merror[FSM1001]" in shown
    assert "\x1b[31m    ^^^^^^" in shown


def test_no_color_is_honoured() -> None:
    assert on_a_terminal(NO_COLOR="1") == PLAIN


def test_a_dumb_terminal_gets_none() -> None:
    assert on_a_terminal(TERM="dumb") == PLAIN


def test_a_pipe_gets_none() -> None:
    env = {k: v for k, v in os.environ.items() if k != "FORCE_COLOR"}
    shown = subprocess.run(
        [sys.executable, "-c", CODE],
        env=env,
        capture_output=True,
        text=True,
        check=True,
        timeout=200,
    )
    assert shown.stderr == PLAIN


def test_force_color_wants_it_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    with open(os.devnull, "w") as pipe:
        for value, expected in (("1", True), ("yes", True), ("", False), ("0", False)):
            monkeypatch.setenv("FORCE_COLOR", value)
            assert coloured(pipe) is expected
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("NO_COLOR", "1")
        assert not coloured(pipe)
