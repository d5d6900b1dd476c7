"""Paths of a tree by pattern: `*` and `?` within a level, `**` over any number of levels."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fsmv2.errors import UnknownPathError, suggest

WILD = frozenset("*?[")

_PIECE = re.compile(r"\*{2,}|\*|\?|\[(?P<not>!?)(?P<class>[^/\]][^/\]]*)\]|.", re.DOTALL)
_WITHIN = {"*": "[^/]*", "?": "[^/]"}


def is_pattern(text: str) -> bool:
    """Whether it may stand for several paths."""
    return not WILD.isdisjoint(text)


def matching(patterns: Sequence[str], known: Sequence[str]) -> list[str]:
    """The paths that are meant, in the order of the tree, without those below another one.

    A path is taken as it is, also when nobody is there: an override may outlast its path. So is one
    that is there and looks like a pattern. UnknownPathError: no path matches a pattern.
    """
    found: dict[str, None] = {}
    there = set(known)
    for pattern in patterns:
        if not is_pattern(pattern) or pattern in there:
            found[pattern] = None
            continue
        rule = _compiled(pattern)
        here = [path for path in known if rule.fullmatch(path)]
        if not here:
            raise UnknownPathError(
                f"no path of this tree matches '{pattern}'", fix=suggest(pattern, list(known))
            )
        found.update(dict.fromkeys(here))
    return [path for path in found if not _is_below(path, found)]


def _is_below(path: str, others: dict[str, None]) -> bool:
    above = path.rpartition("/")[0]
    while above:
        if above in others:
            return True
        above = above.rpartition("/")[0]
    return False


def _compiled(pattern: str) -> re.Pattern[str]:
    """Neither `*` nor `?` nor a class of characters crosses levels, as they do in `fnmatch`."""
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        found = _PIECE.match(pattern, at)
        assert found is not None  # noqa: S101  (any character is a piece)
        piece, at = found[0], found.end()
        if piece.startswith("**"):
            parts.append(".*")
        elif piece in _WITHIN:
            parts.append(_WITHIN[piece])
        elif found["class"] is not None:
            inside = re.escape(found["class"]).replace(r"\-", "-")
            parts.append(f"(?!/)[{'^' if found['not'] else ''}{inside}]")
        else:
            parts.append(re.escape(piece))
    try:
        return re.compile("".join(parts), re.DOTALL)
    except re.error:  # [b-a]
        raise UnknownPathError(
            f"'{pattern}' is no pattern", fix="Correct what is in [ ]."
        ) from None
