"""What would be done to each worker: two outlooks on one tree, compared by path."""

from __future__ import annotations

from collections.abc import Iterator

from fsmv2.core import Supervisor
from fsmv2.core.policy.control import undecided
from fsmv2.core.state.conditions import OF_THE_WORKER
from fsmv2.core.state.parts import DecidedBy
from fsmv2.operate.changes.change_plan import Action, FieldChange, Predecessor, WorkerChange
from fsmv2.operate.changes.field_changes import field_changes
from fsmv2.runtime.foresight import ForeseenWorker, Foresight

NOT_COMPARED = frozenset({"name", "worker_type", "user_spec"})
"""Fields of a declaration that have a line of their own, or are the same."""

OF_THE_DERIVE = ("hold_reason", "groups", "auto_stop", "escalation")
"""Fields of a desired state that hold for the worker itself, beside its config and state."""


def worker_changes(now: Foresight, then: Foresight) -> list[WorkerChange]:
    """Everybody to whom something would be done, parents first.

    `now`: what becomes of the tree anyway; `then`: with the change.
    """
    found = [
        change
        for path, one in then.workers.items()
        if (change := _change(now.workers.get(path), one)) is not None
    ]
    found += [
        WorkerChange(
            path=path,
            type=one.supervisor.type_name,
            action="remove",
            why=then.gone.get(path, "no longer declared"),
            overrides=_overrides(one.supervisor),
        )
        for path, one in now.workers.items()
        if path not in then.workers
    ]
    return sorted(found, key=lambda change: change.path.split("/"))


def _change(now: ForeseenWorker | None, then: ForeseenWorker) -> WorkerChange | None:
    s = then.supervisor
    if now is None:
        declared_by = f"declared by {s.parent.path}" if s.parent is not None else "declared"
        return _made(then, "add", declared_by, problems=_new_problems(None, s))
    if then.kept and not then.derived and _declared_the_same(now.supervisor, s, then):
        return None
    old = now.supervisor
    fields, problems = tuple(_fields(old, s)), _new_problems(old, s)
    if (not then.kept and now.kept) or (then.due and not now.due):
        return _made(then, "recreate", then.why, fields, problems)
    if not then.kept:  # it is restarted anyway, and would begin as something else
        return _made(then, "recreate", then.why, fields, problems) if fields or problems else None
    if old.definition.name != s.definition.name:
        return _made(then, "add", "it could not be created before", fields, problems)
    switched = _switched(old, s)
    if switched is not None:
        return _made(then, switched, s.decision.reason, fields, problems)
    if fields:
        return _made(then, "reconfigure", "; ".join(then.causes), fields, problems)
    if (then.derived and not now.derived) or problems:
        return _made(then, "derive", "; ".join(then.causes), problems=problems)
    return None


def _declared_the_same(old: Supervisor, s: Supervisor, then: ForeseenWorker) -> bool:
    """A quick look, which finds nearly everybody in a large tree the same."""
    return (
        not then.due
        and old.control == s.control
        and old.definition.name == s.definition.name
        and not then.causes
        and not _problems(s)
    )


def _made(
    then: ForeseenWorker,
    action: Action,
    why: str,
    fields: tuple[FieldChange, ...] = (),
    problems: tuple[str, ...] = (),
) -> WorkerChange:
    s = then.supervisor
    return WorkerChange(
        path=s.path,
        type=s.type_name,
        action=action,
        why=why,
        config=fields,
        problems=problems,
        overrides=_overrides(s),
        unknown=tuple(_unknown(then, action)),
        waits_for=tuple(
            Predecessor(path=one.path, claim=one.claim, why=one.why, paused=one.paused)
            for one in then.waits_for
        ),
    )


def _overrides(s: Supervisor) -> tuple[str, ...]:
    """What operators asked for that holds for it, its own and what is above."""
    texts: list[str] = []
    above: Supervisor | None = s if s.tree.overrides else None
    while above is not None:
        if above.overrides is not None:
            at = "" if above is s else f" (at {above.path})"
            texts += [f"{text}{at}" for text in above.overrides.texts()]
        above = above.parent
    return tuple(texts)


def _switched(old: Supervisor, s: Supervisor) -> Action | None:
    """Whether it is asked to stop, to start, or to wait meanwhile."""
    stop = s.definition.stop_state
    if (old.control == stop) is (s.control == stop):
        return None
    if s.control != stop:
        return "start"
    return "interrupt" if s.decision.by is DecidedBy.REQUIREMENT and _is_there(s) else "stop"


def _is_there(s: Supervisor) -> bool:
    """Whether all that `s` requires is there, and is to run."""
    beside = {} if s.parent is None else s.parent.children
    required = [beside.get(name) for name in s.declared.requires]
    return all(one is not None and one.control != one.definition.stop_state for one in required)


def _fields(old: Supervisor, s: Supervisor) -> Iterator[FieldChange]:
    """What differs in its config, else in its spec; then in how it is declared."""
    before = old.desired.config if old.desired is not None else None
    after = s.desired.config if s.desired is not None else None
    config = field_changes(before, after)
    yield from config
    # What a parent is given for its children is shown at the children.
    if not config and not _hands_on(old) and not _hands_on(s):
        yield from _of_the_spec(old, s)
    for field in s.declared.__struct_fields__:
        if field not in NOT_COMPARED:
            yield from field_changes(
                getattr(old.declared, field), getattr(s.declared, field), field
            )
    if old.desired is not None and s.desired is not None:
        for field in OF_THE_DERIVE:
            yield from field_changes(getattr(old.desired, field), getattr(s.desired, field), field)
        if old.desired.state != s.desired.state and _switched(old, s) is None:
            yield from field_changes(old.desired.state, s.desired.state, "state")


def _of_the_spec(old: Supervisor, s: Supervisor) -> Iterator[FieldChange]:
    before, after = old.declared.user_spec, s.declared.user_spec
    if before == after:
        return
    names = dict.fromkeys((*before.__struct_fields__, *after.__struct_fields__))
    names.pop("variables")
    for name in names:
        yield from field_changes(getattr(before, name, None), getattr(after, name, None), name)
    yield from field_changes(before.variables.user, after.variables.user, "variables")


def _hands_on(s: Supervisor) -> bool:
    """Whether its spec is there to say what its children are."""
    desired = s.desired
    return desired is not None and desired.config is None and bool(desired.children_specs)


def _problems(s: Supervisor) -> dict[str, str]:
    conditions = (s.conditions or {}).values()
    return {one.type: one.reason for one in conditions if one.type in OF_THE_WORKER}


def _new_problems(old: Supervisor | None, s: Supervisor) -> tuple[str, ...]:
    """What is wrong with it then, and is not now."""
    known = {} if old is None else _problems(old)
    return tuple(text for type_, text in _problems(s).items() if known.get(type_) != text)


def _unknown(then: ForeseenWorker, action: Action) -> Iterator[str]:
    """What only an observation can tell."""
    s = then.supervisor
    if then.due:
        yield "when: it waits until it is no longer paused, and then what is below it as well"
    if paused := dict.fromkeys(one.path for one in then.waits_for if one.paused):
        yield f"when: what it takes over stays with {', '.join(paused)} as long as that is paused"
    if action == "start" and (required := undecided(s)):
        yield f"when: it {required}"
    if s.definition.derive_from == "nothing":
        return
    if not then.kept or action == "add":
        yield "its config and children, which it derives from what is observed"
    elif action in ("reconfigure", "derive") and s.definition.derive_from == "own":
        yield "its config and children, once what it derives from is observed again"


def untouched(then: Foresight, changes: list[WorkerChange]) -> int:
    """How many are there afterwards to whom nothing was done."""
    return len(then.workers.keys() - {change.path for change in changes})
