"""Begin to watch a worker: from then on it is observed, and may act."""

from __future__ import annotations

from typing import Any

from fsmv2.core.contract.instructions import Watch
from fsmv2.core.life.release import fenced
from fsmv2.core.policy import claims
from fsmv2.core.state.not_created import NOT_CREATED
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tree import Tree
from fsmv2.model import UserSpec


def watch(tree: Tree, s: Supervisor) -> None:
    """Begin to watch what is new, as soon as no task of a predecessor is left.

    Predecessors are the incarnations before it, and whoever held what it claims.
    """
    if s.watched_at is not None or s.desired is None:
        return
    if s.definition is NOT_CREATED.definition or fenced(tree, s):
        return
    if s.desired.claims and not claims.take(tree, s):
        return
    assert s.spec is not None  # noqa: S101  (derive has just set it)
    s.watched_at = tree.now
    hand_over(s, s.spec, s.desired.config)
    tree.emit(Watch(s.path, s.incarnation, s.worker, s.definition, s.spec, s.desired.config))
    tree.set_timer(s, "stale", tree.now + stale_limit(tree, s))


def hand_over(s: Supervisor, spec: UserSpec, config: Any) -> None:
    """Note what the worker is given; until it is watched, this is what it would be given."""
    s.live_spec, s.live_config = spec, config
    if s.watched_at is not None:
        s.applied = s.declared.user_spec


def stale_limit(tree: Tree, s: Supervisor) -> float:
    """Age in seconds from which an observation of `s` is stale."""
    d = s.definition
    return max(tree.settings.stale_after, 2 * d.interval + d.observe_timeout)
