"""Answers of one picture of a tree: each made once for all who ask while that picture is fresh."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from fsmv2.api.conditional_answers import Encoded, encoded
from fsmv2.runtime import TreeView

MOST = 100
"""Answers that are kept of one picture; each may have some hundred kilobytes."""


class AnswersOfView:
    """Those of the last picture that was asked of, by question. On the loop of the API."""

    def __init__(self) -> None:
        self._view: TreeView | None = None
        self._kept: dict[Hashable, Encoded] = {}

    def of(self, view: TreeView, asked: Hashable, make: Callable[[], Any]) -> Encoded:
        """What is answered to this question, made now unless it was already."""
        if view is not self._view:
            self._view, self._kept = view, {}
        found = self._kept.get(asked)
        if found is None:
            found = encoded(make())
            if len(self._kept) < MOST:
                self._kept[asked] = found
        return found
