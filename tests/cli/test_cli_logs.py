"""What is known of a worker in lines: of a tree that runs, and of one that keeps nothing."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Iterator

import pytest
from changed_tree import HEAD, ChangedTree, changed_tree

from fsmv2.operate.known_logs import KnownLogs
from fsmv2.operate.log_line import LogLine, LogLines
from fsmv2.operate.remote_tree import RemoteTree

DOCUMENT = HEAD + "processes: {web: {command: [sleep, '1000']}}\n"


@contextlib.contextmanager
def running(*, kept: bool = True) -> Iterator[ChangedTree]:
    """The tree, once something has happened to its process."""
    with changed_tree(DOCUMENT, kept=kept) as found:
        limit = time.monotonic() + 200
        while "edge/web" not in found("events", "edge/web").stdout:
            assert time.monotonic() < limit
            time.sleep(0.05)
        yield found


@pytest.fixture(scope="module")
def tree() -> Iterator[ChangedTree]:
    with running() as found:
        yield found


def until(found: Iterator[LogLine], *kinds: str) -> list[LogLine]:
    """The lines until there was one of each of these kinds."""
    lines: list[LogLine] = []
    for line in found:
        lines.append(line)
        if {line.kind for line in lines} >= {*kinds}:
            return lines
    raise AssertionError(f"the tree has ended; there was {lines}")


def test_debug_lines_that_were_asked_for_are_followed(tree: ChangedTree) -> None:
    known = KnownLogs(None, tree.state, "edge/web", tool="test")
    assert all(line.level != "debug" for line in known.last())
    tree.says("log-level", "edge/web", "debug", "--for", "1h", "-m", "it ends at night")
    assert "edge/web: logged from debug on by " in tree.says("overrides")
    tree.says("restart", "edge/web", "--no-wait")
    lines = until(known.follow(), "tick", "transition", "command")
    assert {line.path for line in lines} == {"edge/web"}
    again = KnownLogs(None, tree.state, "edge/web", tool="test").last(limit=1000)
    assert any(line.kind == "tick" for line in again)
    assert [line.at for line in again] == sorted(line.at for line in again)
    tree.says("log-level", "edge/web", "default")
    assert "no overrides" in tree.says("overrides")
    again_shown = tree.says("log-level", "edge/web", "default", code=1)
    kept = "cannot reset the log level: edge/web itself is logged at the level of the document"
    assert kept in again_shown


def test_of_a_tree_without_a_store_there_is_what_happened_in_this_run() -> None:
    with running(kept=False) as tree:
        found = KnownLogs(None, tree.state, "edge/web", tool="test")
        until(itertools.chain(found.last(), found.follow()), "transition")
        assert "edge/web" in tree.says("events", "edge/web", "--since", "1h", "-n", "5000")
        shown = tree.says("events", "edge/wbe", code=2)
        assert "Did you mean 'edge/web'?" in shown
        tree.says("pause", "edge/web", "-m", "looks at it")
        lines = until(found.follow(), "command")
        assert "paused" in lines[-1].text


def test_lines_that_come_too_fast_to_be_followed_are_counted(
    tree: ChangedTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = KnownLogs(None, tree.state, "edge/web", tool="test")
    known.last()
    lines = LogLines(
        lines=(LogLine(at=1.0, path="edge/web", kind="tick", level="debug", text="x"),),
        last=2000,
        begun=0.0,
        left_out=1234,
    )
    monkeypatch.setattr(RemoteTree, "get", lambda *_, **__: lines)
    (first, second) = itertools.islice(known.follow(), 2)
    assert (first.kind, first.text) == (
        "lines_left_out",
        "1,234 lines left out here: too much happened at once",
    )
    assert second.kind == "tick"
