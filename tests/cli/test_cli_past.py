"""`--at` and `--until`: the commands that answer of a moment of the past, and what they refuse."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator

import pytest
from changed_tree import HEAD, ChangedTree, changed_tree

DOCUMENT = HEAD + "processes: {web: {command: [sleep, '1000']}}\n"


@pytest.fixture(scope="module")
def tree() -> Iterator[ChangedTree]:
    with changed_tree(DOCUMENT) as running:
        until(running, "running", "why", "edge/web")
        yield running


def until(tree: ChangedTree, says: str, *words: str) -> None:
    limit = time.monotonic() + 200
    while says not in tree(*words).output:
        assert time.monotonic() < limit, tree(*words).output
        time.sleep(0.05)


def test_what_was_so_is_shown_as_it_was_then(tree: ChangedTree) -> None:
    before = datetime.datetime.now().astimezone().isoformat()
    tree.says("pause", "edge/web", "-m", "new disk")
    until(tree, "new disk", "why", "edge/web", "--at", "1ms")
    for words in (
        ("status", "edge/web"),
        ("describe", "edge/web"),
        ("why", "edge/web"),
        ("why", "edge/web", "--not", "stopped"),
    ):
        assert "new disk" in tree.says(*words) or "--not" in words
        then = tree.says(*words, "--at", before)
        assert "new disk" not in then
        assert "this is how it was at " in then
    assert "new disk" in tree.says("events", "edge/web")
    assert "new disk" not in tree.says("events", "edge/web", "--until", before)
    assert "new disk" not in tree.says("logs", "edge/web", "--until", before)
    assert "nothing has happened in that time" in tree.says("events", "--until", "365d")


def test_a_moment_that_is_not_recorded_is_refused_with_those_that_are(tree: ChangedTree) -> None:
    for words in (("status",), ("describe", "edge/web"), ("why", "edge/web")):
        shown = tree.says(*words, "--at", "2d", code=1)
        assert "it reaches from " in shown
        assert " to now." in shown


def test_what_is_to_come_cannot_be_asked_for_nor_followed(tree: ChangedTree) -> None:
    assert "is yet to come" in tree.says("status", "--at", "2099-01-01 12:00", code=2)
    assert "--follow cannot be combined with --at" in tree.says(
        "status", "--follow", "--at", "1m", code=2
    )
    assert "--follow cannot be combined with --until" in tree.says(
        "logs", "-F", "--until", "1m", code=2
    )
    assert "--var cannot be combined with" in tree.says(
        "why", "edge/web", "--var", "X", "--at", "1m", code=2
    )
