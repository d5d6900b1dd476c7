"""The words for how far an apply is, and what became of it."""

from __future__ import annotations

from typing import Any

import pytest

from fsmv2.cli.apply_text import WIDTH, outcome_lines, progress_line
from fsmv2.operate.changes.apply_data import ApplyProgress

UNDO = "Ask `fsmv2 why PATH`; undo it with `fsmv2 rollback`."


def progress(state: Any, **more: Any) -> ApplyProgress:
    return ApplyProgress(generation=4, state=state, **more)


def outcome(state: Any, **more: Any) -> list[str]:
    return [line.text for line in outcome_lines(progress(state, **more))]


def test_progress_names_the_first_it_waits_for() -> None:
    pending = {f"edge/filler{n}": "down: connection refused" for n in range(3)}
    line = progress_line(progress("converging", touched=7, done=4, pending=pending))
    assert line == (
        "generation 4: 4 of 7 converged; waiting for edge/filler0: down: connection refu…"
    )
    assert progress_line(progress("converging", touched=1)) == "generation 4: 0 of 1 converged"


def test_a_long_reason_is_cut() -> None:
    pending = {"edge/filler": "the device answers with something else " * 9}
    line = progress_line(progress("converging", touched=1, pending=pending))
    assert len(line) <= WIDTH
    assert line.endswith("…")


@pytest.mark.parametrize(
    ("state", "more", "says"),
    [
        ("converged", {"touched": 3, "done": 3}, "generation 4 has converged: 3 workers"),
        ("converged", {}, "generation 4 has converged"),
        ("superseded", {"by": 5}, "generation 4 was superseded by generation 5"),
        (
            "rolled back",
            {"by": 5},
            "generation 4 did not converge in time, and was rolled back: generation 5 runs now",
        ),
        ("converging", {"touched": 2}, "generation 4: 0 of 2 converged"),
    ],
)
def test_each_outcome_is_one_line(state: str, more: dict[str, Any], says: str) -> None:
    assert outcome(state, **more) == [says]


def test_whoever_has_not_converged_is_named_with_the_reason() -> None:
    pending = {f"edge/m{n}": "is connecting: " + "the port is closed " * 5 for n in range(30)}
    lines = outcome("not converged", touched=40, pending=pending, done=5)
    assert lines[0] == "generation 4 runs, but 35 workers have not converged in time:"
    assert lines[1].startswith("  edge/m0: is connecting: the port is closed")
    assert lines[-2:] == ["  … and 25 more", UNDO]
    assert max(map(len, lines)) <= WIDTH
    one = outcome("not converged", touched=1, pending={"edge/m": "stopped"})
    assert one == [
        "generation 4 runs, but 1 worker has not converged in time:",
        "  edge/m: stopped",
        UNDO,
    ]
