"""Lines about a generation on its way: each step forward, and whoever holds it up."""

from __future__ import annotations

import msgspec

from fsmv2.operate.changes.apply_data import ApplyProgress
from fsmv2.operate.changes.convergence_reports import ConvergenceReports, progress_text


def progress(done: int, of: int = 10) -> ApplyProgress:
    pending = {f"edge/{n}": "no answer" for n in range(done, of)}
    return ApplyProgress(generation=7, state="converging", pending=pending, touched=of, done=done)


def lines(*looks: tuple[float, int]) -> list[tuple[float, str]]:
    """When what is reported, of looks at so many seconds at so many workers that are done."""
    found: list[str] = []
    reports = ConvergenceReports(lambda _, text: found.append(text[14:32]), began=0.0)
    when = []
    for at, done in looks:
        reports.look(progress(done), at)
        when += [at] * (len(found) - len(when))
    return list(zip(when, found, strict=True))


def test_what_converges_at_once_needs_no_line() -> None:
    assert lines((0.1, 0), (0.5, 3), (1.9, 9)) == []


def test_a_step_forward_is_a_line_but_not_more_than_one_in_two_seconds() -> None:
    found = lines(*((n / 4, n // 4) for n in range(25)))
    assert found == [(n, f"{n:.0f} of 10 workers ha") for n in (2.0, 4.0, 6.0)]


def test_a_stall_is_a_line_once_until_it_moves_again() -> None:
    looks = [(float(n), 3 if n < 100 else 4) for n in range(150)]
    assert [at for at, _ in lines(*looks)] == [2.0, 12.0, 100.0, 110.0]


def test_one_that_falls_back_is_not_reported_as_a_step() -> None:
    assert [at for at, _ in lines((2.0, 5), (4.0, 4), (6.0, 5), (8.0, 6))] == [2.0, 8.0]


def test_the_line_names_the_first_three_that_are_waited_for() -> None:
    assert progress_text(progress(5)) == (
        "generation 7: 5 of 10 workers have converged; waiting for edge/5: no answer; "
        "edge/6: no answer; edge/7: no answer; and 2 more"
    )
    assert progress_text(progress(0, 1)) == (
        "generation 7: 0 of 1 worker has converged; waiting for edge/0: no answer"
    )
    long = msgspec.structs.replace(progress(0, 1), pending={"edge/0": "why " * 100})
    assert progress_text(long).endswith("why…")
    assert len(progress_text(long)) < 200
