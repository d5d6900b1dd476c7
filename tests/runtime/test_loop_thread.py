"""A loop in a thread of its own: what does not end it."""

from __future__ import annotations

from raising_tree import tree_of

from fsmv2.core import Report


async def test_h68_an_exit_in_a_task_of_an_authors_own_does_not_end_the_loop_of_all() -> None:
    reports: list[Report] = []
    kind, runtime = tree_of(wild=True, listener=reports.append)
    async with runtime as tree:
        await tree.until(lambda _: kind.looks > 3, timeout=200)
        assert tree.core.counters.uncontained == 1
        await tree.stop()
    (report,) = (r for r in reports if r.kind == "error")
    assert "uncontained SystemExit: 3 in _leave at raising_tree.py:" in report.text
