"""That somebody cannot be notified stands at the root, and says nothing of the plant."""

from __future__ import annotations

from lamp_tree import by_hand, device

from fsmv2.core import NotificationsFailing
from fsmv2.core.state.conditions import NOTIFICATIONS


def test_it_is_shown_until_it_is_over_and_makes_nothing_unhealthy() -> None:
    tree = by_hand(device("a"))
    core = tree.core
    core.handle(NotificationsFailing(("target 'a': gone", "target 'b': gone")), 0.0)
    assert core.root is not None
    found = (core.root.conditions or {})[NOTIFICATIONS]
    assert found.reason == "target 'a': gone; target 'b': gone"
    assert core.root.impairment == ""
    core.handle(NotificationsFailing(), 1.0)
    assert NOTIFICATIONS not in (core.root.conditions or {})


def test_a_tree_that_is_not_declared_yet_has_nobody_to_show_it_at() -> None:
    from fsmv2.core import Core
    from fsmv2.worker import WorkerFactory

    Core(WorkerFactory()).handle(NotificationsFailing(("x",)), 0.0)
