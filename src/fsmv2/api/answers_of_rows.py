"""Answers made of the rows of a tree: each once for all who ask while those are fresh."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from fsmv2.api.conditional_answers import Encoded, encoded
from fsmv2.operate.current_rows import TreeRows

MOST = 100
"""Answers that are kept of the same rows; each may have some hundred kilobytes."""


class AnswersOfRows:
    """Those of the last rows that were asked of, by question. On the loop of the API."""

    def __init__(self) -> None:
        self._rows: TreeRows | None = None
        self._kept: dict[Hashable, Encoded] = {}

    def of(self, rows: TreeRows, asked: Hashable, make: Callable[[], Any]) -> Encoded:
        """What is answered to this question, made now unless it was already."""
        if rows is not self._rows:
            self._rows, self._kept = rows, {}
        found = self._kept.get(asked)
        if found is None:
            found = encoded(make())
            if len(self._kept) < MOST:
                self._kept[asked] = found
        return found
