"""A tree that looks at its file: what it reports, what it applies, and when it does neither."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from document_place import HEAD, Place, ticks, with_bridges

from fsmv2.core import Report
from fsmv2.errors import StoreError
from fsmv2.operate import document_watch
from fsmv2.operate.changes import apply_refusal
from fsmv2.operate.changes.apply_data import ApplyRequest, RollbackRequest
from fsmv2.operate.generations import opened


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EVERY", "EVERY_TO_APPLY", "CONFIRM"):
        monkeypatch.setattr(document_watch, name, 0.02)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


class Reported:
    """What a tree reports of its document and of applies."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, report: Report) -> None:
        if report.kind in ("document", "apply"):
            self.texts.append(report.text)

    async def until(self, text: str) -> str:
        await until(lambda: any(text in one for one in self.texts))
        return next(one for one in self.texts if text in one)


async def looks(looked: Callable[[], int], more: int = 4) -> None:
    """Wait for some more looks at the file."""
    enough = looked() + more
    await until(lambda: looked() >= enough)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    count = 0
    look = document_watch.DocumentWatch.look

    def counted(self: document_watch.DocumentWatch) -> None:
        nonlocal count
        look(self)
        count += 1

    monkeypatch.setattr(document_watch.DocumentWatch, "look", counted)
    return lambda: count


async def test_h90_a_change_is_reported_once_with_what_it_would_do_and_so_is_its_end(
    place: Place, looked: Callable[[], int]
) -> None:
    reported = Reported()
    async with place.runs(HEAD, listener=reported) as tree, tree.following():
        place.write(with_bridges("a"))
        said = await reported.until("the document was changed at ")
        assert f"; generation 1 runs; `fsmv2 apply {place.file}` applies it: adds " in said
        await looks(looked)
        place.write(HEAD)
        await reported.until("the document is again the one that runs")
        place.write(HEAD + "engin: {}\n")
        await reported.until("is not valid and changes nothing (1 mistake)")
        await looks(looked)
        await tree.apply(ApplyRequest(document=place.write(HEAD + "# fine\n")), wait=30)
        await looks(looked)
        again = [one for one in reported.texts if "again the one that runs" in one]
        assert len(again) == 1, "what was applied is what runs, which is not worth a word"
        assert len([one for one in reported.texts if "is not valid" in one]) == 1
        assert "edge/a" not in await ticks(tree), "nothing is applied that nobody asked for"


async def test_h91_with_watch_a_change_is_applied_and_an_invalid_one_changes_nothing(
    place: Place, looked: Callable[[], int]
) -> None:
    reported = Reported()
    async with place.runs(HEAD, listener=reported) as tree, tree.following(applies=True):
        place.write(with_bridges("a"))
        said = await reported.until("generation 2 runs, applied by fsmv2 (--watch) (the document")
        assert "): adds " in said
        await reported.until("generation 2 has converged")
        place.write(with_bridges("a") + "engin: {}\n")
        await reported.until("is not valid and changes nothing (1 mistake)")
        assert "the newer one is not valid: " in await tree.document_change()
        place.write(HEAD)
        await reported.until("cannot reload: that would remove edge/a")
        await looks(looked)
        assert tree.running.number == 2
        assert len([one for one in reported.texts if "cannot reload" in one]) == 1
        await tree.rollback(RollbackRequest(), wait=30)
        place.write(with_bridges("a", "b"))
        await reported.until("; generation 3, which is generation 1 again, is pinned")
        await looks(looked)
        assert tree.running.number == 3, "while pinned it is only reported"


async def test_what_cannot_be_applied_now_is_tried_again_and_reported_once(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported, tries = Reported(), 0
    refuse = apply_refusal.refuse_unless_kept

    def fails_twice(*args: Any) -> None:
        nonlocal tries
        tries += 1
        if tries <= 2:
            raise StoreError("cannot apply: the store does not work: full.")
        refuse(*args)

    async with place.runs(HEAD, listener=reported) as tree, tree.following(applies=True):
        monkeypatch.setattr(apply_refusal, "refuse_unless_kept", fails_twice)
        place.write(HEAD + "# more\n")
        await reported.until("generation 2 runs")
        refused = [one for one in reported.texts if "the store does not work" in one]
        assert len(refused) == 1


async def test_h90_an_invalid_file_that_a_start_has_reported_is_not_reported_again(
    place: Place, looked: Callable[[], int]
) -> None:
    async with place.runs(HEAD):
        pass
    reported = Reported()
    async with place.runs("engin: {}\n", listener=reported) as tree, tree.following(applies=True):
        await looks(looked)
        assert reported.texts == []
        assert "the newer one is not valid: " in await tree.document_change()
        place.write(HEAD)
        await reported.until("the document is again the one that runs")


async def test_after_a_crash_a_newer_file_is_only_reported_also_with_watch(
    place: Place, looked: Callable[[], int]
) -> None:
    async with place.runs(HEAD):
        pass
    with opened(place.state) as store:
        head = store.head()
        assert head is not None
        store.mark(type(head)(number=1, converged=1, ended=False))
    reported = Reported()
    async with place.runs(HEAD, listener=reported) as tree:
        assert tree.running.number == 1
    with opened(place.state) as store:
        store.mark(type(head)(number=1, converged=1, ended=False))
    text = HEAD + "# newer\n"
    async with place.runs(text, listener=reported) as tree, tree.following(applies=True):
        await reported.until("the document was changed at ")
        await looks(looked)
        assert tree.running.number == 1
        place.write(text + "# and saved again\n")
        await reported.until("generation 2 runs, applied by fsmv2 (--watch)")
