"""Which rows a screen shows: those in trouble first, then the tree, folded to the space there is.

The tree has all workers, also those in trouble, so that nothing moves while one looks at it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import msgspec

from fsmv2.cli.column_width import columns
from fsmv2.cli.status_text import TroubleColumns
from fsmv2.cli.tree_guides import Guide, guides
from fsmv2.escaping import printable_line
from fsmv2.operate.row_folding import (
    Alike,
    Folded,
    Space,
    fold_trouble,
    folded_below,
    is_cause,
    levels_shown,
    nearest,
)
from fsmv2.operate.worker_row import WorkerRow

TROUBLE_SHARE = 0.4
"""Of the space, what those in trouble may take before those alike are put together."""

HALF = 0.5
"""Of the space, what the tree takes at least while anything of it is folded."""


class ScreenEntry(NamedTuple):
    """A row that can be selected. `guide`: what leads to it in the tree; None: it is listed above
    the tree, for its trouble.
    """

    row: WorkerRow
    guide: Guide | None = None
    folded: Folded | None = None
    alike: Alike | None = None

    @property
    def key(self) -> str:
        """What it is selected by; a path may be both in trouble and in the tree."""
        return self.row.path if self.guide is not None else f"!{self.row.path}"


class TreeColumns(NamedTuple):
    """How wide the columns of the tree are."""

    name: int = 0
    type: int = 0
    state: int = 0


class Body(NamedTuple):
    """The entries, those in trouble first; and how many workers there are in each phase and in
    each kind of trouble. `more_trouble`: how many in trouble are not listed there.
    """

    entries: Sequence[ScreenEntry]
    phases: Mapping[str, int]
    trouble: Mapping[str, int]
    more_trouble: int
    trouble_columns: TroubleColumns | None
    tree_columns: TreeColumns
    outline: Outline | None = None

    def find(self, key: str) -> int | None:
        """Where the entry with this key is, or else that of the same worker, or else above it."""
        path = key.removeprefix("!")
        found: int | None = None
        while path and found is None:
            for number, entry in enumerate(self.entries):
                if entry.key == key:
                    return number
                if entry.row.path == path:
                    found = number
            path = key = path.rpartition("/")[0]
        return found


EMPTY_BODY = Body((), {}, {}, 0, None, TreeColumns())


class Asked(NamedTuple):
    """What a person has asked for: see `ScreenState`."""

    opened: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    text: str = ""
    trouble: bool = False


class Outline(NamedTuple):
    """What of a body depends only on who is there, and not on how they are: kept from frame to
    frame, since of ten thousand workers it is most of the work.

    `members`: path and type of each, as they came; `order`: their paths in the order of the tree;
    `shown`: of these, those with a row; `folded`: what is folded below each of them.
    """

    members: Sequence[tuple[str, str]]
    asked: Asked
    room: int
    order: Sequence[str]
    shown: Sequence[str]
    guides: Sequence[Guide]
    folded: Mapping[str, Folded]


def body_of(
    by_path: Mapping[str, WorkerRow],
    asked: Asked,
    room: int,
    width: int,
    before: Outline | None = None,
) -> Body:
    """The entries for so many lines of this width. `before`: the outline of an earlier body."""
    members = [(path, row.type) for path, row in by_path.items()]
    if before is not None and before.members == members:
        rows = [by_path[path] for path in before.order]
    else:
        rows, before = in_tree_order(by_path), None
    causes = [row for row in rows if is_cause(row)]
    found = fold_trouble(causes, Space(room, width), int(room * TROUBLE_SHARE))
    entries = [ScreenEntry(row, alike=found.alike.get(row.path)) for row in found.rows]
    more, left = found.more, max(1, found.left)
    in_tree = rows
    if asked.text or asked.trouble:  # which depends on how they are
        in_tree = [row for row in rows if _matches(row, asked)]
        entries, more = [], 0
        outline = _outline(in_tree, asked, max(1, len(in_tree)), ())
    elif before is not None and (before.asked, before.room) == (asked, left):
        outline = before
    else:
        outline = _outline(rows, asked, left, members)
    folded = dict(outline.folded)
    for path, number in _affected(in_tree, outline).items():
        folded[path] = msgspec.structs.replace(folded[path], affected=number)
    shown = [by_path[path] for path in outline.shown]
    entries += [
        ScreenEntry(row, guide, folded.get(row.path))
        for row, guide in zip(shown, outline.guides, strict=True)
    ]
    listed = [entry.row for entry in entries if entry.guide is None]
    return Body(
        entries=entries,
        phases=dict(Counter(row.phase for row in rows).most_common()),
        trouble=Counter[str](row.trouble for row in causes if row.trouble),
        more_trouble=more,
        trouble_columns=TroubleColumns.of(listed) if listed else None,
        tree_columns=TreeColumns(
            max((len(guide.lead) + columns(guide.name) for guide in outline.guides), default=0),
            max((columns(row.type) for row in shown), default=0),
            max((columns(row.state) for row in shown), default=0),
        ),
        outline=outline,
    )


def _outline(
    rows: Sequence[WorkerRow], asked: Asked, room: int, members: Sequence[tuple[str, str]]
) -> Outline:
    shown = _shown(rows, asked, room)
    folded = folded_below(rows, shown)[0] if len(shown) < len(rows) else {}
    return Outline(
        members=members,
        asked=asked,
        room=room,
        order=[row.path for row in rows],
        shown=list(shown),
        guides=[Guide(g.lead, printable_line(g.name)) for g in guides(list(shown))],
        folded={path: Folded(types=found.types) for path, found in folded.items()},
    )


def _affected(rows: Sequence[WorkerRow], outline: Outline) -> Counter[str]:
    """By the path of a row, how many in trouble are folded below it."""
    found: Counter[str] = Counter()
    if not outline.folded:
        return found
    shown = set(outline.shown)
    for row in rows:
        if row.trouble is not None and row.path not in shown:
            above = nearest(row.path, shown)
            found[above] += above in outline.folded
    return +found


def in_tree_order(by_path: Mapping[str, WorkerRow]) -> list[WorkerRow]:
    """Parents before children, and these next to each other, however they came."""
    children: defaultdict[str, list[WorkerRow]] = defaultdict(list)
    for path, row in by_path.items():
        children[nearest(path, by_path)].append(row)
    found: list[WorkerRow] = []
    todo = children[""][::-1]
    while todo:
        row = todo.pop()
        found.append(row)
        if row.path in children:
            todo.extend(reversed(children[row.path]))
    return found


def _shown(rows: Sequence[WorkerRow], asked: Asked, room: int) -> dict[str, WorkerRow]:
    """What is shown by itself, without what was closed, and with what was opened."""
    fitting: Collection[str] = levels_shown(rows, room, scrolled_below=HALF)
    if not asked.opened and not asked.closed and isinstance(fitting, dict):
        return fitting
    every = {row.path for row in rows}
    shown: dict[str, WorkerRow] = {}
    for row in rows:
        above = nearest(row.path, every)
        if above and (above not in shown or above in asked.closed):
            continue
        if not above or row.path in fitting or above in asked.opened:
            shown[row.path] = row
    return shown


def _matches(row: WorkerRow, asked: Asked) -> bool:
    """Whether all words of the filter stand somewhere in it."""
    if asked.trouble and row.trouble is None:
        return False
    text = f"{row.path} {row.type} {row.state} {row.reason}".casefold()
    return all(word in text for word in asked.text.casefold().split())
