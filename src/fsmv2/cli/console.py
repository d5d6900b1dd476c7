"""The one place where the commands write: colour on a terminal, or where it is asked for.

Data goes to stdout, all else to stderr. Whatever a device, a process or a file name put into a text
is made printable here; colour is asked for by `styled`, since a code in a text would be escaped.
Called by every command; tests/cli/test_cli_console.py finds who writes past it.
"""

from __future__ import annotations

import contextlib
import contextvars
import os
import sys
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec
import typer

from fsmv2.diagnostic import Diagnostic, visible
from fsmv2.escaping import printable, printable_json

if TYPE_CHECKING:  # an error is to cost its imports, and nothing else
    from fsmv2.operate.problem import Problem


STDOUT = "standard output"
"""What the message of an error names that comes of writing there: a full disk, a closed one."""


class ProgressLine(Protocol):
    """A line on stderr that is to go before anything else is written."""

    def clear(self) -> None:
        """Remove it; it comes again by itself."""


PROGRESS_LINE: ProgressLine | None = None
"""The one that is shown now; set by `progress_line`."""

_AS_JSON = contextvars.ContextVar("_AS_JSON", default=False)


class Styled(NamedTuple):
    """A text with its colour."""

    text: str
    fg: str | None = None
    bold: bool = False
    dim: bool = False
    reverse: bool = False


Part = str | Styled


def styled(
    text: str,
    *,
    fg: str | None = None,
    bold: bool = False,
    dim: bool = False,
    reverse: bool = False,
) -> Styled:
    """A part of a line, in colour where there is any; only a screen has `dim` and `reverse`."""
    return Styled(text, fg, bold, dim, reverse)


def coloured(stream: IO[str]) -> bool:
    """Whether colour may be written: NO_COLOR forbids it, FORCE_COLOR wants it also in a pipe."""
    if os.environ.get("NO_COLOR"):
        return False
    # Programs of Node.js switch it off with 0, and CI systems hand one environment to all.
    if os.environ.get("FORCE_COLOR", "").lower() not in ("", "0", "false"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def put(*parts: Part, end: str = "\n") -> None:
    """Print data on stdout."""
    _write(sys.stdout, _joined(parts, coloured(sys.stdout)) + end)


def put_json(value: Any, *, indent: bool = False) -> None:
    """Print a value as JSON on stdout: on one line, or for eyes."""
    text = msgspec.json.encode(value, enc_hook=str)
    text = msgspec.json.format(text) if indent else text
    _write(sys.stdout, printable_json(text.decode()) + "\n")


def put_problem(problem: Problem) -> None:
    """Print an error as JSON, on a line of stderr."""
    _write(sys.stderr, printable_json(msgspec.json.encode(problem).decode()) + "\n")


@contextlib.contextmanager
def errors_as_json() -> Iterator[None]:
    """Have every error that is reported inside be a line of JSON."""
    token = _AS_JSON.set(True)
    try:
        yield
    finally:
        _AS_JSON.reset(token)


def shown_as_json() -> bool:
    """Whether errors are lines of JSON now."""
    return _AS_JSON.get()


def progress(*parts: Part) -> None:
    """Tell the user something that is not data, on stderr."""
    _write(sys.stderr, _joined(parts, coloured(sys.stderr)) + "\n")


def complain(message: str, *, fix: str = "", problem: Problem | None = None) -> None:
    """Say what went wrong, and the next step; `problem`: what it is as JSON, if that is known."""
    if _AS_JSON.get():
        from fsmv2.operate.problem import Problem

        put_problem(problem or Problem("Refused", 409, message, fix=fix))
        return
    from fsmv2.operate.time_text import local_times

    progress(styled("error: ", fg="red", bold=True), visible(local_times(message)))
    if fix:
        progress(styled("  fix: ", fg="green"), visible(fix))


def show_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Print diagnostics to stderr, in the order given; of many that are alike, the first few."""
    alike: dict[tuple[str, str, str], list[Diagnostic]] = {}
    for diagnostic in diagnostics:
        of_a_kind = (diagnostic.code, diagnostic.message, diagnostic.fix)
        alike.setdefault(of_a_kind, []).append(diagnostic)
        if len(alike[of_a_kind]) <= MOST_ALIKE:
            progress(*paint(diagnostic))
    for found in alike.values():
        if len(found) > MOST_ALIKE:
            progress(*_others_alike(found))


def _others_alike(found: list[Diagnostic]) -> list[Part]:
    """One line about those of a kind that were not shown: what, how often, and where."""
    first, others = found[0], found[MOST_ALIKE:]
    lines: dict[str, list[str]] = {}
    for one in others[:MOST_PLACES]:
        if one.mark is not None:
            lines.setdefault(one.mark.file, []).append(str(one.mark.line))
        else:
            lines.setdefault(one.path, [])
    places = [f"{file}:{','.join(numbers)}" if numbers else file for file, numbers in lines.items()]
    where = " ".join(places) + (" …" if len(others) > MOST_PLACES else "")
    kind, colour = ("warning", "yellow") if first.warning else ("error", "red")
    label = styled(f"{kind}[{first.code}]", fg=colour, bold=True)
    more = f": {len(others):,} more like this: {first.message}"
    return [label, visible(more), "\n", visible(f"  {where}")]


MOST_ALIKE = 3
"""Problems of the same words that are shown with their lines; the others are one line."""

MOST_PLACES = 10
"""Places that this line names; `--json` has all of them."""


def paint(diagnostic: Diagnostic) -> list[Part]:
    """`Diagnostic.render()` with the same text in colour."""
    text = diagnostic.render()
    kind, colour = ("warning", "yellow") if diagnostic.warning else ("error", "red")
    label = f"{kind}[{diagnostic.code}]"
    first, *rest = text.split("\n")
    before, found, after = first.partition(label)
    parts: list[Part] = [first]
    if found:
        parts = [styled(before, bold=True), styled(label, fg=colour, bold=True), after]
    for line in rest:
        parts.append("\n")
        if line.strip() and not line.strip().strip("^"):
            parts.append(styled(line, fg=colour))
        elif line.startswith("  fix: "):
            parts += [styled("  fix: ", fg="green"), line[len("  fix: ") :]]
        else:
            parts.append(line)
    return parts


def count(number: int, noun: str) -> str:
    """'1 problem', '2 problems', 'no problems'."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _joined(parts: Iterable[Part], colour: bool) -> str:
    return "".join(_shown(part, colour) for part in parts)


def _shown(part: Part, colour: bool) -> str:
    if isinstance(part, str):
        return printable(part)
    text = printable(part.text)
    return typer.style(text, fg=part.fg, bold=part.bold or None) if colour else text


def _write(stream: IO[str], text: str) -> None:
    if PROGRESS_LINE is not None:
        PROGRESS_LINE.clear()
    try:
        stream.write(text)
        stream.flush()  # whoever follows a log wants each line when it happens
    except BrokenPipeError:
        raise
    except OSError as error:
        error.filename = STDOUT if stream is sys.stdout else "standard error"
        raise
