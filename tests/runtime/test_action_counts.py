"""What is counted of actions, by type, action and how they ended."""

from __future__ import annotations

from fsmv2.runtime.action_counts import ActionCounts, status_of
from fsmv2.worker import Outcome


def test_one_that_was_started_is_counted_and_timed_by_how_it_ended() -> None:
    counts = ActionCounts()
    counts.executed("pump", "open", "done", 0.2)
    counts.executed("pump", "open", "done", 0.4)
    counts.executed("pump", "open", "failed", 1.0)
    assert dict(counts.ended) == {("pump", "open", "done"): 2, ("pump", "open", "failed"): 1}
    assert set(counts.execution) == set(counts.ended)


def test_every_outcome_is_one_word_and_none_is_like_another() -> None:
    words = [status_of(outcome) for outcome in Outcome]
    assert all(word.isidentifier() for word in words)
    assert len(set(words)) == len(words)
