"""From which level on something is logged: for all, and by path for some."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

LevelName = Literal["debug", "info", "warning", "error"]
"""The levels of the log, the most talkative first."""
RANKS: Mapping[str, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 40}
"""Levels as numbers; those of Python's `logging`."""

REMEMBERED = 20_000
"""Paths whose level is remembered; beyond them the patterns are asked again."""


class LogLevels:
    """What is wanted of each path. A pattern holds for what it matches and all below.

    Of several the one nearest to the path counts, and among those the last. What an operator asks
    for a path goes before all of them.
    """

    def __init__(
        self,
        level: str = "info",
        paths: Mapping[str, tuple[re.Pattern[str], str]] | None = None,
        *,
        fixed: bool = False,
    ) -> None:
        """`paths`: by pattern, what it means and the level. `fixed`: `change` leaves `level`."""
        self._fixed = fixed
        self.level = RANKS[level]
        self._rules = _by_rank(paths or {})
        self._asked: Mapping[str, int] = {}
        self._found: dict[str, int] = {}

    def change(self, new: LogLevels) -> None:
        """Go by these from now on; from any thread."""
        if not self._fixed:
            self.level = new.level
        # A new dict, after the rules: what another thread finds by the old ones may still be put
        # into the old dict, and into no other.
        self._rules, self._found = new._rules, {}

    def ask(self, levels: Mapping[str, str]) -> None:
        """Go by these below these paths, and by no others asked before; from any thread."""
        self._asked, self._found = {path: RANKS[level] for path, level in levels.items()}, {}

    @property
    def least(self) -> int:
        """The lowest rank that anybody wants."""
        return min([self.level, *(rank for _, rank in self._rules), *self._asked.values()])

    def of(self, path: str) -> int:
        """The lowest rank that is logged of a path."""
        known = self._found
        if not self._rules and not self._asked:
            return self.level
        found = known.get(path)
        if found is None:
            if len(known) >= REMEMBERED:
                known.clear()
            found = known[path] = self._wanted(path)
        return found

    def _wanted(self, path: str) -> int:
        asked = self._asked
        above = path
        while asked and above:
            if above in asked:
                return asked[above]
            above = above.rpartition("/")[0]
        above = path
        while above:
            for rule, rank in self._rules:
                if rule.fullmatch(above):
                    return rank
            above = above.rpartition("/")[0]
        return self.level


def _by_rank(
    paths: Mapping[str, tuple[re.Pattern[str], str]],
) -> list[tuple[re.Pattern[str], int]]:
    """The last one first, as that counts."""
    return [(rule, RANKS[wanted]) for rule, wanted in paths.values()][::-1]
