"""Several paths of a tree at once, by patterns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fsmv2.errors import SpecError, UnknownPathError
from fsmv2.name_suggestions import suggest
from fsmv2.path_pattern import is_pattern, path_pattern


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
        rule = rule_of(pattern)
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


def rule_of(pattern: str) -> re.Pattern[str]:
    """What a pattern matches whole; UnknownPathError: it is none."""
    try:
        return path_pattern(pattern)
    except SpecError as error:
        raise UnknownPathError(error.message.rstrip("."), fix=error.fix) from None
