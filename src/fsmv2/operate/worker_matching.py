"""Picks the rows of a tree that a filter asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from fsmv2.errors import SpecError, UnknownFilterError, UnknownPathError
from fsmv2.name_suggestions import suggest
from fsmv2.operate.worker_filter import WorkerFilter
from fsmv2.operate.worker_row import WorkerRow
from fsmv2.path_pattern import is_pattern, path_pattern
from fsmv2.worker import Phase, WorkerFactory


def matching_rows(
    which: WorkerFilter, rows: Sequence[WorkerRow], factory: WorkerFactory
) -> list[WorkerRow]:
    """Those that are meant, in the same order.

    UnknownPathError: no worker is at this path, or matches this pattern. UnknownFilterError: there
    is no such type, state or phase, so it is a mistake and not an answer that no worker is in it.
    """
    check_names(which, rows, factory)
    matches = matcher(which)
    found = [row for row in rows if matches(row)]
    if which.path and not found:
        there = matcher(WorkerFilter(path=which.path))
        if not any(map(there, rows)):
            raise _nobody_at(which.path, rows)
    return found


def matcher(which: WorkerFilter) -> Callable[[WorkerRow], bool]:
    """Whether a row is meant, by names that were checked. UnknownPathError: it is no pattern."""
    states, phases, types = map(_names, (which.state, which.phase, which.type))
    at = _place(which.path)

    def matches(row: WorkerRow) -> bool:
        return (
            (at is None or at(row.path))
            and (not states or row.state in states)
            and (not phases or row.phase in phases)
            and (not types or row.type in types)
            and (not which.trouble or row.trouble is not None)
        )

    return matches


def check_names(which: WorkerFilter, rows: Sequence[WorkerRow], factory: WorkerFactory) -> None:
    """UnknownFilterError: there is no such type, state or phase."""
    _check("state", which.state, lambda: _states(rows, factory))
    _check("phase", which.phase, lambda: [phase.value for phase in Phase])
    _check("type", which.type, lambda: {*factory.names, *(row.type for row in rows)})


def _place(path: str) -> Callable[[str], bool] | None:
    """Whether a path is meant: it and all below, or what matches and all below; None: any."""
    if not path:
        return None
    above = f"{path}/"
    if not is_pattern(path):
        return lambda at: at == path or at.startswith(above)
    try:
        rule = re.compile(f"(?:{path_pattern(path).pattern})(?:/.*)?", re.DOTALL)
    except SpecError as error:
        raise UnknownPathError(error.message.rstrip("."), fix=error.fix) from None
    # One that is there and looks like a pattern is meant as well.
    return lambda at: bool(rule.fullmatch(at)) or at == path or at.startswith(above)


def _nobody_at(path: str, rows: Sequence[WorkerRow]) -> UnknownPathError:
    text = f"there is no worker '{path}' in this tree"
    if is_pattern(path):
        text = f"no path of this tree matches '{path}'"
    return UnknownPathError(text, fix=suggest(path, [row.path for row in rows]))


def _names(text: str) -> set[str]:
    return {name.strip() for name in text.split(",")} - {""}


def _states(rows: Iterable[WorkerRow], factory: WorkerFactory) -> set[str]:
    found = {row.state for row in rows}
    for name in factory.names:
        found.update(factory.find(name).definition.states)
    return found


def _check(what: str, wanted: str, known: Callable[[], Iterable[str]]) -> None:
    names = _names(wanted)
    if not names:
        return
    there = sorted(known())
    for name in sorted(names):
        if name not in there:
            message = f"there is no {what} '{name}'."
            if what == "state":
                message = f"no type of worker has a state '{name}'."
            raise UnknownFilterError(message, fix=suggest(name, there))
