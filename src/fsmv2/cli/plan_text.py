"""A plan as lines for people: equal changes together, the longest lists cut, in 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from fsmv2.cli.console import Part, count, styled
from fsmv2.operate.changes.change_plan import Action, ChangePlan, FieldChange, WorkerChange
from fsmv2.operate.time_text import local_times

WIDTH = 80
GROUPS, PATHS, FIELDS, LISTED = 30, 4, 8, 10
"""How many are shown of groups of equal changes, paths of one, its fields, and lines of a list."""

MARKS: dict[Action, tuple[str, str, str]] = {
    "remove": ("-", "red", "removed"),
    "recreate": ("±", "magenta", "restarted"),
    "interrupt": ("±", "magenta", "stopped meanwhile"),
    "stop": ("-", "red", "stopped"),
    "add": ("+", "green", "added"),
    "start": ("+", "green", "started"),
    "reconfigure": ("~", "yellow", "reconfigured while it runs"),
    "derive": (" ", "", "stays as it is"),
}
"""What disturbs most comes first."""

WITH_BELOW: frozenset[Action] = frozenset({"add", "remove", "recreate", "stop", "start"})
"""Done to a worker and to all below it, these are shown once, at the top worker."""

Line = tuple[Part, ...]


def plan_lines(plan: ChangePlan) -> Iterator[Line]:
    """All lines of a plan, without its warnings; the disruption comes last."""
    yield from _workers(plan)
    yield from _listed("taken over in order", _waits(plan))
    yield from _variables(plan)
    yield from _listed("topics that appear", [f"+ {topic}" for topic in plan.topics_added])
    yield from _listed("topics that vanish", [f"- {topic}" for topic in plan.topics_removed])
    yield from _listed("secrets", plan.secrets)
    yield from _settings("settings, taken over at once", plan.settings)
    if plan.needs_restart:
        yield (styled("needs a restart of fsmv2:", fg="red"),)
        for key in plan.needs_restart:
            yield from _pair(FieldChange(field=key.key, before=key.before, after=key.after))
            yield from _wrapped(key.why, 6)
    texts = [f"{one.path}: {local_times(one.text)}" for one in plan.overrides]
    yield from _listed("in force beside the document", texts)
    if not plan.changes:
        same = "the document is the text that runs" if plan.same_text else "only its text differs"
        yield from _wrapped(f"{same}: nothing would be done", 0)
    if plan.refused:
        for line in textwrap.wrap(f"apply would refuse this: {plan.refused}", WIDTH):
            yield (styled(line, fg="red"),)
    for line in textwrap.wrap(plan.summary, WIDTH):
        yield (styled(line, bold=True),)


def _workers(plan: ChangePlan) -> Iterator[Line]:
    done = {one.path: one.action for one in plan.workers}
    below: dict[str, int] = {}
    groups: dict[object, list[WorkerChange]] = {}
    for one in plan.workers:
        if one.action == "derive" and not one.problems:
            continue
        top = _uppermost(one.path, done)
        if top != one.path:
            below[top] = below.get(top, 0) + 1
        else:
            groups.setdefault(_alike(one), []).append(one)
    order = list(MARKS)
    shown = sorted(groups.values(), key=lambda group: order.index(group[0].action))[:GROUPS]
    for group in shown:
        yield from _group(group, below)
    left = sum(map(len, groups.values())) - sum(map(len, shown))
    if left:
        yield (f"  … and {left} more; --json has all of them",)


def _uppermost(path: str, done: dict[str, Action]) -> str:
    """The highest path to which, and to all between, the same is done."""
    action = done.get(path)
    while action in WITH_BELOW and done.get(above := path.rpartition("/")[0]) == action:
        path = above
    return path


def _waits(plan: ChangePlan) -> Iterator[str]:
    """Who waits for whom, and for what; of what is added or removed only the top is named."""
    done = {one.path: one.action for one in plan.workers}
    found: dict[str, dict[str, dict[str, None]]] = {}
    for one in plan.workers:
        waits = found.setdefault(_uppermost(one.path, done), {})
        for wait in one.waits_for:
            waits.setdefault(_uppermost(wait.path, done), {})[wait.claim] = None
    for path, waits in found.items():
        by_claims: dict[tuple[str, ...], list[str]] = {}
        for before, claims in waits.items():
            by_claims.setdefault(tuple(claims), []).append(before)
        for taken, holders in by_claims.items():
            have = "has" if len(holders) == 1 else "have"
            yield f"{path} waits until {_joined(holders)} {have} released {_joined(taken)}"


def _joined(texts: Sequence[str]) -> str:
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last


def _alike(one: WorkerChange) -> object:
    """What is equal for changes that are told together; a reason may name the path."""
    why = one.why.replace(one.path.rpartition("/")[0], "…") if "/" in one.path else one.why
    return one.action, one.type, why, one.config, one.problems, one.overrides, one.unknown


def _group(group: list[WorkerChange], below: dict[str, int]) -> Iterator[Line]:
    first = group[0]
    mark, colour, word = MARKS[first.action]
    also = sum(below.get(one.path, 0) for one in group)
    more = f", with {also} below" if also else ""
    if len(group) == 1:
        path = styled(f"{mark} {first.path}", fg=colour or None)
        yield _cut((path,), f"  {first.type} {word}{more}")
    else:
        what = f"{mark} {len(group)} × {first.type} {word}{more}"
        yield (styled(what, fg=colour or None),)
        for one in group[:PATHS]:
            yield _cut((), f"      {one.path}")
        if len(group) > PATHS:
            yield (f"      … and {len(group) - PATHS} more",)
    if first.why and first.action not in ("reconfigure", "derive"):
        yield from _wrapped(first.why, 4)
    for text in first.problems:
        yield from _wrapped(f"not well: {text}", 4)
    for change in first.config[:FIELDS]:
        yield from _pair(change)
    if len(first.config) > FIELDS:
        yield (f"    … and {len(first.config) - FIELDS} fields more",)
    for text in first.overrides:
        yield from _wrapped(f"stays in force: {local_times(text)}", 4)
    for text in first.unknown:
        yield from _wrapped(f"known after apply: {text}", 4)


def _variables(plan: ChangePlan) -> Iterator[Line]:
    if not plan.variables:
        return
    yield ("variables:",)
    for one in plan.variables[:LISTED]:
        touched = f"{count(len(one.workers), 'worker')}: {', '.join(one.workers[:PATHS])}"
        more = f" and {len(one.workers) - PATHS} more" if len(one.workers) > PATHS else ""
        place = f"{one.path} {one.name}"
        yield from _pair(FieldChange(field=place, before=one.before, after=one.after))
        whom = f"touches {touched}{more}" if one.workers else "touches no worker"
        yield from _wrapped(whom, 6)
    yield from _rest(len(plan.variables))


def _settings(title: str, changes: Iterable[FieldChange]) -> Iterator[Line]:
    found = list(changes)
    if found:
        yield (f"{title}:",)
    for change in found[:LISTED]:
        yield from _pair(change)
    yield from _rest(len(found))


def _listed(title: str, texts: Iterable[str]) -> Iterator[Line]:
    found = list(texts)
    if found:
        yield (f"{title}:",)
    for text in found[:LISTED]:
        yield from _wrapped(text, 4)
    yield from _rest(len(found))


def _rest(number: int) -> Iterator[Line]:
    if number > LISTED:
        yield (f"    … and {number - LISTED} more",)


def _pair(change: FieldChange) -> Iterator[Line]:
    """The value of before and that of after: on one line if they fit on it."""
    before = "(none)" if change.before is None else change.before
    after = "(none)" if change.after is None else change.after
    line = f"    {change.field}: {before} → {after}"
    if len(line) <= WIDTH and "\n" not in line:
        yield (line,)
        return
    yield (f"    {change.field}:",)
    yield _cut((), f"      - {before}", after)
    yield _cut((), f"      + {after}", before)


def _cut(parts: Line, text: str, other: str = "") -> Line:
    """A line that is not too long; of two that differ further on, from shortly before there."""
    room = WIDTH - sum(len(part if isinstance(part, str) else part.text) for part in parts)
    text = text.replace("\n", "⏎")
    if len(text) <= room or room < 20:
        return (*parts, text)
    begin, value = text[:8], text[8:]
    same = next((n for n, (a, b) in enumerate(zip(value, other, strict=False)) if a != b), 0)
    start = max(0, same - 20) if same > room // 2 else 0
    shown = f"{'…' if start else ''}{value[start:]}"
    return (*parts, begin + (shown if len(shown) <= room - 8 else f"{shown[: room - 9]}…"))


def _wrapped(text: str, indent: int) -> Iterator[Line]:
    wrapper = textwrap.TextWrapper(
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_on_hyphens=False,
        break_long_words=False,
    )
    for line in wrapper.wrap(text):
        yield (line,)
