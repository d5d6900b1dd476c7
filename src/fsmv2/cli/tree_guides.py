"""The lines that draw a tree: in front of each row what leads to it, and its name from there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Guide(NamedTuple):
    """What stands in front of a name; and the name, which is a path where no parent is shown."""

    lead: str
    name: str


def guides(paths: Sequence[str]) -> list[Guide]:
    """One for each path, parents before children; its parent is the nearest above that is shown."""
    shown = set(paths)
    parents = [_parent(path, shown) for path in paths]
    last_child = {parent: path for path, parent in zip(paths, parents, strict=True)}
    bars: dict[str, str] = {}  # by path, what stands in front of its children
    found: list[Guide] = []
    for path, parent in zip(paths, parents, strict=True):
        if not parent:
            bars[path] = ""
            found.append(Guide("", path))
            continue
        last = last_child[parent] == path
        bars[path] = bars[parent] + ("   " if last else "│  ")
        found.append(Guide(bars[parent] + ("└─ " if last else "├─ "), path[len(parent) + 1 :]))
    return found


def _parent(path: str, shown: set[str]) -> str:
    above = path.rpartition("/")[0]
    while above and above not in shown:
        above = above.rpartition("/")[0]
    return above
