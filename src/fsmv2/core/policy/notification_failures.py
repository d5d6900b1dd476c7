"""That somebody cannot be notified is shown where everybody looks: at the root."""

from __future__ import annotations

from fsmv2.core.contract.events import NotificationsFailing
from fsmv2.core.state.conditions import NOTIFICATIONS
from fsmv2.core.state.tree import Tree


def failing(tree: Tree, event: NotificationsFailing) -> None:
    """Have it stand at the root, whichever instance runs there, until all targets are reached."""
    if tree.root is None:
        return
    if event.problems:
        tree.set_condition(tree.root, NOTIFICATIONS, "; ".join(event.problems))
    else:
        tree.clear_condition(tree.root, NOTIFICATIONS)
