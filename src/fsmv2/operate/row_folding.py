"""Fits the rows of a tree into the space there is, and loses nothing a person has to see.

What is well gives way first: it is counted, by type, at the row above it. Which levels get rows of
their own is decided for a whole level at once, so that of thirty bridges that are alike not four
are spread out. What is in the same trouble with the same words is one row and a number.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Mapping, Sequence

import msgspec

from fsmv2.operate.worker_row import WorkerRow

NAMED = 3
"""Paths that are named of those in the same trouble."""

SHARE = 0.6
"""Of the space, what trouble may take before those alike are put together."""

WIDE = 140
"""Columns from which on a reason stands in the line of its worker."""

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class Folded(msgspec.Struct, frozen=True, kw_only=True):
    """Workers below a row that have none of their own: how many of each type.

    `affected`: of them, those that are not well because of others, which are in trouble.
    """

    types: dict[str, int]
    affected: int = 0


class Alike(msgspec.Struct, frozen=True, kw_only=True):
    """Others in the same trouble as a row, with the same words. `paths`: the first of them."""

    total: int
    paths: tuple[str, ...]


class FoldedRows(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that fit. `rows`: those in trouble by themselves, worst first; then the tree.

    `alike` and `folded`: by the path of a row, what else it stands for. `more`: how many are
    neither shown nor counted there, `more_trouble` of them in trouble.
    """

    rows: tuple[WorkerRow, ...]
    alike: dict[str, Alike]
    folded: dict[str, Folded]
    more: int = 0
    more_trouble: int = 0


def is_cause(row: WorkerRow) -> bool:
    """Whether it is in trouble by itself, and not for one below it."""
    return row.trouble is not None and not row.below


class Space(msgspec.Struct, frozen=True):
    """The space there is: `lines`, and how many `columns` each has; 0: as many as it takes."""

    lines: int = 0
    columns: int = 0

    def taken_by(self, cause: WorkerRow) -> int:
        """Lines of one in trouble, whose reason is not cut but wrapped."""
        if not self.columns or self.columns >= WIDE:
            return 1
        return 1 + math.ceil(len(cause.reason) / max(20, self.columns - 4))


ENDLESS = Space()


def fold(rows: Sequence[WorkerRow], space: Space = ENDLESS, *, tree: bool = True) -> FoldedRows:
    """Fit rows, parents before children, into the space there is.

    `tree`: below those in trouble, show the others; else only them.
    """
    causes = [row for row in rows if is_cause(row)]
    others = [row for row in rows if not is_cause(row)] if tree else []
    if not space.lines:
        causes.sort(key=lambda row: row.rank)
        return FoldedRows(rows=(*causes, *others), alike={}, folded={})
    most = int(space.lines * SHARE) if others else space.lines
    found = fold_trouble(causes, space, most)
    shown = levels_shown(others, max(1, found.left))
    folded, unseen = folded_below(others, shown)
    return FoldedRows(
        rows=(*found.rows, *(row for row in others if row.path in shown)),
        alike=found.alike,
        folded=folded,
        more=unseen + found.more,
        more_trouble=found.more,
    )


class FoldedTrouble(msgspec.Struct, frozen=True, kw_only=True):
    """Those in trouble by themselves, worst first. `alike`: by the path of a row, the others it
    stands for; `more`: how many are neither; `left`: lines that are left.
    """

    rows: tuple[WorkerRow, ...]
    alike: dict[str, Alike]
    more: int
    left: int


def fold_trouble(causes: Sequence[WorkerRow], space: Space, most: int) -> FoldedTrouble:
    """Fit those in trouble into the space; put together who is alike if they take over `most`."""
    # Sorting keeps the order of the tree within each kind: lines do not jump from look to look.
    causes = every = sorted(causes, key=lambda row: row.rank)
    alike: dict[str, Alike] = {}
    for words in (_words, _words_without_numbers):
        if sum(map(space.taken_by, causes)) > most:
            causes, alike = _put_together(every, words)
    left = space.lines
    kept: list[WorkerRow] = []
    for row in causes:
        left -= space.taken_by(row) + (row.path in alike)
        if left < 0 and kept:
            break
        kept.append(row)
    more = 0
    for row in causes[len(kept) :]:
        found = alike.pop(row.path, None)
        more += 1 + (0 if found is None else found.total)
    return FoldedTrouble(rows=tuple(kept), alike=alike, more=more, left=left)


def _put_together(
    causes: Sequence[WorkerRow], words: Callable[[WorkerRow], str]
) -> tuple[list[WorkerRow], dict[str, Alike]]:
    """The first of each that are alike, and what each stands for."""
    groups: dict[tuple[object, ...], list[WorkerRow]] = {}
    for row in causes:
        groups.setdefault((row.trouble, row.type, row.state, words(row)), []).append(row)
    alike = {
        first.path: Alike(total=len(rest), paths=tuple(row.path for row in rest[:NAMED]))
        for first, *rest in groups.values()
        if rest
    }
    return [group[0] for group in groups.values()], alike


def _words(row: WorkerRow) -> str:
    """Its reason without its own name, which is another one in the reason of each."""
    text = row.reason.replace(row.path, "…")
    above, _, name = row.path.rpartition("/")
    parent = above.rpartition("/")[2]
    for own in (name, parent):
        if len(own) > 1:
            text = text.replace(own, "…")
    return text


def _words_without_numbers(row: WorkerRow) -> str:
    """The same without attempts, addresses and ports: for when there are far too many."""
    return _NUMBER.sub("#", _words(row))


def levels_shown(
    rows: Sequence[WorkerRow], room: int, *, scrolled_below: float = 0.0
) -> dict[str, WorkerRow]:
    """Those that are shown, by path, in the same order, parents before children.

    A level is all workers of one type whose parents are of one level. `scrolled_below`: if less
    than this part of the room were used, one more level is shown, for whoever can scroll.
    """
    level_of: dict[str, tuple[str, ...]] = {}
    sizes: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        above = nearest(row.path, level_of)
        level = level_of[row.path] = (*(level_of[above] if above else ()), row.type)
        sizes[level] += 1
    chosen: set[tuple[str, ...]] = set()
    left = room
    for level, size in sorted(sizes.items(), key=lambda found: (len(found[0]), found[1])):
        fits = size <= left or room - left < room * scrolled_below
        if fits and (len(level) == 1 or level[:-1] in chosen):
            chosen.add(level)
            left -= size
    shown = {row.path: row for row in rows if level_of[row.path] in chosen}
    for row in rows if left > 0 else ():  # at the top there is nothing that could stand for them
        if left and len(level_of[row.path]) == 1 and row.path not in shown:
            shown[row.path] = row
            left -= 1
    return shown


def folded_below(
    rows: Sequence[WorkerRow], shown: Mapping[str, object]
) -> tuple[dict[str, Folded], int]:
    """What is folded below each that is shown, and how many are below none."""
    unseen = 0
    types: defaultdict[str, Counter[str]] = defaultdict(Counter)
    affected: Counter[str] = Counter()
    for row in rows:
        if row.path in shown:
            continue
        above = nearest(row.path, shown)
        if above:
            types[above][row.type] += 1
            affected[above] += row.trouble is not None
        else:
            unseen += 1
    return {
        path: Folded(types=dict(found.most_common()), affected=affected[path])
        for path, found in types.items()
    }, unseen


def nearest(path: str, known: Container[str]) -> str:
    """The nearest path above it that is known; empty: none is."""
    above = path.rpartition("/")[0]
    while above and above not in known:
        above = above.rpartition("/")[0]
    return above
