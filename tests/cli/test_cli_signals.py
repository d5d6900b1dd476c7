"""Signals and output of a command that runs a tree: neither takes the other's control away."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from fsmv2.cli import signals
from fsmv2.cli.signals import Signals, Stopped

TOY = [sys.executable, str(Path(__file__).with_name("toy_tree.py"))]


def as_from_a_terminal() -> None:
    """Tests may run in the background of a shell, which has some signals ignored."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@contextlib.contextmanager
def toy(
    *words: str, out: int | IO[str] = subprocess.PIPE, before: tuple[str, ...] = ()
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*before, *TOY, *words],
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=as_from_a_terminal,  # noqa: PLW1509  (it only sets signals)
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(condition: Callable[[], object]) -> None:
    limit = time.monotonic() + 200
    while not condition():
        assert time.monotonic() < limit, "never so"
        time.sleep(0.01)


def line_with(stream: IO[str] | None, text: str) -> str:
    assert stream is not None
    for line in stream:
        if text in line:
            return line
    raise AssertionError(f"ended without a line with {text!r}")


def delivered(process: subprocess.Popen[str]) -> bool:
    """Whether no signal waits to be handed to a thread of the process."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("ShdPnd:")[2].split()[0], 16) == 0


def test_h65_sigterm_stops_in_order_while_nobody_reads_the_output() -> None:
    with toy("floods") as process:
        line_with(process.stderr, "nobody reads")
        process.send_signal(signal.SIGTERM)
        line_with(process.stderr, "SIGTERM: stopping")
        assert process.wait(timeout=200) == 0


def test_h65_the_second_sigterm_forces_while_nobody_reads_the_output() -> None:
    with toy("floods", "stubborn", "hangs") as process:
        line_with(process.stderr, "nobody reads")
        process.send_signal(signal.SIGTERM)
        line_with(process.stderr, "SIGTERM: stopping")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=200) == 1


def test_h65_the_second_sigterm_ends_the_last_phase_at_once() -> None:
    with toy("hangs") as process:
        line_with(process.stdout, "→ on")
        process.send_signal(signal.SIGTERM)
        line_with(process.stderr, "hangs")
        process.send_signal(signal.SIGTERM)
        line_with(process.stderr, "forced: the program ends, whatever still hangs")
        assert process.wait(timeout=200) == 1


def test_h65_two_signals_end_a_command_whose_loop_is_blocked_for_good() -> None:
    with toy("blocks") as process:
        line_with(process.stderr, "blocks")
        process.send_signal(signal.SIGTERM)
        until(lambda: delivered(process))  # the kernel may join two of one moment into one
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=200) == 1


def test_a_signal_before_anything_was_started_ends_the_command() -> None:
    with toy("loads") as process:
        line_with(process.stderr, "loads")
        process.send_signal(signal.SIGTERM)
        line_with(process.stderr, "SIGTERM: stopped before anything was started")
        assert process.wait(timeout=200) == 0


def test_h66_a_full_disk_below_the_output_ends_nothing_and_is_said_once() -> None:
    with Path("/dev/full").open("w") as full, toy("floods", out=full) as process:
        line_with(process.stderr, "stdout cannot be written: no space left on device")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=200)
    assert err == "SIGTERM: stopping\n"
    assert process.returncode == 0


def test_h66_a_reader_that_goes_away_ends_nothing_and_is_said_once() -> None:
    with toy("floods") as process:
        line_with(process.stdout, "→ on")
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        line_with(process.stderr, "stdout cannot be written: broken pipe")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=200)
    assert err == "SIGTERM: stopping\n"
    assert process.returncode == 0


def test_h66_an_output_that_is_closed_from_the_start_ends_nothing() -> None:
    with toy("short", before=("sh", "-c", 'exec "$@" >&-', "sh")) as process:
        out, err = process.communicate(timeout=200)
    assert (out, process.returncode) == ("", 0)
    assert err.count("stdout cannot be written: bad file descriptor") == 1


def test_h67_a_terminal_that_is_closed_stops_the_tree_in_order() -> None:
    pid, terminal = pty.fork()
    if not pid:
        os.execv(TOY[0], TOY)  # noqa: S606
    shown = b""
    while "→ on".encode() not in shown:
        shown += os.read(terminal, 4096)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_h67_sighup_ends_nothing_where_nothing_can_be_reloaded() -> None:
    with toy() as process:
        line_with(process.stdout, "→ on")
        process.send_signal(signal.SIGHUP)
        line_with(process.stderr, "SIGHUP changes nothing; SIGTERM or Ctrl-C stops in order")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=200) == 0


class Terminal:
    """Whether there is one, as `signals` finds it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.there = True
        monkeypatch.setattr(signals, "_has_terminal", lambda: self.there)
        monkeypatch.setattr(signals, "HANGUP_WITHIN", 0.0)


def test_h67_sighup_asks_for_a_reload_unless_the_terminal_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal, asked = Terminal(monkeypatch), []
    terminal.there = False
    daemon = Signals(lambda _: None, lambda: None, reloads=True)
    daemon._came(signal.SIGHUP)
    with daemon.reloads_by(lambda: asked.append("early")):
        assert asked == ["early"], "one that came before anybody listened is not lost"
        daemon._came(signal.SIGHUP)
        daemon._came(signal.SIGHUP)
    assert (asked, daemon.name) == (["early"] * 3, "")

    terminal.there = True
    by_hand = Signals(lambda _: None, lambda: None, reloads=True)
    with by_hand.reloads_by(lambda: asked.append("by hand")):
        by_hand._came(signal.SIGHUP)
        assert asked[3:] == [], "the terminal may be about to be taken away"
        by_hand._look_at_limits(time.monotonic())
        assert (asked[3:], by_hand.name) == (["by hand"], "")
        by_hand._came(signal.SIGHUP)
        terminal.there = False
        by_hand._look_at_limits(time.monotonic())
    assert (asked[3:], by_hand.name) == (["by hand"], "SIGHUP")


def test_h67_sighup_while_the_document_is_read_ends_that_only_if_the_terminal_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal(monkeypatch)
    found = Signals(lambda _: None, lambda: None, reloads=True)
    found.starting()
    found._handle(signal.SIGHUP, None)
    terminal.there = False
    with pytest.raises(Stopped, match="SIGHUP"):
        found._handle(signal.SIGHUP, None)


def test_h67_a_terminal_that_is_closed_is_heard_of_several_times_and_forces_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[int] = []
    terminal = Terminal(monkeypatch)
    found = Signals(lambda _: None, lambda: heard.append(0))
    terminal.there = False
    for number in (signal.SIGHUP, signal.SIGHUP, signal.SIGTERM, signal.SIGHUP):
        found._came(number)
    assert (found.name, found.forced) == ("SIGHUP", False)
    found._came(signal.SIGTERM)
    assert found.forced


def test_a_signal_before_anything_can_be_ended_ends_it_as_soon_as_that_is_possible() -> None:
    found = Signals(lambda _: None, lambda: None)
    found._handle(signal.SIGTERM, None)
    with pytest.raises(Stopped, match="SIGTERM"):
        found.starting()
    found._handle(signal.SIGTERM, None)  # the stop is under way: nothing is interrupted


def test_h67_sighup_stays_ignored_under_nohup() -> None:
    with toy(before=("nohup",)) as process:
        line_with(process.stdout, "→ on")
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=200)
    assert "SIGTERM: stopping" in err
    assert "SIGHUP" not in err


def test_no_other_signal_ends_or_suspends_a_tree() -> None:
    others = ["SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGIO", "SIGTSTP"]
    with toy() as process:
        line_with(process.stdout, "→ on")
        for name in others:
            process.send_signal(signal.Signals[name])
            line_with(process.stderr, f"{signal.Signals[name].name} changes nothing")
        process.send_signal(signal.SIGRTMIN + 3)
        line_with(process.stderr, "SIGRTMIN+3 changes nothing")
        process.send_signal(signal.SIGXFSZ)
        process.send_signal(signal.SIGPIPE)
        process.send_signal(signal.SIGQUIT)
        _, err = process.communicate(timeout=200)
    assert (err, process.returncode) == ("SIGQUIT: stopping\n", 0)
