"""In which order siblings start, and the same backwards how they stop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fsmv2.errors import SpecError
from fsmv2.model.child import ChildSpec
from fsmv2.model.group import Group
from fsmv2.name_suggestions import suggest


def siblings_before(spec: ChildSpec, groups: Iterable[Group]) -> tuple[str, ...]:
    """The names of the siblings that `spec` starts after, each once: declared, or by a group."""
    found = (*spec.requires, *spec.after)
    for group in groups:
        found += group.before(spec.name)
    return tuple(dict.fromkeys(found))


def check_order(specs: Sequence[ChildSpec], groups: Iterable[Group]) -> None:
    """Raise SpecError for a sibling that there is not, or an order that goes round in a circle."""
    groups = tuple(groups)
    names = [spec.name for spec in specs]
    known = set(names)
    edges: dict[str, tuple[str, ...]] = {}
    for spec in specs:
        edges[spec.name] = siblings_before(spec, groups)
        for name in edges[spec.name]:
            if name not in known:
                word = "requires" if name in spec.requires else "starts after"
                raise SpecError(
                    f"The child '{spec.name}' {word} '{name}', which is not its sibling.",
                    path=spec.name,
                    fix=suggest(name, [n for n in names if n != spec.name]),
                )
    circle = _circle(edges)
    if circle:
        raise SpecError(
            f"The order of the children is circular: {' → '.join(circle)}; none of them "
            "could start first.",
            fix="Remove one `after` or `requires`.",
        )


def _circle(edges: Mapping[str, tuple[str, ...]]) -> list[str]:
    """One way round, beginning and ending with the same name; [] if there is none."""
    done: set[str] = set()
    for start in edges:
        trail: list[str] = []
        on_trail: set[str] = set()
        # By hand, not by recursion: a chain of siblings may be longer than the stack is deep.
        todo: list[tuple[str, bool]] = [(start, False)]
        while todo:
            name, leaving = todo.pop()
            if leaving:
                trail.pop()
                on_trail.discard(name)
                done.add(name)
            elif name in on_trail:
                return [*trail[trail.index(name) :], name]
            elif name not in done:
                trail.append(name)
                on_trail.add(name)
                todo.append((name, True))
                todo.extend((before, False) for before in reversed(edges[name]))
    return []
