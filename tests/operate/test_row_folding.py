"""Rows of a tree in the space there is: trouble is never lost, what is well is counted."""

from __future__ import annotations

import pytest
from worker_rows import plant, row

from fsmv2.operate.row_folding import Space, fold
from fsmv2.operate.worker_row import WorkerRow


def counted(rows: list[WorkerRow], lines: int, columns: int = 0) -> int:
    """How many workers are shown or counted anywhere."""
    found = fold(rows, Space(lines, columns))
    alike = sum(one.total for one in found.alike.values())
    folded = sum(sum(one.types.values()) for one in found.folded.values())
    return len(found.rows) + alike + folded + found.more


def test_without_an_end_all_have_rows_worst_first_and_then_the_tree() -> None:
    rows = [
        row("edge", "agent", "degraded", below=True),
        row("edge/a", trouble="overridden"),
        row("edge/b", trouble="failed"),
        row("edge/c"),
        row("edge/d", trouble="escalated"),
        row("edge/e", trouble="failed"),
    ]
    found = fold(rows)
    assert [one.path for one in found.rows] == [
        *("edge/d", "edge/b", "edge/e", "edge/a"),
        *("edge", "edge/c"),
    ]
    assert (found.alike, found.folded, found.more) == ({}, {}, 0)


def test_a_small_tree_has_a_row_for_each() -> None:
    rows = plant(3)
    found = fold(rows, Space(20))
    assert list(found.rows) == rows
    assert not found.folded


def test_of_ten_thousand_workers_that_are_well_the_first_rows_count_all() -> None:
    rows = plant(3_333)
    found = fold(rows, Space(20))
    assert [one.path for one in found.rows] == ["edge", "edge/broker"]
    assert found.folded["edge"].types == {"bridge": 3333, "connection": 3333, "dataflow": 3333}
    assert found.more == 0


def test_a_level_is_spread_out_whole_or_not_at_all() -> None:
    """Five bridges fit, and not what is below them: none of them is treated differently."""
    found = fold(plant(5), Space(9))
    assert [one.path.count("/") for one in found.rows] == [0, 1, 1, 1, 1, 1, 1]
    assert found.folded["edge/b00004"].types == {"connection": 1, "dataflow": 1}


@pytest.mark.parametrize("lines", [1, 5, 12, 40, 500])
@pytest.mark.parametrize("broken", [0, 1, 7, 300])
@pytest.mark.parametrize("columns", [0, 80])
def test_everybody_is_shown_or_counted_once(lines: int, broken: int, columns: int) -> None:
    rows = plant(300, broken=broken)
    assert counted(rows, lines, columns) == len(rows)


def test_what_is_in_the_same_trouble_with_the_same_words_is_one_row_and_a_number() -> None:
    rows = plant(300, broken=200)
    found = fold(rows, Space(20))
    first = found.rows[0]
    assert first.path == "edge/b00000/connection"
    assert found.alike[first.path].total == 199
    assert found.alike[first.path].paths == (
        "edge/b00001/connection",
        "edge/b00002/connection",
        "edge/b00003/connection",
    )


def test_one_with_other_words_keeps_its_row_among_hundreds() -> None:
    rows = plant(300, broken=200)
    odd = row("edge/odd", "process", "degraded", reason="ended with exit code 3")
    found = fold([*rows, odd], Space(20))
    assert "edge/odd" in [one.path for one in found.rows]


def test_numbers_are_looked_past_only_when_there_are_far_too_many() -> None:
    rows = [row(f"edge/p{n}", "process", "failed", reason=f"exit code {n}") for n in range(30)]
    assert len(fold(rows, Space(40)).rows) == 30
    found = fold(rows, Space(10))
    assert len(found.rows) == 1
    assert found.alike["edge/p0"].total == 29


def test_trouble_for_which_there_is_no_space_is_counted_as_such() -> None:
    kinds = [row(f"edge/{n}", f"type_{n}", "failed") for n in range(30)]
    found = fold(kinds, Space(10))
    assert (len(found.rows), found.more, found.more_trouble) == (10, 20, 20)


def test_a_reason_that_is_wrapped_takes_the_lines_that_it_needs() -> None:
    long = [row(f"edge/{n}", f"type_{n}", "failed", reason="why " * 50) for n in range(10)]
    assert len(fold(long, Space(12, 200)).rows) == 10
    found = fold(long, Space(12, 80))
    assert len(found.rows) == 3
    assert found.more_trouble == 7


def test_the_first_in_trouble_is_shown_however_small_the_space() -> None:
    found = fold([row("edge/a", trouble="failed", reason="why " * 500)], Space(1, 80))
    assert [one.path for one in found.rows] == ["edge/a"]


def test_what_is_affected_and_folded_is_counted_as_affected() -> None:
    found = fold(plant(300, broken=2), Space(10))
    assert found.folded["edge"].affected == 2


def test_only_trouble_leaves_the_tree_out() -> None:
    found = fold(plant(3, broken=1), Space(20), tree=False)
    assert [one.path for one in found.rows] == ["edge/b00000/connection"]
    assert found.more == 0
