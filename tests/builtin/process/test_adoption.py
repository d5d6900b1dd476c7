"""The order in which a process is adopted, or others are ended and one is launched."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest

from fsmv2.builtin.process.adoption import start_or_adopt


class Told:
    """What was done, in order; each step answers as it is told to."""

    def __init__(self, runs: str | None, *, refuses: str = "") -> None:
        self.done: list[str] = []
        self._runs = runs
        self._refuses = refuses

    @contextlib.asynccontextmanager
    async def lock(self) -> AsyncIterator[int]:
        self.do("lock")
        try:
            yield 7
        finally:
            self.do("unlock")

    async def adopt(self, lock: int) -> str | None:
        self.do(f"adopt {lock}")
        return self._runs

    async def end(self) -> None:
        self.do("end")

    async def launch(self, lock: int) -> str:
        self.do(f"launch {lock}")
        return "new"

    def do(self, what: str) -> None:
        self.done.append(what)
        if what == self._refuses:
            raise OSError(what)

    async def start(self) -> str:
        return await start_or_adopt(self.lock(), adopt=self.adopt, end=self.end, launch=self.launch)


async def test_one_that_runs_as_it_is_to_is_adopted_and_nothing_is_ended() -> None:
    told = Told("old")
    assert await told.start() == "old"
    assert told.done == ["lock", "adopt 7", "unlock"]


async def test_else_all_that_lives_is_ended_before_another_begins() -> None:
    told = Told(None)
    assert await told.start() == "new"
    assert told.done == ["lock", "adopt 7", "end", "launch 7", "unlock"]


async def test_where_one_does_not_end_none_begins() -> None:
    told = Told(None, refuses="end")
    with pytest.raises(OSError, match="end"):
        await told.start()
    assert told.done == ["lock", "adopt 7", "end", "unlock"]
