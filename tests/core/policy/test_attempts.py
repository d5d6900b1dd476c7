"""Failed attempts are counted, each due later than the one before, until they are forgotten."""

from __future__ import annotations

from lamp_tree import by_hand, device

from fsmv2.core.policy.attempts import count_failure, forget_failures


def test_each_failure_is_counted_and_the_next_attempt_is_due_later() -> None:
    tree = by_hand(device("a"))
    core, s = tree.core, tree["a"]
    tree.advance(100.0)
    due = [count_failure(core, s) for _ in range(3)]
    assert due == sorted(due)
    assert due == [100.0 + s.backoff.delay(n) for n in range(3)]
    assert s.attempts is not None
    assert (s.attempts.count, s.attempts.retry_at) == (3, due[-1])


def test_a_failure_is_no_longer_proven_well() -> None:
    tree = by_hand(device("a"))
    core, s = tree.core, tree["a"]
    count_failure(core, s)
    assert s.attempts is not None
    s.attempts.proven = True
    count_failure(core, s)
    assert not s.attempts.proven


def test_what_was_forgotten_is_counted_from_the_start() -> None:
    tree = by_hand(device("a"))
    core, s = tree.core, tree["a"]
    first = count_failure(core, s)
    count_failure(core, s)
    forget_failures(s)
    assert s.attempts is None
    assert count_failure(core, s) == first
