"""Why a tree that runs does not answer: by the state of its process."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmv2.operate import silent_tree
from fsmv2.operate.silent_tree import frozen_process, silence

HERE = Path("/nowhere")


@pytest.mark.parametrize(
    ("state", "why", "fix"),
    [
        ("T", "its process 7 is frozen", "kill -CONT 7"),
        ("t", "a debugger holds its process 7", "continue"),
        ("D", "its process 7 waits for a disk", "disk"),
        ("S", "its process 7 runs, but is overloaded or hangs", "kill -9 7"),
        ("R", "its process 7 runs, but is overloaded or hangs", "fsmv2 why PATH"),
        ("Z", "its process has ended meanwhile", "fsmv2 trees"),
        ("", "its process has ended meanwhile", "fsmv2 trees"),
    ],
)
def test_each_state_of_its_process_is_told_with_the_next_step(
    monkeypatch: pytest.MonkeyPatch, state: str, why: str, fix: str
) -> None:
    monkeypatch.setattr(silent_tree, "holder", lambda _: "7")
    monkeypatch.setattr(silent_tree, "stat", lambda _: [state] if state else None)
    found = silence(HERE)
    assert why in found.why
    assert fix in found.fix
    assert frozen_process(HERE) == (7 if state in ("T", "t") else 0)


def test_one_that_nobody_runs_has_ended(tmp_path: Path) -> None:
    assert silence(tmp_path).why == "its process has ended meanwhile"
    assert frozen_process(tmp_path) == 0
