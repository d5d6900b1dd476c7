"""What a check of a state directory has found, as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

Level = Literal["ok", "warning", "error"]


class StateFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One result of a check, in words that a person can act on.

    `level`: `error` keeps a tree from starting or has lost something, `warning` may do so or is to
    be known. `repair`: what `fsmv2 doctor --repair` would do about it; empty: it cannot.
    """

    check: str
    level: Level
    text: str
    fix: str = ""
    repair: str = ""


class Examination(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was found in a state directory. `process`: of the tree that runs there.

    `repaired`: what was done about it, before this was found.
    """

    directory: str
    process: str
    findings: tuple[StateFinding, ...]
    repaired: tuple[str, ...] = ()

    @property
    def errors(self) -> int:
        """How many keep it from working."""
        return _count(self.findings, "error")

    @property
    def warnings(self) -> int:
        """How many are to be known."""
        return _count(self.findings, "warning")


def _count(findings: Sequence[StateFinding], level: Level) -> int:
    return sum(one.level == level for one in findings)
