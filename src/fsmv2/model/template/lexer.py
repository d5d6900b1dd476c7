"""The lexer: Jinja2's own tokens, plus the leading dot, plus exact places.

Two things Jinja's lexer does not do are needed here: `{{ .IP }}` must read as `{{ IP }}`, and an
error must name line *and* column. So this lexer yields, where Jinja counts lines, the offset in
the source; every node of the syntax tree then carries it, and so does every syntax error. Token
classes, escapes and the parser stay Jinja's. Called by template_jinja.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2._identifier import pattern as name_re
from jinja2.exceptions import TemplateSyntaxError
from jinja2.lexer import Lexer, float_re, integer_re, operator_re, string_re

SCOPE = "_scope_"  # `.not` is read as `_scope_.not`: a keyword cannot stand alone as a name

_OPENING = re.compile(r"\{([{%#])([-+]?)")
_RAW = re.compile(r"\{%[-+]?\s*raw\s*(-?)%\}")
_END_RAW = re.compile(r"\{%([-+]?)\s*endraw\s*([-+]?)%\}")
_COMMENT = re.compile(r"\{#[-+]?.*?([-+]?)#\}", re.S)
_SPACE = re.compile(r"\s*")
_CLOSING = {"variable": re.compile(r"(-?)\}\}"), "block": re.compile(r"([-+]?)%\}")}
_PAIRS = {"{": "}", "(": ")", "[": "]"}
_ENDS = frozenset(")]}.")  # operators after which a dot is an attribute's
_TOKENS = (
    ("float", float_re),
    ("integer", integer_re),
    ("name", name_re),
    ("string", string_re),
    ("operator", operator_re),
)
# After one of these words an operand is expected, so a dot begins a variable.
_KEYWORDS = frozenset(
    ("and", "else", "elif", "if", "in", "is", "not", "or", "for", "set", "with", "recursive")
)
# These cannot be a variable's name for Jinja, but may be one for us.
_RESERVED = _KEYWORDS | {"true", "false", "none", "True", "False", "None", "self", "super"}


class DotLexer(Lexer):
    """Yields Jinja's tokens with offsets in place of line numbers, leading dots taken away.

    `raw` holds the offsets of text that came out of `{% raw %}` in the last source read, `dotted`
    those of names that were written with a leading dot.
    """

    raw: set[int]
    dotted: set[int]

    def _normalize_newlines(self, value: str) -> str:
        return value  # text goes through as it was written

    def tokeniter(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> Iterator[tuple[int, str, str]]:
        """Tokens as `(offset, type, text)`; raises TemplateSyntaxError with an offset."""
        self.raw = set()
        self.dotted = set()
        at = 0
        while True:
            opening = _OPENING.search(source, at)
            text = source[at : opening.start()] if opening else source[at:]
            if opening and opening[2] == "-":
                text = text.rstrip()
            if text:
                yield at, "data", text
            if opening is None:
                return
            start = opening.start()
            if opening[1] == "#":
                at = self._comment(source, start)
            elif raw := _RAW.match(source, start):
                end = _END_RAW.search(source, raw.end())
                if end is None:
                    raise TemplateSyntaxError("the block 'raw' is not closed", start)
                at = raw.end()
                inner = source[at : end.start()]
                # Whitespace control holds inside as it does for any other tag.
                inner = inner.lstrip() if raw[1] else inner
                inner = inner.rstrip() if end[1] == "-" else inner
                if inner:
                    self.raw.add(at)
                    yield at, "data", inner
                at = _skip(source, end.end(), end[2])
            else:
                kind = "variable" if opening[1] == "{" else "block"
                yield start, f"{kind}_begin", opening[0]
                at = len(source)  # unless the tag is closed
                for offset, token, value in _inside(source, opening.end(), kind, self.dotted):
                    yield offset, token, value
                    if token == f"{kind}_end":
                        at = _skip(source, offset + len(value), value[:1])

    @staticmethod
    def _comment(source: str, start: int) -> int:
        end = _COMMENT.match(source, start)
        if end is None:
            raise TemplateSyntaxError("the comment '{#' is not closed", start)
        return _skip(source, end.end(), end[1])


def _skip(source: str, at: int, sign: str) -> int:
    if sign != "-":
        return at
    space = _SPACE.match(source, at)
    return space.end() if space else at


def _inside(source: str, at: int, kind: str, dotted: set[int]) -> Iterator[tuple[int, str, str]]:
    """The tokens of one tag, up to and with its closing; `dotted` gets the `.NAME`s among them."""
    expected: list[str] = []
    previous = ""  # the last token when it was an operand's end, else empty
    while True:
        space = _SPACE.match(source, at)
        at = space.end() if space else at
        if at >= len(source):
            return  # the parser says what is missing
        if not expected and (closing := _CLOSING[kind].match(source, at)):
            yield at, f"{kind}_end", closing[0]
            return
        token, value = _next(source, at)
        if value == SCOPE and previous != ".":
            # The whole scope: what a template reads must be known from its text.
            raise TemplateSyntaxError(f"'{SCOPE}' cannot be the name of a variable", at)
        if token == "operator":  # noqa: S105  ("operator" is a kind of token, not a password)
            _balance(expected, value, at)
        if value == "." and not previous:
            word = name_re.match(source, at + 1)
            if word is None:
                raise TemplateSyntaxError("expected a variable's name after '.'", at)
            if word[0] == SCOPE:
                raise TemplateSyntaxError(f"'{SCOPE}' cannot be the name of a variable", at)
            if word[0] in _RESERVED:
                yield at, "name", SCOPE
                yield at, "operator", "."
            dotted.add(at)
            yield at, "name", word[0]
            at, previous = word.end(), word[0]
            continue
        yield at, token, value
        attribute = previous == "."
        at += len(value)
        if token == "operator":  # noqa: S105  ("operator" is a kind of token, not a password)
            previous = value if value in _ENDS else ""
        else:
            # "name" is a kind of token, not a password.
            previous = "" if token == "name" and value in _KEYWORDS and not attribute else value  # noqa: S105


def _next(source: str, at: int) -> tuple[str, str]:
    for token, pattern in _TOKENS:
        match = pattern.match(source, at)
        if match is not None:
            return token, match[0]
    raise TemplateSyntaxError(f"unexpected character {source[at]!r}", at)


def _balance(expected: list[str], value: str, at: int) -> None:
    if value in _PAIRS:
        expected.append(_PAIRS[value])
    elif value in _PAIRS.values():
        if not expected:
            raise TemplateSyntaxError(f"unexpected '{value}'", at)
        wanted = expected.pop()
        if wanted != value:
            raise TemplateSyntaxError(f"unexpected '{value}', expected '{wanted}'", at)
