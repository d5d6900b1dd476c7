"""A problem as data, and how it is shown: message, place, the line with a caret, and the fix.

Everything in it may come from a file or a device, so whatever is shown is made harmless first.
"""

from __future__ import annotations

import reprlib
import unicodedata

import msgspec

from fsmv2.escaping import printable_line


class Mark(msgspec.Struct, frozen=True, order=True):
    """A place in a text: file name, and line and column counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Related(msgspec.Struct, frozen=True, kw_only=True):
    """A second place that has to do with a problem: `message` says what it is to it."""

    message: str
    mark: Mark
    source: str = ""
    length: int = 1


class Diagnostic(msgspec.Struct, frozen=True, kw_only=True):
    """One problem, in words that a person can act on.

    `message` says what is wrong and what was expected; `fix` is the next step as a full
    sentence, including the nearest known name where there is one; `path` is the place inside
    the document (`bridges[0].variables.PORT`) or the tree; `source` is the offending line of
    the file, and `length` how many characters of it the caret underlines. `related` are other
    places a reader must see, such as the template that uses a variable.
    """

    code: str
    """The stable code, `FSM0203`; `fsmv2 explain CODE` says more."""
    message: str
    mark: Mark | None = None
    """File, line and column; None for what stands in no file."""
    path: str = ""
    fix: str = ""
    source: str = ""
    length: int = 1
    warning: bool = False
    """Whether it only warns; nothing is refused for it."""
    related: tuple[Related, ...] = ()

    def render(self) -> str:
        """The diagnostic as the lines a terminal shows, without colour."""
        kind = "warning" if self.warning else "error"
        where = f"{self.mark}: " if self.mark else (f"{self.path}: " if self.path else "")
        lines = [f"{visible(where)}{kind}[{self.code}]: {visible(self.message)}"]
        if self.mark and self.source:
            lines += _excerpt(self.mark, self.source, self.length)
        for other in self.related:
            lines.append(visible(f"{other.mark}: {other.message}"))
            if other.source:
                lines += _excerpt(other.mark, other.source, other.length)
        if self.fix:
            lines.append(f"  fix: {visible(self.fix)}")
        return "\n".join(lines)


_LONGEST = 4000
"""Characters of one message; nobody reads more, and a name in it may have any length."""


def visible(text: str) -> str:
    """`text` as a line that a terminal may be sent: what it would obey or hide is escaped.

    Line ends as well, so that no file name or device begins a line of ours. The middle of what is
    far too long is left out.
    """
    if len(text) > _LONGEST:
        half = _LONGEST // 2
        text = f"{text[:half]} … {text[-half:]}"
    return printable_line(text)


class _Short(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = 60
        self.maxlevel = 3


_SHORT = _Short()


def quoted(value: object) -> str:
    """Any value as the words of a message: its repr, short, and also when that raises."""
    try:
        return _SHORT.repr(value)
    except Exception:  # noqa: BLE001  (an author's value must not hide the error about it)
        return f"a {type(value).__name__} that cannot be shown"


_WIDEST = 120
"""Characters of a source line that are shown; a longer one is cut around the caret."""


def _excerpt(mark: Mark, source: str, length: int) -> list[str]:
    """The source line, and the caret below it."""
    column = mark.column - 1
    if len(source) > _WIDEST:
        start = max(0, min(column - _WIDEST // 3, len(source) - _WIDEST))
        before, after = "…" if start else "", "…" if start + _WIDEST < len(source) else ""
        length = min(length, start + _WIDEST - column)
        source = before + source[start : start + _WIDEST] + after
        column += len(before) - start
    # What nobody sees, or a terminal obeys, must not be hidden again in the line about it.
    source = "".join(c if c.isprintable() or c == "\t" else "\ufffd" for c in source)
    length = max(1, min(length, len(source) - column))
    # A tab before the caret must stay a tab, or the caret points beside the word; a wide or a
    # combining character takes two columns or none.
    lead = "".join("\t" if c == "\t" else " " * _columns(c) for c in source[:column])
    carets = "^" * max(1, sum(map(_columns, source[column : column + length])))
    gutter = f"{mark.line} | "
    return [f"{gutter}{source}", " " * len(gutter) + lead + carets]


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
