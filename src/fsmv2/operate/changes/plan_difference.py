"""What differs between a plan that was saved and what would be done by now. H93"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fsmv2.errors import RequestRefusedError
from fsmv2.operate.changes.change_plan import ChangePlan

NAMED = 10
"""Differences that are named."""


def refuse_unless_same(planned: ChangePlan, now: ChangePlan) -> None:
    """RequestRefusedError: something else would be done by now, and what."""
    if planned.actions_digest == now.actions_digest:
        return
    found = list(_differences(planned, now))
    more = [f"and {len(found) - NAMED} more"] if len(found) > NAMED else []
    raise RequestRefusedError(
        "cannot apply: something else would be done by now than what was planned: "
        f"{'; '.join([*found[:NAMED], *more])}. Nothing has changed.",
        fix="Plan again, and look at what differs.",
    )


def _differences(planned: ChangePlan, now: ChangePlan) -> Iterator[str]:
    """Each in a few words."""
    then = {one.path: one for one in planned.workers}
    new = {one.path: one for one in now.workers}
    for path, change in new.items():
        before = then.get(path)
        if before is None:
            yield f"{path}: {change.action}, which was not planned"
        elif before.action != change.action:
            yield f"{path}: {change.action}, where {before.action} was planned"
        elif (before.config, before.problems) != (change.config, change.problems):
            fields = {one.field for one in {*before.config} ^ {*change.config}}
            named = ", ".join(sorted(fields)[:3])
            yield f"{path}: {change.action}, with other values" + (f" of {named}" if named else "")
        elif before.overrides != change.overrides:
            yield f"{path}: {'; '.join(change.overrides) or 'no override is in force any more'}"
        elif (before.type, before.unknown) != (change.type, change.unknown):  # reasons name times
            yield f"{path}: {change.action}, otherwise than planned"
    for path, change in then.items():
        if path not in new:
            yield f"{path}: untouched, where {change.action} was planned"
    yield from _other("a variable", _variables(planned), _variables(now))
    yield from _other("a secret", planned.secrets, now.secrets)
    yield from _other("a topic", planned.topics_added, now.topics_added)
    yield from _other("a topic", planned.topics_removed, now.topics_removed)
    yield from _other("a setting", _settings(planned), _settings(now))


def _variables(plan: ChangePlan) -> list[str]:
    return [f"{one.path} {one.name}: {one.before} → {one.after}" for one in plan.variables]


def _settings(plan: ChangePlan) -> list[str]:
    return [f"{one.field}: {one.before} → {one.after}" for one in plan.settings]


def _other(what: str, before: Iterable[str], after: Iterable[str]) -> Iterator[str]:
    before, after = list(before), list(after)
    for one in after:
        if one not in before:
            yield f"{what} that was not in the plan: {one}"
    for one in before:
        if one not in after:
            yield f"{what} that was in the plan: {one}"
