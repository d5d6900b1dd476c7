"""Describes the worker that is looked at, again and again, and has nobody wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future

from fsmv2.errors import FsmError
from fsmv2.operate.worker_description import WorkerDescription

EVERY = 1.0
"""Seconds after which it is described anew."""


class DescriptionRequest:
    """`ask` begins to describe a path."""

    def __init__(self, ask: Callable[[str], Future[WorkerDescription]]) -> None:
        self._ask = ask
        self._path = ""
        self._asked: Future[WorkerDescription] | None = None
        self._asked_at = 0.0
        self._answer: WorkerDescription | str = ""

    def of(self, path: str) -> WorkerDescription | str:
        """What is known of it now; a text: why not, or not yet."""
        if path != self._path:
            self._path, self._asked, self._asked_at, self._answer = path, None, 0.0, ""
        if self._asked is not None and self._asked.done():
            try:
                self._answer = self._asked.result()
            except FsmError as error:
                self._answer = f"{error.message} {error.fix}".strip()
            self._asked = None
        if self._asked is None and time.monotonic() - self._asked_at >= EVERY:
            self._asked_at = time.monotonic()
            self._asked = self._ask(path)
        return self._answer or "asking the tree …"
