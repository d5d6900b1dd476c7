"""`top` on a real terminal, which is emulated, of a tree whose API is served."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from emulated_terminal import on_a_terminal
from typer.testing import CliRunner

from fsmv2.cli.app import app

sys.path.append(str(Path(__file__).parents[2] / "api"))

from served_tree import in_a_thread, tree_with_api

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def state_dir() -> Iterator[Path]:
    with in_a_thread(tree_with_api) as (tree, _):
        yield tree.directory


def test_top_shows_the_tree_heeds_keys_and_leaves_one_line(state_dir: Path) -> None:
    with on_a_terminal("top", "--state-dir", state_dir, columns=100) as terminal:
        shown = terminal.until(lambda shown: "─ ticker" in shown and ", process " in shown)
        assert terminal.screen.alternate
        assert "need a look: " in shown
        terminal.press("/ticker\r\x1b[B\r")
        terminal.shows("● edge/ticker (process) is running")
        terminal.press("\x1bq")
        shown = terminal.end()
        assert not terminal.screen.alternate
        assert terminal.as_before
        assert terminal.code == 0
    assert shown.strip().startswith("3 workers: ")


def test_ctrl_z_leaves_the_screen_until_it_goes_on_and_a_signal_for_good(state_dir: Path) -> None:
    with on_a_terminal("top", "--state-dir", state_dir) as terminal:
        terminal.shows("─ ticker")
        os.kill(terminal.process, signal.SIGTSTP)
        # Nobody could have it go on here, so that the kernel lets it go on at once.
        terminal.until(lambda shown: terminal.sent.count(b"\x1b[?1049h") == 2 and "help" in shown)
        assert terminal.sent.count(b"\x1b[?1049l") == 1
        os.kill(terminal.process, signal.SIGTERM)
        assert "workers: " in terminal.end()
        assert (terminal.code, terminal.screen.alternate) == (0, False)


def test_where_there_is_no_screen_it_prints_what_status_does(state_dir: Path) -> None:
    shown = CliRunner().invoke(app, ["top", "edge/ticker", "--state-dir", str(state_dir)])
    assert "\nedge/ticker  process  running" in shown.stdout
    assert "edge/broker" not in shown.stdout
    assert "\x1b" not in shown.stdout
    assert "`top` needs a terminal with a screen" in " ".join(shown.stderr.split())


def test_a_path_that_is_not_there_is_an_error_with_the_nearest_one(state_dir: Path) -> None:
    shown = CliRunner().invoke(app, ["top", "edge/tiker", "--state-dir", str(state_dir)])
    assert shown.exit_code == 2
    assert "there is no worker 'edge/tiker'" in shown.stderr
    assert "edge/ticker" in shown.stderr
