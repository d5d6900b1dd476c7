"""libyaml's events → a raw tree in which aliases are still shared, within limits.

Built from events and not by a loader, because a loader recurses, resolves by YAML 1.1, lets a later
key silently replace an earlier one, and expands aliases without a bound.
"""

from __future__ import annotations

from typing import Any

import msgspec
import yaml

from fsmv2.diagnostic import Mark
from fsmv2.document.document import Document
from fsmv2.errors import DocumentError
from fsmv2.model.decoder.node import Kind
from fsmv2.name_suggestions import suggest

DEEPEST = 64
"""Levels of nesting, aliases put in; the documents of a plant have about ten."""
MOST_NODES = 500_000
"""Keys and values, aliases put in; a thousand bridges have about fifty thousand."""

# PyYAML built without libyaml lacks the fast parser; the other one reads the same.
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class Raw(msgspec.Struct, gc=False):
    """One value, and what it holds; `size` and `depth` count what aliases would expand to.

    `line` and `column` count from 1. A shared part can stand in several others, never in itself,
    so the garbage collector need not know of these: that halves the time of reading.
    """

    kind: Kind
    line: int
    column: int
    tag: str | None
    value: str = ""
    plain: bool = False
    length: int = 1
    children: list[Raw] = msgspec.field(default_factory=lambda: _NONE)
    size: int = 1
    depth: int = 1

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is written there at all."""
        return self.plain and not self.value and self.tag is None

    def mark(self, document: Document) -> Mark:
        """Where it begins."""
        return Mark(document.name, self.line, self.column)


_NONE: list[Raw] = []  # of every scalar, so that ten thousands of empty lists are not made


def read_events(text: str, document: Document) -> Raw | None:
    """The raw tree of the one document in `text`; None when there is none.

    Raises yaml.YAMLError for what is not YAML, DocumentError for what is not one document, for
    aliases that lead nowhere or to themselves, and beyond the limits.
    """
    return _Reading(document).read(text)


class _Reading:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._open: list[Raw] = []
        self._anchors: dict[str, Raw] = {}
        self._root: Raw | None = None
        self._documents = 0

    def read(self, text: str) -> Raw | None:
        for event in yaml.parse(text, Loader=_Loader):
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self._scalar(event)
            elif kind is yaml.MappingStartEvent:
                self._push("mapping", event)
            elif kind is yaml.SequenceStartEvent:
                self._push("sequence", event)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self._take(self._open.pop(), event)
            elif kind is yaml.AliasEvent:
                self._take(self._aliased(event), event)
            elif kind is yaml.DocumentStartEvent:
                self._documents += 1
                if self._documents > 1:
                    raise self._refused(
                        event,
                        "FSM0115",
                        "a second document begins here.",
                        fix="Keep one document in a file: remove this line and what follows, or "
                        "move it to a file of its own.",
                        length=3,
                    )
        return self._root

    def _scalar(self, event: Any) -> None:
        mark = event.start_mark
        raw = Raw(
            "scalar",
            mark.line + 1,
            mark.column + 1,
            event.tag,
            event.value,
            not event.style,
            max(1, event.end_mark.index - mark.index),
            _NONE,
        )
        if event.anchor:
            self._anchors[event.anchor] = raw
        self._take(raw, event)

    def _push(self, kind: Kind, event: Any) -> None:
        mark = event.start_mark
        raw = Raw(kind, mark.line + 1, mark.column + 1, event.tag, children=[])
        if event.anchor:
            self._anchors[event.anchor] = raw
        self._open.append(raw)
        if len(self._open) > DEEPEST:
            raise self._too_deep(event)

    def _take(self, raw: Raw, event: Any) -> None:
        """Put what is complete into what is open."""
        if not self._open:
            self._root = raw
            return
        parent = self._open[-1]
        parent.children.append(raw)
        parent.size += raw.size
        if raw.depth >= parent.depth:
            parent.depth = raw.depth + 1
            if parent.depth > DEEPEST:
                raise self._too_deep(event)
        if parent.size > MOST_NODES:
            raise self._too_many(event)

    def _aliased(self, event: Any) -> Raw:
        name = event.anchor
        found = self._anchors.get(name)
        if found is None:
            raise self._refused(
                event,
                "FSM0108",
                f"*{name} is an alias, but nothing above is marked &{name}.",
                fix=suggest(f"*{name}", [f"*{known}" for known in self._anchors])
                or f'Mark the part to repeat with &{name}, or put the text in quotes: "*{name}".',
                length=len(name) + 1,
            )
        if any(found is raw for raw in self._open):
            raise self._refused(
                event,
                "FSM0108",
                f"*{name} stands inside &{name} of line {found.line}, so it would contain itself.",
                fix="Write out here what is meant, or mark a smaller part with the anchor.",
                length=len(name) + 1,
            )
        return found

    def _too_many(self, event: Any) -> DocumentError:
        if not self._anchors:
            message = f"the document has more than {MOST_NODES:,} keys and values."
            fix = "Check that it is the right file."
        else:
            message = f"with its aliases put in, the document has more than {MOST_NODES:,} values."
            fix = "Aliases of aliases multiply: use fewer of them."
        fix += " A thousand bridges have about 50,000 values."
        return self._refused(event, "FSM0106", message, fix=fix)

    def _too_deep(self, event: Any) -> DocumentError:
        return self._refused(
            event,
            "FSM0106",
            f"the document nests deeper than {DEEPEST} levels.",
            fix="Check the brackets and the indentation around here; documents have about ten "
            "levels.",
        )

    def _refused(
        self, event: Any, code: str, message: str, *, fix: str, length: int = 1
    ) -> DocumentError:
        start = event.start_mark
        mark = Mark(self._document.name, start.line + 1, start.column + 1)
        return DocumentError(
            [self._document.diagnostic(mark, code, message, fix=fix, length=length)]
        )
