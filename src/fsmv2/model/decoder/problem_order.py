"""The problems of a document in the order in which a person reads it, and no more than help."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from fsmv2.diagnostic import Diagnostic, Mark

MOST_SHOWN = 500
"""Problems; a person repairs none of more, and half a million of them take half a minute to say."""


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """By place; what is the same problem of the same place, reached by several aliases, is once.

    Of more than `MOST_SHOWN` the rest is one more diagnostic, which counts them.
    """
    seen: set[tuple[str, Mark | None, str, str]] = set()
    found: list[Diagnostic] = []
    for diagnostic in diagnostics:
        same = diagnostic.path if diagnostic.mark is None else ""
        key = (diagnostic.code, diagnostic.mark, diagnostic.message, same)
        if key not in seen:
            seen.add(key)
            found.append(diagnostic)
    found.sort(key=lambda d: d.mark or Mark("", 0, 0))
    return found if len(found) <= MOST_SHOWN + 1 else [*found[:MOST_SHOWN], _rest(found)]


def _rest(found: Sequence[Diagnostic]) -> Diagnostic:
    """The problems that are not shown, counted, at the place of the first of them."""
    first, rest = found[MOST_SHOWN], found[MOST_SHOWN:]
    # Some of them may be a count themselves, of an earlier look at the same document.
    least = "at least " if any(one.code == "FSM0101" for one in found) else ""
    message = f"from here on, {least}{len(rest):,} more problems are not shown."
    fix = "Correct those above first; check that it is the right file."
    return msgspec.structs.replace(
        first,
        code="FSM0101",
        message=message,
        fix=fix,
        related=(),
        warning=all(one.warning for one in rest),
    )
