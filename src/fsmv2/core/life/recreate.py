"""What runs is to be replaced by what is declared now, in its turn; or kept, if that is the same.

A change of spec or config begins a new incarnation, a change of type another worker in its place.
Both wait for the pace, and both are called off when the declaration flips back before that (H54).
"""

from __future__ import annotations

from fsmv2.core.life import stop
from fsmv2.core.life.stop import remove, restart
from fsmv2.core.policy import claims, ordering, overrides
from fsmv2.core.policy.mapping import map_child
from fsmv2.core.policy.secret_changes import changed_between
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.model import ChildSpec


def declared_again(tree: Tree, s: Supervisor, spec: ChildSpec) -> bool:
    """A child that is being removed is declared again: keep it if it is the same (H1)."""
    if s.stop is None or not s.stop.kind.can_be_called_off:
        return False
    same = s.releasing is None and (
        s.declared.worker_type == spec.worker_type
        and (s.applied or s.declared.user_spec) == spec.user_spec
    )
    if not same:
        if s.recreate_as == spec:
            return False
        s.recreate_as = spec
        tree.report("stop", s, "declared again while being removed: to be recreated after it")
        return True
    s.recreate_as = None
    cause = Cause("spec", "declared again while being removed", tree.deciding)
    for kept in stop.call_off(tree, s, cause):
        _catch_up(tree, kept)
    redeclare(tree, s, spec)
    map_child(tree, s)
    tree.report("stop", s, "declared again with the same spec: kept")
    return True


def _catch_up(tree: Tree, s: Supervisor) -> None:
    """Have what changed while `s` was stopping, and was withheld because of it, looked at again."""
    s.derive_next_tick(anew=True)
    _not_due(tree, s)  # its turn may have come and gone


def redeclare(tree: Tree, s: Supervisor, spec: ChildSpec) -> None:
    """Keep `spec` as what is declared for `s`, and who depends on whom."""
    s.declared = spec
    ordering.relink(tree, s)


def keep_equal(s: Supervisor, spec: ChildSpec) -> None:
    """The same is declared by another object: keep that, so that the next look is by identity."""
    s.declared = spec


def replace_by_nothing(s: Supervisor) -> None:
    """It is no longer declared, nor is what was to take its place."""
    s.recreate_as = None


def replace_root(tree: Tree, root: Supervisor, spec: ChildSpec) -> None:
    """The root has another name: remove it, and make the new one when it is gone."""
    if root.stop is None or root.recreate_as is None:
        remove(tree, root, f"the root is now named {spec.name}")
    root.recreate_as = spec


def review(tree: Tree, s: Supervisor) -> None:
    """Decide whether the running instance must be replaced, by its type's policy, and queue it."""
    if s.watched_at is None or s.stop is not None:
        return
    if s.definition.in_place:
        needed = s.recreate_as is not None or claims.takes_over(tree, s)
    else:
        config = s.desired is not None and s.desired.config != s.live_config
        needed = config or s.declared.user_spec != s.applied or s.recreate_as is not None
    if needed and not s.recreate_due:
        _due(tree, s)
    elif not needed and s.recreate_due:
        _not_due(tree, s)  # H54: it flipped back before anything was done


def retype(tree: Tree, s: Supervisor, spec: ChildSpec) -> None:
    """Have `s` replaced by what `spec` declares, of another type; in its turn, if it runs."""
    s.recreate_as = spec
    if s.watched_at is None or s.stop is not None:
        _replace_by_new_type(tree, s)
    elif not s.recreate_due:
        _due(tree, s)


def _replace_by_new_type(tree: Tree, s: Supervisor) -> None:
    tree.tallies.reconciliations[s.declared_by, "recreate"] += 1
    remove(tree, s, _new_type(s), paced=True)


def keep_type(tree: Tree, s: Supervisor) -> None:
    """`s` is to be of its own type again before its turn to be replaced has come."""
    s.recreate_as = None
    _not_due(tree, s)
    s.derive_next_tick(anew=True)  # what changed meanwhile was withheld
    tree.mark(s, Cause("spec", "of its old type again", tree.deciding))


def _new_type(s: Supervisor) -> str:
    assert s.recreate_as is not None  # noqa: S101  (callers ask only where a new type is declared)
    return f"its type changed from {s.declared.worker_type} to {s.recreate_as.worker_type}"


def _due(tree: Tree, s: Supervisor) -> None:
    s.recreate_due = True
    tree.set_timer(s, "recreate", tree.now)


def _not_due(tree: Tree, s: Supervisor) -> None:
    s.recreate_due = False
    claims.change_is_free(tree, s)
    s.timers.pop("recreate", None)
    tree.pace.done(s.path)


def claims_due(tree: Tree, s: Supervisor) -> None:
    """Have `s` look again at whom it waits for; one that does not let go in time is restarted.

    One that stops has a deadline of its own. One that is paused stays as it is.
    """
    claims.look_again(tree, s, Cause("timer", "claims"))
    if s.watched_at is not None or tree.now < s.since + tree.settings.stop_deadline:
        return
    found = claims.in_the_way(tree, s)
    if found is None or found.holder is None or overrides.paused_by(found.holder):
        return
    holder = found.holder
    if found.settled and holder.stop is None and not holder.recreate_due:
        restart(tree, holder, f"{s.path} waits for {found.claim}", because="change")


def begin(tree: Tree, s: Supervisor) -> None:
    """Begin a recreation when the pace admits it."""
    if not s.recreate_due or s.stop is not None or overrides.paused_by(s):
        return
    wait = tree.pace.admit(s.path, tree.now)
    if wait > 0:
        tree.set_timer(s, "recreate", tree.now + max(wait, 0.001))
        return
    found = claims.in_the_way(tree, s)
    if found is not None and claims.is_paused(found):
        tree.pace.done(s.path)  # it runs as it is until the other may let go
        claims.change_waits(tree, s, found)
        tree.set_timer(s, "recreate", tree.now + claims.LOOK_EVERY)
        return
    s.recreate_due = False
    if s.recreate_as is not None:
        _replace_by_new_type(tree, s)
        return
    if s.definition.in_place and found is None:
        claims.look_again(tree, s, Cause("claim", "is free by now", tree.deciding))
        return
    tree.tallies.reconciliations[s.declared_by, "recreate"] += 1
    secret = _changed_secret(tree, s)
    restart(tree, s, why(tree, s), because="change" if secret is None else "secret")


def why(tree: Tree, s: Supervisor) -> str:
    """The reason for which `s` is recreated in its turn."""
    if s.recreate_as is not None:
        return _new_type(s)
    found = claims.in_the_way(tree, s)
    if found is not None:
        return f"takes over {found.claim} from {found.path}"
    secret = _changed_secret(tree, s)
    return "its spec or rendered config changed" if secret is None else str(secret)


def _changed_secret(tree: Tree, s: Supervisor) -> Cause | None:
    new = s.declared.user_spec, s.desired.config if s.desired is not None else None
    return changed_between(tree, (s.applied, s.live_config), new)
