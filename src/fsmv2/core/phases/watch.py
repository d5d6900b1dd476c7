"""Begin to watch a worker: from then on it is observed, and may act."""

from __future__ import annotations

from fsmv2.core.contract.instructions import Watch
from fsmv2.core.life.release import fenced
from fsmv2.core.state.not_created import NOT_CREATED
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tree import Tree


def watch(tree: Tree, s: Supervisor) -> None:
    """Begin to watch what is new, as soon as no task of a predecessor is left."""
    if s.watched_at is not None or s.stop is not None or s.desired is None:
        return
    if s.definition is NOT_CREATED.definition or fenced(tree, s):
        return
    s.watched_at = tree.now
    s.applied = s.declared.user_spec
    s.live_spec, s.live_config = s.spec, s.desired.config
    assert s.live_spec is not None  # noqa: S101  (derive has just set it)
    tree.emit(Watch(s.path, s.incarnation, s.worker, s.definition, s.live_spec, s.live_config))
    tree.set_timer(s, "stale", tree.now + stale_limit(tree, s))


def stale_limit(tree: Tree, s: Supervisor) -> float:
    """Age in seconds from which an observation of `s` is stale."""
    d = s.definition
    return max(tree.settings.stale_after, 2 * d.interval + d.observe_timeout)
