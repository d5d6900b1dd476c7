"""What a worker claims - a device, a topic, a port, a file - it takes over in order. H98

Several may hold one claim: two bridges read units behind one gateway, and nothing is said against
it. But when one that holds it is to give it up - it is removed, replaced, stopped for good, or
handed a config without it - whoever is to take it begins after that one is released. So the two
never meet, and who only shares never waits.

Nobody who is to give up a claim waits for one, since a stop waits for none: so no two wait for each
other. Of two that swap, both are stopped first. The wait ends with the deadline of the stop, as
every stop does; one that adapts live and does not let go in that time is restarted (`recreate`).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from fsmv2.core.policy import detect_only, overrides
from fsmv2.core.policy.stop_order import keeps_children
from fsmv2.core.state.conditions import APPLIED
from fsmv2.core.state.stop_kind import StopKind
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.worker import Phase

LOOK_EVERY = 1.0
"""Seconds between looks of one that runs at whether it may take what a paused one still has."""


class InTheWay(msgspec.Struct, frozen=True):
    """Who has to let go of `claim` first, and why it is about to.

    `holder` is None when its tasks are all that is left of it. `settled`: it is known that it will
    let go; else what is declared of it is still to be looked at.
    """

    claim: str
    path: str
    holder: Supervisor | None
    why: str
    settled: bool = True

    def __str__(self) -> str:
        return f"waits until {self.path} has released {self.claim}: {self.why}"


def all_in_the_way(tree: Tree, s: Supervisor) -> Iterator[InTheWay]:
    """Who has to let go first of what `s` is to have, and does not have yet; claim by claim."""
    desired = s.desired
    if desired is None:
        return
    for claim in desired.claims:
        if claim in s.claims:
            continue
        for path, incarnation in tree.claims.held.get(claim, ()):
            if path == s.path:  # an incarnation before it, for which there is a fence
                continue
            found = _gives_up(tree, s, claim, path, incarnation)
            if found is not None:
                yield found


def in_the_way(tree: Tree, s: Supervisor) -> InTheWay | None:
    """The first of them, and of those of whom it is known that they will let go, if any is."""
    doubtful = None
    for found in all_in_the_way(tree, s):
        if found.settled:
            return found
        doubtful = doubtful or found
    return doubtful


def withheld(tree: Tree, s: Supervisor) -> str:
    """The same for one that has not begun, as a sentence; or empty."""
    found = in_the_way(tree, s) if s.desired is not None and s.desired.claims else None
    return "" if found is None else str(found)


def take(tree: Tree, s: Supervisor) -> bool:
    """Have `s`, which is about to begin, hold what it claims; False: it has to wait."""
    assert s.desired is not None  # noqa: S101  (only what has derived begins)
    found = in_the_way(tree, s)
    if found is not None:
        tree.pace.done(s.path)  # those it waits for may need its place
        _wait(tree, s, found)
        return False
    s.timers.pop("claims", None)
    s.claims = s.desired.claims
    for claim in s.claims:
        tree.claims.hold(claim, (s.path, s.incarnation))
    return True


def takes_over(tree: Tree, s: Supervisor) -> bool:
    """Whether `s`, which runs and adapts live, has to be stopped to take what it is to have."""
    found = in_the_way(tree, s)
    return found is not None and found.settled and not is_paused(found)


def may_adapt(tree: Tree, s: Supervisor) -> bool:
    """Whether `s`, which runs and adapts live, may be handed what it is to have now."""
    found = in_the_way(tree, s)
    if found is None:
        change_is_free(tree, s)
        return True
    if s.stop is None:
        _wait(tree, s, found)  # it goes on as it is meanwhile
        if found.settled:
            change_waits(tree, s, found)
    return False


def change_waits(tree: Tree, s: Supervisor, found: InTheWay) -> None:
    """`s` runs on as it is, and what is declared of it by now waits."""
    tree.set_condition(s, APPLIED, f"its change {found}")


def change_is_free(tree: Tree, s: Supervisor) -> None:
    """What is declared of `s` waits for nobody, or is what it runs with."""
    if s.conditions is not None:
        tree.clear_condition(s, APPLIED)


def adapted(tree: Tree, s: Supervisor) -> None:
    """`s` has been handed what it is to have: it holds that, and what it had until it is done."""
    assert s.desired is not None  # noqa: S101  (that is what it was handed)
    wanted, held = s.desired.claims, s.claims
    if wanted == held:
        if s.path in tree.claims.changed:
            del tree.claims.changed[s.path]
        return
    gained = tuple(claim for claim in wanted if claim not in held)
    for claim in gained:
        tree.claims.hold(claim, (s.path, s.incarnation))
    if all(claim in wanted for claim in held):
        s.claims = wanted
        tree.claims.changed.pop(s.path, None)
    else:
        s.claims = held + gained
        tree.claims.changed[s.path] = (tree.now, wanted)


def carried_out(tree: Tree, s: Supervisor) -> None:
    """`s` has nothing to do: if what it was handed is carried out, it has let go of the rest."""
    changed = tree.claims.changed.get(s.path)
    if changed is None or s.observed_at is None or s.observed_at <= changed[0]:
        return
    del tree.claims.changed[s.path]
    # What it was handed, which is not always what is desired by now.
    before, s.claims = s.claims, changed[1]
    lost = tuple(claim for claim in before if claim not in s.claims)
    for claim in lost:
        tree.claims.let_go(claim, (s.path, s.incarnation))
    wake(tree, lost)


def leave(tree: Tree, s: Supervisor) -> None:
    """`s` is released; what it holds is free when its tasks have ended."""
    table = tree.claims
    table.changed.pop(s.path, None)
    table.leaving[s.path] = (*table.leaving.get(s.path, ()), (s.incarnation, s.claims))


def released(tree: Tree, path: str, incarnation: int) -> None:
    """The tasks of an incarnation have ended."""
    table = tree.claims
    before = table.leaving.get(path, ())
    left = tuple(one for one in before if one[0] != incarnation)
    if left:
        table.leaving[path] = left
    else:
        table.leaving.pop(path, None)
    for number, claims in before:
        if number == incarnation:
            for claim in claims:
                table.let_go(claim, (path, incarnation))
            wake(tree, claims)


def wake(tree: Tree, claims: tuple[str, ...]) -> None:
    """Something happened to one that holds these: who waits for one of them has to look again."""
    for claim in claims:
        for path in tree.claims.waiting.pop(claim, ()):
            s = tree.by_path.get(path)
            if s is not None:
                look_again(tree, s, Cause("claim", claim, tree.deciding))


def look_again(tree: Tree, s: Supervisor, cause: Cause) -> None:
    """Have `s` find out whether it still has to wait."""
    if s.watched_at is not None:
        s.derive_next_tick(anew=True)
    tree.mark(s, cause)


def _wait(tree: Tree, s: Supervisor, found: InTheWay) -> None:
    if not found.settled:
        tree.set_timer(s, "claims", tree.now)  # in the next run: it is a matter of what is dirty
    elif s.watched_at is not None:
        # It runs, and holds something itself. By the clock, since two of those would wake each
        # other forever.
        tree.set_timer(s, "claims", tree.now + LOOK_EVERY)
    else:
        tree.claims.wait(found.claim, s.path)
        due = s.since + tree.settings.stop_deadline  # in time to insist
        if due > tree.now:
            tree.set_timer(s, "claims", due)


def is_paused(found: InTheWay) -> bool:
    """Whether it keeps the claim as long as it is paused."""
    return found.holder is not None and bool(overrides.paused_by(found.holder))


def _gives_up(
    tree: Tree, s: Supervisor, claim: str, path: str, incarnation: int
) -> InTheWay | None:
    """Whether who holds a claim is about to let go of it; None: it keeps it, and shares it."""
    h = tree.by_path.get(path)
    if h is None or h.incarnation != incarnation:
        return InTheWay(claim, path, None, "its tasks have not ended yet")
    why = _ends(h, s) or _changes(h, claim)
    if why:
        paused = overrides.paused_by(h) if tree.overrides else ""
        return InTheWay(claim, path, h, f"{why}; {paused}" if paused else why)
    if not _is_settled(tree, h, s):
        return InTheWay(claim, path, h, "its declaration is being examined", settled=False)
    return None


def _ends(h: Supervisor, s: Supervisor) -> str:
    """Why `h` is to stop for good, it or one above it that is not above `s`; or empty."""
    one: Supervisor | None = h
    while one is not None and not _is_above(one, s):
        stops = one.stop
        goes_on = stops is None or (
            stops.kind is StopKind.RESTART if one is h else keeps_children(one)
        )
        if stops is not None and not goes_on:
            return stops.reason
        one = one.parent
    off = h.disabled and h.definition.states[h.state].phase is not Phase.STOPPED
    return h.decision.reason if off and not detect_only.detects(h) else ""


def _changes(h: Supervisor, claim: str) -> str:
    """Whether `h` goes on without the claim, as words; or empty."""
    if h.recreate_as is not None:
        return f"it is to be a {h.recreate_as.worker_type}"
    if h.desired is not None and claim not in h.desired.claims:
        return "it is changing to another"
    return ""


def _is_settled(tree: Tree, h: Supervisor, s: Supervisor) -> bool:
    """Whether all that is declared up to now has come down to `h`.

    What is above both of them has come down to `s`, which is looked at now; the way from there to
    `h` may still be dirty.
    """
    if tree.fan_out:
        return False
    one = h
    while True:
        if one.derive_due:
            return False
        above = one.parent
        if above is None:
            return True
        if above.derive_due or (above.children_due and _is_still_to_come(above, one)):
            return False
        if _is_above(above, s):
            return True
        one = above


def _is_still_to_come(parent: Supervisor, child: Supervisor) -> bool:
    """Whether the parent, which is looking at its children, has not come to this one."""
    looked = parent.reconciling
    if looked is None:
        return True
    gone = len(looked.gone)
    if any(one is child for one in looked.gone[looked.at :]):
        return True
    return any(spec.name == child.name for spec in looked.wanted[max(0, looked.at - gone) :])


def _is_above(above: Supervisor, s: Supervisor) -> bool:
    one: Supervisor | None = s
    while one is not None and one.depth >= above.depth:
        if one is above:
            return True
        one = one.parent
    return False
