"""Patterns of paths: `*` and `?` within a level, `**` over any number of levels.

`…` or `...` in front of a slash stands for whatever is above, as people write it: `…/filler*` is
every filler, wherever it is. Used where a document or a person means several workers at once.
"""

from __future__ import annotations

import re

from fsmv2.errors import SpecError

WILD = frozenset("*?[")

_ABOVE = ("…/", ".../")
_PIECE = re.compile(r"\*{2,}|\*|\?|\[(?P<not>!?)(?P<class>[^/\]][^/\]]*)\]|.", re.DOTALL)
_WITHIN = {"*": "[^/]*", "?": "[^/]"}


def is_pattern(text: str) -> bool:
    """Whether it may stand for several paths."""
    return not WILD.isdisjoint(text) or text.startswith(_ABOVE)


def path_pattern(text: str) -> re.Pattern[str]:
    """What `fullmatch`es the paths that are meant; SpecError: it is no pattern.

    Neither `*` nor `?` nor a class of characters crosses levels, as they do in `fnmatch`.
    """
    parts: list[str] = []
    rest = text
    for above in _ABOVE:
        if text.startswith(above):
            parts.append("(?:.*/)?")
            rest = text.removeprefix(above)
            break
    at = 0
    while at < len(rest):
        found = _PIECE.match(rest, at)
        # The pattern matches any character, so there is always a piece.
        assert found is not None  # noqa: S101
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
        raise SpecError(f"'{text}' is not a pattern.", fix="Correct what is in [ ].") from None
