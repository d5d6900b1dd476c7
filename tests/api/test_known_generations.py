"""Generations as a client gets them: of a running tree through its API, else from its store."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from served_tree import DOCUMENT, call, tree_with_api

from fsmv2.api import route_handlers
from fsmv2.errors import UnknownGenerationError
from fsmv2.operate import generations, open_tree
from fsmv2.operate.known_generations import KnownGenerations
from fsmv2.operate.state_directory import STORE

OLDER = DOCUMENT.replace("EVERY: 1", "EVERY: 2") + "# password: geheim\n"


async def an_older_generation(folder: Path) -> None:
    file = folder / "plant.yaml"
    file.write_text(OLDER)
    async with open_tree(file, state_dir=folder / "state"):
        pass


def of(folder: Path) -> KnownGenerations:
    return KnownGenerations(None, folder / "state", tool="test")


def all_of(known: KnownGenerations) -> list[Any]:
    return [known.history(), known.text(), known.text(1), known.difference(1), known.text(2)]


async def test_a_running_tree_is_asked_and_says_what_its_store_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await an_older_generation(tmp_path)
    asked: list[str] = []
    for name in ("history_in", "text_in", "difference_in"):
        real = getattr(route_handlers, name)
        monkeypatch.setattr(
            route_handlers, name, lambda *a, real=real, name=name: (asked.append(name), real(*a))[1]
        )
    async with tree_with_api(tmp_path):
        running = await asyncio.to_thread(all_of, of(tmp_path))
        with pytest.raises(UnknownGenerationError) as raised:
            await asyncio.to_thread(of(tmp_path).text, 7)
    assert asked == [
        *("history_in", "text_in", "text_in", "difference_in", "text_in", "text_in"),
    ], "the tree was asked, not its store behind its back"
    history = running[0]
    assert [one.number for one in history.generations] == [1, 2]
    assert (history.head.number, history.head.ended) == (2, False)
    assert "geheim" not in repr(running)
    assert "-# password: ***" in running[3].text

    stopped = all_of(of(tmp_path))
    assert stopped[1:] == running[1:]
    assert (stopped[0].generations, stopped[0].head.ended) == (history.generations, True)
    with pytest.raises(UnknownGenerationError) as also:
        of(tmp_path).text(7)
    assert (str(also.value), also.value.fix) == (str(raised.value), raised.value.fix)
    assert also.value.fix == "Kept are: 1 to 2."


async def test_a_tree_that_runs_without_an_api_has_its_store_read(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text(DOCUMENT)
    async with open_tree(file, state_dir=tmp_path / "state"):
        history = await asyncio.to_thread(of(tmp_path).history)
    assert [one.number for one in history.generations] == [1]


async def test_a_store_is_only_read(tmp_path: Path) -> None:
    await an_older_generation(tmp_path)
    store = tmp_path / "state" / STORE
    before = store.read_bytes()
    known = of(tmp_path)
    assert known.history().head is not None
    assert known.difference(1).text == known.difference(1, 1).text == ""
    assert store.read_bytes() == before


async def test_the_difference_over_http(tmp_path: Path) -> None:
    await an_older_generation(tmp_path)
    async with tree_with_api(tmp_path) as (tree, api):
        reply = await call(api.place, "GET", "/v1/difference?older=1")
        found = generations.generation(tree.directory)
        assert (reply.json["older"], reply.json["newer"]) == (1, found.number)
        missing = await call(api.place, "GET", "/v1/difference?older=1&newer=9")
        assert (missing.status, missing.json["fix"]) == (404, "Kept are: 1 to 2.")
