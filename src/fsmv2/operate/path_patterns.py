"""Paths of a tree by pattern: `*` and `?` within a level, `**` over any number of levels."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence

from fsmv2.errors import UnknownPathError, suggest

WILD = frozenset("*?[")


def is_pattern(text: str) -> bool:
    """Whether it may stand for several paths."""
    return not WILD.isdisjoint(text)


def matching(patterns: Sequence[str], known: Sequence[str]) -> list[str]:
    """The paths that are meant, in the order of the tree, without those below another one.

    A path is taken as it is, also when nobody is there: an override may outlast its path. Raises
    UnknownPathError for a pattern that no path matches.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        if not is_pattern(pattern):
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
    parts = []
    for part in re.split(r"(\*\*)", pattern):
        if part == "**":
            parts.append(".*")
            continue
        # fnmatch's `*` crosses levels, and so does its `?`: here neither does.
        text = fnmatch.translate(part).removesuffix(r"\Z").removesuffix(r"\z")
        parts.append(re.sub(r"(?<!\\)\.\*", "[^/]*", re.sub(r"(?<!\\)\.(?!\*)", "[^/]", text)))
    return re.compile("".join(parts))
