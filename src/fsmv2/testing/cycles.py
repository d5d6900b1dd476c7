"""Finds a circle in who waits for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def cycle_in(edges: Mapping[str, Sequence[str]]) -> list[str]:
    """One circle, its first name again at its end; empty when there is none."""
    done: set[str] = set()
    for start in edges:
        trail: list[str] = []
        todo = [(start, 0)]
        while todo:
            name, depth = todo.pop()
            del trail[depth:]
            if name in trail:
                return [*trail[trail.index(name) :], name]
            if name in done:
                continue
            trail.append(name)
            further = [n for n in edges.get(name, ()) if n in trail or n not in done]
            todo.extend((n, depth + 1) for n in further)
            if not further:
                done.add(name)
        done.update(trail)
    return []
