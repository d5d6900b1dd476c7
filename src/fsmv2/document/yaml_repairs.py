"""What is not YAML, mended: the usual mistakes are tried, and the one that helps is the fix.

libyaml reports where it could not go on, which is often behind the mistake, and for a reason that
follows from it. So each likely mistake of the lines around is put right in turn and the text is
read again: a fix that is proposed has been seen to work. Called by `yaml_errors`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import yaml

from fsmv2.diagnostic import Diagnostic, Mark
from fsmv2.document.document import Document
from fsmv2.document.yaml_events import read_events
from fsmv2.errors import DocumentError
from fsmv2.lookalike_characters import lookalike, straightened, why

_LARGEST = 1 << 20
"""Characters of a text that is read again and again."""
_ABOVE = 3
"""Lines above the one of an error in which the mistake is looked for."""
_LONGEST_LINE = 500
_WORD = r"[A-Za-z_][\w-]*"


class LineRepair(NamedTuple):
    """One line put right: what was wrong with it, in which column, and what to write."""

    number: int
    line: str
    column: int
    length: int
    message: str
    fix: str
    code: str = "FSM0105"


def repair(
    document: Document,
    text: str,
    error: yaml.YAMLError,
    begin: int,
    kind: Callable[[int, str], Iterator[LineRepair]] | None = None,
) -> Diagnostic | None:
    """The problem that was found to be the reason of `error`; None when none of them helps.

    `begin` is the line in which what could not be read begins; `kind`: mistakes of one kind only.
    """
    if len(text) > _LARGEST:
        return None
    at = _line_of(error) or 1
    candidates = list(dict.fromkeys([at, begin, *_lines_above(document, at)]))
    lines = [
        (number, line)
        for number in candidates
        if (line := document.line(number)).strip() and len(line) <= _LONGEST_LINE
    ]
    # What is written in a line comes before where it begins: that moves what is right, too.
    tries = (
        one
        for found in ([kind] if kind is not None else [_written_otherwise, _moved(document)])
        for number, line in lines
        for one in found(number, line)
    )
    for one in tries:
        if _helps(document, one, at):
            return document.diagnostic(
                Mark(document.name, one.number, one.column),
                one.code,
                one.message,
                fix=one.fix,
                length=one.length,
            )
    return None


def _moved(document: Document) -> Callable[[int, str], Iterator[LineRepair]]:
    return lambda number, line: _indentation(document, number, line)


def _helps(document: Document, one: LineRepair, at: int) -> bool:
    """Whether the text can be read with it, or at least much further."""
    lines = document.lines.copy()
    lines[one.number - 1] = one.line
    try:
        read_events("\n".join(lines), document)
    except yaml.YAMLError as error:
        return (_line_of(error) or 0) > max(at, one.number)
    except DocumentError:
        return True  # it is YAML; what else is wrong comes next
    return True


def _line_of(error: yaml.YAMLError) -> int | None:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return mark.line + 1 if mark is not None else None


def _lines_above(document: Document, at: int) -> list[int]:
    found = []
    for number in range(min(at, len(document.lines) + 1) - 1, max(0, at - 200), -1):
        line = document.line(number)
        if line.strip() and not line.lstrip().startswith("#"):
            found.append(number)
            if len(found) == _ABOVE:
                break
    return found


def _written_otherwise(number: int, line: str) -> Iterator[LineRepair]:
    yield from _shell_variables(number, line)
    yield from _doubled_mark(number, line)
    yield from _entry_marks(number, line)
    yield from _separators(number, line)
    yield from _bare_key(number, line)
    yield from _between_braces(number, line)
    yield from _quotes(number, line)


def _written(line: str) -> str:
    return f"Write `{line.strip()}`."


def characters(number: int, line: str) -> Iterator[LineRepair]:
    """Quotes, dashes, spaces and commas of word processors."""
    strange = lookalike(line)
    if not strange:
        return
    mended = straightened(line)
    for other in (mended, re.sub(r"(?<=[:,])(?=[^\s/])", " ", mended)):
        reason = why(strange)
        message = f"the character {reason}." if reason[0] == "'" else f"this line{reason[2:]}."
        column = line.index(strange) + 1
        yield LineRepair(number, other, column, 1, message, _written(other), "FSM0119")


def _shell_variables(number: int, line: str) -> Iterator[LineRepair]:
    """`${IP}`, which in a mapping in braces has a brace too many."""
    found = re.search(
        r"(?<![\"'\w])(?:\$\{(\w+)(?::?[-?+=][^}]*)?\}|\$\{\{\s*[\w.]*?(\w+)\s*\}\})", line
    )
    if found is None:
        return
    name = found[1] or found[2]
    written = f'"{{{{ .{name} }}}}"'
    yield LineRepair(
        number,
        line[: found.start()] + written + line[found.end() :],
        found.start() + 1,
        len(found[0]),
        f"{found[0]} is how other programs write a variable.",
        f"Write {written} where a variable of the document is used; the value of one may be "
        f"{{env: {name}}}, which reads the environment.",
        "FSM0118",
    )


def _doubled_mark(number: int, line: str) -> Iterator[LineRepair]:
    """`- - name: filler`, a list in a list where one was meant."""
    found = re.match(r"(\s*- )(- +)(?=\S)", line)
    if found is not None:
        mended = found[1] + line[found.end() :]
        message = "this entry of a list begins with two dashes, so it is a list in the list."
        yield LineRepair(number, mended, found.start(2) + 1, 1, message, _written(mended))


def _entry_marks(number: int, line: str) -> Iterator[LineRepair]:
    """`* name: filler`, as Markdown has lists."""
    found = re.match(r"(\s*)([*+])(?=\s+\S)", line)
    if found is not None:
        mended = f"{found[1]}-{line[found.end() :]}"
        message = f"an entry of a list begins with `- `, not with `{found[2]}`."
        yield LineRepair(number, mended, found.end(), 1, message, _written(mended))


def _separators(number: int, line: str) -> Iterator[LineRepair]:
    """`key value`, `key = value` and `key:value`."""
    found = re.match(rf"(\s*(?:- )?)({_WORD})(\s*=\s*|\s*:|\s+)(?=\S)(.*)", line)
    if found is not None:
        before, key, between, value = found.groups()
        mended = f"{before}{key}: {value}"
        if "=" in between:
            message = "YAML separates a key from its value with a colon, not with =."
        elif ":" in between:
            message = "there is no space after the colon, so YAML takes all of it for one word."
        else:
            message = "there is no colon between the key and its value."
        column = len(before) + 1
        yield LineRepair(number, mended, column, len(key + between), message, _written(mended))


def _bare_key(number: int, line: str) -> Iterator[LineRepair]:
    """A key in a line of its own, without its colon."""
    found = re.match(rf"(\s*(?:- )?)({_WORD})\s*$", line)
    if found is not None:
        mended = f"{found[1]}{found[2]}:"
        message = "there is no colon after this key."
        column = len(found[1]) + 1
        yield LineRepair(number, mended, column, len(found[2]), message, _written(mended))


def _between_braces(number: int, line: str) -> Iterator[LineRepair]:
    """A comma that is missing or a semicolon, an empty value, a bracket at the end."""
    if "{" not in line and "[" not in line:
        return
    for found in re.finditer(";", line):
        mended = f"{line[: found.start()]},{line[found.end() :]}"
        message = "entries are separated by a comma, not by a semicolon."
        yield LineRepair(number, mended, found.start() + 1, 1, message, _written(mended))
    mended = line.replace(";", ",")
    if mended.count(",") > line.count(",") + 1:
        message = "entries are separated by commas, not by semicolons."
        yield LineRepair(number, mended, line.index(";") + 1, 1, message, _written(mended))
    for found in re.finditer(rf"(?<=[^\s,{{\[:])\s+(?={_WORD}:\s)", line):
        mended = f"{line[: found.start()]}, {line[found.end() :]}"
        message = "a comma is missing between two entries."
        yield LineRepair(
            number, mended, found.start() + 1, len(found[0]), message, _written(mended)
        )
    for found in re.finditer(rf"({_WORD}):(?=[,}}])", line):
        mended = f"{line[: found.end()]} {line[found.end() :]}"
        fix = f"Write a value after it, or remove `{found[1]}:`."
        message = f"`{found[1]}:` has no value."
        yield LineRepair(number, mended, found.start() + 1, len(found[0]), message, fix)
    missing, opened = _closing(line)
    if missing:
        mended = f"{line.rstrip()}{missing}"
        message = f"the bracket {line[opened]} that opens here is not closed in this line."
        fix = f"Add {missing} at the end of the line."
        yield LineRepair(number, mended, opened + 1, 1, message, fix, "FSM0117")


def _closing(line: str) -> tuple[str, int]:
    """The brackets missing at the end of a line, in order, and where the innermost opens."""
    opened: list[tuple[str, int]] = []
    for at, character in enumerate(line):
        if character in "{[":
            opened.append(({"{": "}", "[": "]"}[character], at))
        elif opened and character == opened[-1][0]:
            opened.pop()
    return "".join(close for close, _ in reversed(opened)), opened[-1][1] if opened else 0


def _quotes(number: int, line: str) -> Iterator[LineRepair]:
    """A quote that opens and is not closed in its line."""
    for quote in ('"', "'"):
        if line.count(quote) % 2:
            opened = line.index(quote)
            column = opened + 1
            message = "the quotes that open here are not closed in this line."
            for end in dict.fromkeys((len(line.rstrip()), *_ends(line, opened))):
                mended = f"{line[:end]}{quote}{line[end:]}"
                fix = f"Write {line[opened:end]}{quote}."
                yield LineRepair(number, mended, column, end - opened, message, fix, "FSM0117")


def _ends(line: str, opened: int) -> list[int]:
    return [opened + found.start() for found in re.finditer(r"[,}\]]", line[opened:])]


def _indentation(document: Document, number: int, line: str) -> Iterator[LineRepair]:
    """A line that begins in a column in which none above it does."""
    bare = line.lstrip()
    indent = len(line) - len(bare)
    is_entry = bare.startswith("- ")
    seen: dict[int, int] = {}
    least = 1000
    for above in range(number - 1, max(0, number - 300), -1):
        other = document.line(above)
        text = other.lstrip()
        if not text or text.startswith("#"):
            continue
        column = len(other) - len(text)
        if column < least:
            least = column
            seen.setdefault(column, above)
            if text.startswith("- ") and not is_entry:
                seen.setdefault(len(other) - len(text[2:].lstrip()), above)
    deeper = 1 if indent == 1 else -1  # one space is sooner too many than one too few
    for column in sorted(seen, key=lambda column: (abs(column - indent), deeper * column)):
        if column == indent:
            continue
        mended = " " * column + bare
        spaces = "is not indented" if indent == 0 else f"is indented by {indent} space"
        spaces += "s" if indent > 1 else ""
        message = f"this line {spaces}, which matches no line above it."
        fix = (
            f"Indent it by {column} space{'' if column == 1 else 's'}, like line {seen[column]}."
            if column
            else f"Begin it in the first column, like line {seen[column]}."
        )
        yield LineRepair(number, mended, 1, max(indent, 1), message, fix)
