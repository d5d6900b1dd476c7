"""Problems of bridges and processes that are one mistake: in the template that many are made of.

A template with a mistake is wrong once for each bridge that is made from it, at one place and with
one fix. Reported once, with the names of those that wait for it.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fsmv2.diagnostic import Diagnostic, Mark, Related

_PLURAL = {"bridge": "bridges", "process": "processes"}
_ALL = 3
"""Bridges of a template that are all wrong, as no coincidence."""
_NAMED = 3
"""Bridges that a message names; the rest is counted."""


class _Same(msgspec.Struct, frozen=True):
    """What problems have in common that are one."""

    code: str
    mark: Mark | None
    path: str
    message: str
    warning: bool


class SharedProblems:
    """Collects what is wrong with one after the other, and puts together what is the same."""

    def __init__(self, fixes: Mapping[str, str]) -> None:
        """`fixes`: from the fix for one of them to that for several."""
        self._found: dict[_Same, list[tuple[str, str, Diagnostic]]] = {}
        self._fixes: Mapping[str, str] = fixes
        self._made: dict[str, set[str]] = {}

    def add(self, kind: str, name: str, problem: Diagnostic) -> None:
        """`problem` without the words whose it is: those are `kind` and `name`."""
        same = _Same(problem.code, problem.mark, problem.path, problem.message, problem.warning)
        self._found.setdefault(same, []).append((kind, name, problem))

    def made(self, name: str, template: str | None) -> None:
        """A bridge has been looked at, which is made from this template."""
        if template is not None:
            self._made.setdefault(template, set()).add(name)

    def merged(self) -> list[Diagnostic]:
        """One for each mistake, which says whom it keeps waiting.

        A template that makes another wrong value for each bridge is one mistake, too: the first
        stands for all.
        """
        places: dict[tuple[str, Mark | None, str], list[_Same]] = {}
        shown = self._of_templates()
        for same in self._found:
            places.setdefault((same.code, same.mark, same.path), []).append(same)
        for alike in places.values():
            owners = [(k, name) for same in alike for k, name, _ in self._found[same]]
            if len(alike) == 1 or alike[0].mark is None or len(set(owners)) < len(owners):
                shown += [self._merged(self._found[same]) for same in alike]
            else:
                shown.append(self._first_of(alike, len(owners)))
        return shown

    def _of_templates(self) -> list[Diagnostic]:
        """What is wrong with a variable of every bridge of a template: that names another one.

        `unit: "{{ .PORT }}"` is one mistake, and not fifty.
        """
        used: dict[tuple[str, Mark], list[_Same]] = {}
        for same, found in self._found.items():
            related = found[0][2].related
            if related and same.mark is not None:
                used.setdefault((same.code, related[0].mark), []).append(same)
        shown = []
        for (_, place), alike in used.items():
            found = [one for same in alike for one in self._found[same]]
            owners = {name for _, name, _ in found}
            if len(owners) < _ALL or owners not in self._made.values():
                continue
            first = found[0][2]
            use = first.related[0]
            at = Related(
                message="one of the values",
                mark=first.mark or place,
                source=first.source,
                length=first.length,
            )
            shown.append(
                msgspec.structs.replace(
                    first,
                    message=f"{_listed([(kind, name) for kind, name, _ in found])}: "
                    f"{first.message}",
                    mark=place,
                    source=use.source,
                    length=use.length,
                    related=(at,),
                    fix="Name another variable in the template, or correct the value of each: "
                    f"{first.fix[:1].lower()}{first.fix[1:]}",
                )
            )
            for same in alike:
                del self._found[same]
        return shown

    def _first_of(self, alike: list[_Same], owners: int) -> Diagnostic:
        found = self._found[alike[0]]
        kind = found[0][0]
        first = self._merged(found[:1])
        more = f"1 more {kind}" if owners == 2 else f"{owners - 1} more {_PLURAL[kind]}"
        message = f"{first.message.removesuffix('.')} (and so for {more})."
        return msgspec.structs.replace(first, message=message)

    def _merged(self, found: list[tuple[str, str, Diagnostic]]) -> Diagnostic:
        first = found[0][2]
        fix = first.fix
        if any(problem.fix != fix for _, _, problem in found):
            fix = self._fixes.get(fix, fix)
        owners = list(dict.fromkeys((kind, name) for kind, name, _ in found))
        message = f"{_listed(owners)}: {first.message}"
        return msgspec.structs.replace(first, message=message, fix=fix)


def _listed(owners: list[tuple[str, str]]) -> str:
    """`bridge 'a'`, `bridges 'a' and 'b'`, `bridges 'a', 'b' and 4 more`."""
    names = [f"'{name}'" for _, name in owners]
    kinds = {kind for kind, _ in owners}
    if len(kinds) > 1:
        names, kind = [f"{kind} {name}" for (kind, _), name in zip(owners, names, strict=True)], ""
    else:
        kind = f"{kinds.pop()} " if len(names) == 1 else f"{_PLURAL[kinds.pop()]} "
    if len(names) > _NAMED:
        names = [*names[: _NAMED - 1], f"{len(names) - _NAMED + 1} more"]
    return kind + " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
