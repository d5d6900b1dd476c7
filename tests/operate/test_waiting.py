"""Waiting for a worker to be as wanted, over the stream of its tree."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fsmv2 import Phase
from fsmv2.errors import ApiUnavailableError, UnknownFilterError
from fsmv2.operate import TreeHandle
from fsmv2.operate.live_or_recorded import WhichTree
from fsmv2.operate.remote_tree import RemoteTree
from fsmv2.operate.request_types import Start, Stop
from fsmv2.operate.wait_condition import PHASES, WaitCondition, read_wait_condition
from fsmv2.operate.waiting import wait_for
from fsmv2.operate.watched_workers import WatchEnd

sys.path.append(str(Path(__file__).parents[1] / "api"))

from served_tree import TICKER, in_a_thread, tree_with_api
from worker_rows import row


@pytest.mark.parametrize(
    ("text", "met", "not_met"),
    [
        ("state=active", row("e"), row("e", state="stopped")),
        ("phase=running", row("e"), row("e", phase="failed")),
        ("healthy", row("e"), row("e", healthy=False)),
        ("gone", None, row("e")),
        ("state = active", row("e"), None),
    ],
)
def test_a_condition_is_read_and_met(text: str, met: object, not_met: object) -> None:
    condition = read_wait_condition(text)
    assert condition.met(met)  # type: ignore[arg-type]
    assert not condition.met(not_met)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "fix"),
    [("helthy", "'healthy'"), ("state", "state=..."), ("phase=runing", "'running'"), ("", "gone")],
)
def test_what_is_no_condition_is_refused_with_what_could_be(text: str, fix: str) -> None:
    with pytest.raises(UnknownFilterError) as raised:
        read_wait_condition(text)
    assert fix in raised.value.fix


def test_the_phases_are_those_of_workers() -> None:
    assert set(PHASES) == {phase.value for phase in Phase}


@pytest.fixture(scope="module")
def tree() -> Iterator[TreeHandle]:
    with in_a_thread(tree_with_api) as (found, _):
        yield found


@pytest.mark.real
def test_it_returns_when_it_is_so_at_once_or_when_it_becomes_so(tree: TreeHandle) -> None:
    which = WhichTree(state_dir=tree.directory)
    found = wait_for(TICKER, read_wait_condition("healthy"), 60, which)
    assert found.reached
    assert found.row is not None
    remote = RemoteTree(tree.directory)
    later = threading.Timer(0.2, lambda: remote.carry_out(Stop(path=TICKER)))
    later.start()
    assert wait_for(TICKER, read_wait_condition("state=stopped"), 60, which).reached
    later.join()
    remote.carry_out(Start(path=TICKER))
    assert wait_for(TICKER, read_wait_condition("phase=running"), 60, which).reached
    assert wait_for("edge/nobody", WaitCondition(kind="gone"), 60, which).reached


@pytest.mark.real
def test_when_the_time_is_over_it_says_how_the_worker_is(tree: TreeHandle) -> None:
    which = WhichTree(state_dir=tree.directory)
    found = wait_for("edge/broker", read_wait_condition("state=active"), 0.3, which)
    assert not found.reached
    assert found.row is not None
    found = wait_for("edge/tickr", read_wait_condition("healthy"), 0.3, which)
    assert "in this tree. Did you mean 'edge/ticker'?" in found.trouble
    with pytest.raises(UnknownFilterError, match="no state 'actve'"):
        wait_for("edge/broker", read_wait_condition("state=actve"), 60, which)


@pytest.mark.real
def test_a_tree_that_does_not_answer_is_not_taken_for_one_without_the_worker(
    tree: TreeHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def watch(*_: object, **__: object) -> Iterator[WatchEnd]:
        time.sleep(0.1)
        yield WatchEnd(reason="lost")

    def describe(*_: object, **__: object) -> None:
        raise ApiUnavailableError("its process 7 is frozen.")

    monkeypatch.setattr(RemoteTree, "watch", watch)
    monkeypatch.setattr(RemoteTree, "describe", describe)
    which = WhichTree(state_dir=tree.directory)
    found = wait_for(TICKER, read_wait_condition("healthy"), 0.1, which)
    assert (found.reached, found.row, found.trouble) == (False, None, "its process 7 is frozen.")
