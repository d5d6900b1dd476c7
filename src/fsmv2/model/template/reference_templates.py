"""The fast road: templates that are text and plain dotted names, which most are.

Rendering such a template needs no Jinja: it is a few lookups and a join, tens of times faster.
The meaning and the errors are those of the Jinja road, which a property test holds them to.
`compile_fast` answers None for anything it does not know, and the Jinja road takes over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fsmv2.errors import UndefinedVariableError
from fsmv2.model.data.plain_copy import SCALARS, detach
from fsmv2.model.template.lexer import SCOPE
from fsmv2.model.template.limits import check_text, text_of
from fsmv2.model.template.scope import MISSING, Path, step, undefined

_EXPRESSION = re.compile(
    r"\{\{\s*(?P<dot>\.?)(?P<path>[A-Za-z_][A-Za-z0-9_]*"
    r"(?:\.(?:[A-Za-z_][A-Za-z0-9_]*|0(?![0-9_])|[1-9][0-9]*(?![A-Za-z0-9_])))*)\s*\}\}"
)
_OPENING = re.compile(r"\{[{%#]")

# Words that mean something to Jinja when no dot stands before them.
WORDS = frozenset(
    ("and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None")
)


class Reference:
    """One dotted name in a template: its path, and its place for errors."""

    __slots__ = ("column", "first", "line", "path", "rest")

    def __init__(self, path: Path, source: str, offset: int) -> None:
        self.path = path
        self.first = str(path[0])
        self.rest = path[1:]
        self.line, self.column = position(source, offset)

    def read(self, scope: Mapping[str, Any]) -> Any:
        """The value in `scope`; raises UndefinedVariableError."""
        value = scope.get(self.first, MISSING)
        for key in self.rest:
            value = step(value, key)
        if value is MISSING:
            raise self.missing(scope)
        return value

    def missing(self, scope: Mapping[str, Any]) -> UndefinedVariableError:
        """The error for a `scope` in which it is not."""
        return undefined(scope, self.path, line=self.line, column=self.column)


class Whole:
    """A template that is exactly one dotted name: the value keeps its type."""

    __slots__ = ("reference", "references")

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.references: frozenset[Path] = frozenset((reference.path,))

    def render(self, scope: Mapping[str, Any]) -> Any:
        """The value, its containers copied, so that the result is not the scope's own."""
        value = self.reference.read(scope)
        return value if type(value) in SCALARS else detach(value)


class Mixed:
    """Text with dotted names in it: gives text."""

    __slots__ = ("end", "pairs", "references")

    def __init__(self, parts: tuple[str | Reference, ...]) -> None:
        """`parts` in order; kept as pairs of a name and the text before it, and the text after."""
        pairs: list[tuple[str, Reference]] = []
        text = ""
        for part in parts:
            if type(part) is Reference:
                pairs.append((text, part))
                text = ""
            else:
                text += str(part)
        self.pairs = tuple(pairs)
        self.end = text
        self.references: frozenset[Path] = frozenset(name.path for _, name in pairs)

    def render(self, scope: Mapping[str, Any]) -> str:
        """The text; raises TemplateError when it gets too long."""
        done: list[str] = []
        for before, name in self.pairs:
            # `name.read(scope)`, written out: this loop is what most of a large tree's time is.
            value = scope.get(name.first, MISSING)
            for key in name.rest:
                value = step(value, key)
            if value is MISSING:
                raise name.missing(scope)
            if type(value) is not str:
                value = text_of(value)
            done += (before, value)
        text = "".join(done) + self.end
        check_text(len(text))
        return text


def compile_fast(source: str) -> Whole | Mixed | None:
    """The compiled template, or None when it is not of the simple kind."""
    parts: list[str | Reference] = []
    position = 0
    while opening := _OPENING.search(source, position):
        match = _EXPRESSION.match(source, opening.start())
        first = match["path"].partition(".")[0] if match else SCOPE
        if match is None or first == SCOPE or (not match["dot"] and first in WORDS):
            return None
        if opening.start() > position:
            if "}}" in (text := source[position : opening.start()]):
                return None  # the other road says what is wrong with it
            parts.append(text)
        path = tuple(int(p) if p.isdigit() else p for p in match["path"].split("."))
        parts.append(Reference(path, source, match.start("dot")))
        position = match.end()
    if len(parts) == 1 and position == len(source) and type(parts[0]) is Reference:
        return Whole(parts[0])
    if "}}" in (text := source[position:]):
        return None
    parts.append(text)
    return Mixed(tuple(parts))


def position(source: str, offset: int) -> tuple[int, int]:
    """Line and column of `offset` in `source`, both counted from 1."""
    before = source[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")
