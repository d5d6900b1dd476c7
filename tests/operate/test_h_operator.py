"""Hard cases of what operators ask for: over restarts, other documents, stops, other secrets."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import pytest

from fsmv2.errors import TreeStoppingError
from fsmv2.operate import open_tree, replay
from fsmv2.operate.generations import generation, history, shown
from fsmv2.operate.state_directory import JOURNAL
from fsmv2.operate.tree_handle import TreeHandle

DOCUMENT = """
agent: {name: edge}
broker: {url: "nats://127.0.0.1:1"}
processes:
  ticker: {variables: {EVERY: 1}, command: [sleep, "{{ .EVERY }}000"]}
  other: {command: [sleep, "1000"]}
"""
CHANGED = DOCUMENT.replace("000", "001").replace("EVERY: 1", "EVERY: 2")
TICKER, OTHER = "edge/ticker", "edge/other"
WITHIN = 60


@pytest.fixture
def document(tmp_path: Path) -> Path:
    file = tmp_path / "plant.yaml"
    file.write_text(DOCUMENT)
    return file


async def pid_of(tree: TreeHandle, path: str) -> int:
    """The process, once it runs."""
    view = await tree.until(lambda view: view[path].state == "running", timeout=WITHIN)
    found = re.search(r"pid (\d+)", view[path].reason)
    assert found is not None
    return int(found[1])


def told_by(pid: int, what: str) -> list[str]:
    """The `cmdline` or the `environ` of a process; nothing when it has just ended."""
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes().decode().split("\0")
    except FileNotFoundError:
        return []


async def becomes(tree: TreeHandle, path: str, what: str, *words: str) -> int:
    """Until a process runs there that has these words after each other; its pid."""
    async with asyncio.timeout(WITHIN):
        while True:
            pid = await pid_of(tree, path)
            if "\0".join(words) in "\0".join(told_by(pid, what)):
                return pid
            await asyncio.sleep(0.05)


def change(document: Path, old: str, new: str) -> None:
    text = document.read_text()
    assert text.count(old) == 1
    document.write_text(text.replace(old, new))


async def until_there(tree: TreeHandle) -> None:
    await tree.until(lambda view: view.get(TICKER) is not None, timeout=WITHIN)


async def in_force(tree: TreeHandle) -> list[tuple[str, str]]:
    return sorted((one.path, one.kind) for one in await tree.overrides())


@pytest.mark.real
async def test_h96_an_override_outlasts_a_restart_and_another_document_for_its_worker(
    document: Path, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    asked = [(OTHER, "stop"), (TICKER, "pause"), (TICKER, "set")]
    async with open_tree(document, state_dir=state) as tree:
        await until_there(tree)
        await tree.set_variable(TICKER, "EVERY", 3, who="ann")
        await becomes(tree, TICKER, "cmdline", "sleep", "3000")
        await tree.pause(TICKER, who="ann")
        await tree.stop_path(OTHER, who="ann")
        await tree.until(lambda view: view[OTHER].state == "stopped", timeout=WITHIN)
    async with open_tree(document, state_dir=state) as tree:
        assert await in_force(tree) == asked
    change(document, DOCUMENT, CHANGED)
    async with open_tree(document, state_dir=state) as tree:
        assert [one.number for one in history(state)[0]] == [1, 2]
        assert await in_force(tree) == asked
        view = await tree.until(
            lambda view: bool(view[TICKER].paused) and view[OTHER].state == "stopped",
            timeout=WITHIN,
        )
        assert "paused by ann" in " ".join(view[TICKER].overrides)
        assert "EVERY" in " ".join(view[TICKER].overrides)
        assert "stopped by ann" in " ".join(view[OTHER].overrides)
        await tree.resume(TICKER)
        await becomes(
            tree, TICKER, "cmdline", "sleep", "3001"
        )  # as it was set, and as it is declared now
        await tree.unset_variable(TICKER, "EVERY")
        await becomes(tree, TICKER, "cmdline", "sleep", "2001")
        await tree.start_path(OTHER)
        await becomes(tree, OTHER, "cmdline", "sleep", "1001")


@pytest.mark.real
async def test_h95_what_is_asked_during_a_stop_is_refused_and_not_there_after_it(
    document: Path, tmp_path: Path
) -> None:
    stubborn = """[sh, -c, 'trap "" TERM; while :; do sleep 0.1; done']"""
    change(document, '[sleep, "1000"]', f"{stubborn}, grace: 1s")
    state = tmp_path / "state"
    async with open_tree(document, state_dir=state) as tree:
        await tree.until(lambda view: view[OTHER].state == "running", timeout=WITHIN)
        stopping = asyncio.create_task(tree.stop())
        await tree.until(lambda view: view[OTHER].state == "stopping", timeout=WITHIN)
        for asked in (tree.pause(OTHER), tree.stop_path(OTHER), tree.restart(OTHER)):
            with pytest.raises(TreeStoppingError):
                await asked
        await stopping
    async with open_tree(document, state_dir=state) as tree:
        assert await in_force(tree) == []


@pytest.mark.real
async def test_h99_a_rotated_secret_is_an_event_and_no_generation_and_is_not_shown(
    document: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "word"
    secret.write_text("first-word")
    secret.chmod(0o600)
    change(document, "{EVERY: 1}", '{W: {file: word}}, env: {W: "{{ .W }}"}')
    change(document, "{{ .EVERY }}000", "2000")
    change(document, "processes:", "engine: {secrets_interval: 100ms}\nprocesses:")
    state = tmp_path / "state"
    async with open_tree(document, state_dir=state) as tree:
        await becomes(tree, TICKER, "environ", "W=first-word")
        other = await pid_of(tree, OTHER)
        secret.write_text("second-word")
        await becomes(tree, TICKER, "environ", "W=second-word")
        assert await pid_of(tree, OTHER) == other
        events = await tree.events(limit=1000)
        assert any("secret W changed" in one.event.text for one in events)
        status = await tree.why(TICKER)
    assert [one.number for one in history(state)[0]] == [1]
    told = f"{events} {status} {shown(generation(state).files)}"
    kept = [file.read_bytes() for file in (state / "store.db", *state.glob("journal/*.journal"))]
    for word in ("first-word", "second-word"):
        assert word not in told
        assert all(word.encode() not in one for one in kept)


@pytest.mark.real
@pytest.mark.thorough
async def test_h50_a_stop_for_half_an_hour_holds_on_a_machine_whose_clock_is_set_back_an_hour(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would have ended at once, in the middle of the work on that machine."""
    real, set_by = time.time, [0.0]
    monkeypatch.setattr("time.time", lambda: real() + set_by[0])
    state = tmp_path / "state"
    async with open_tree(document, state_dir=state) as tree:
        await tree.until(lambda view: view[OTHER].state == "running", timeout=WITHIN)
        for hours in (-1, 5, -9):
            set_by[0] = hours * 3600.0
            await tree.stop_path(OTHER, seconds=1800)
            await tree.until(lambda view: view[OTHER].state == "stopped", timeout=WITHIN)
            set_by[0] += 7200.0
            view = await tree.until(lambda view: abs(view.at - time.time()) < 30, timeout=WITHIN)
            assert view[OTHER].overrides
            (found,) = await tree.overrides()
            assert found.until is not None
            assert 0 < found.until - time.time() <= 1800
            await tree.start_path(OTHER)
            await tree.until(lambda view: view[OTHER].state == "running", timeout=WITHIN)
        await tree.stop_path(OTHER, seconds=1800)
    async with open_tree(document, state_dir=state) as tree:
        assert await in_force(tree) == [(OTHER, "stop")]
    assert replay(state / JOURNAL, tell=lambda _: None).found.same
