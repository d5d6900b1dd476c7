"""A document that is read again without anybody having looked at what that would do."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from document_place import HEAD, Place, events, ticks, with_bridges
from tests.runtime.log.test_event_table import FROM_A_RELOAD, problem

from fsmv2.core import Report
from fsmv2.errors import DocumentError, RequestRefusedError, TreeStoppingError
from fsmv2.operate.changes.apply_data import RollbackRequest
from fsmv2.operate.generations import history
from fsmv2.operate.prepared_tree import prepare
from fsmv2.operate.tree_opening import start
from fsmv2.runtime.log.entry import LogEntry, json_line
from fsmv2.runtime.log.log_levels import LogLevels
from fsmv2.runtime.log.log_writer import LogWriter
from fsmv2.runtime.log.other_events import DocumentInvalid, DocumentProblem, ReloadRefused

SIGHUP = "fsmv2 (SIGHUP)"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


async def test_h67_a_reload_applies_what_the_file_says_and_its_events_say_who_and_why(
    place: Place,
) -> None:
    async with place.runs(with_bridges("a")) as tree:
        place.write(with_bridges("a", "b"))
        answer = await tree.reload(who=SIGHUP, wait=30)
        assert (answer.changed, answer.progress and answer.progress.state) == (True, "converged")
        kept = history(place.state)[0][-1]
        assert (kept.number, kept.who, kept.tool) == (2, "fsmv2", "SIGHUP")
        assert kept.why.startswith("the document was changed at ")
        again = await tree.reload(who=SIGHUP)
        assert not again.changed
        assert again.text == "nothing to reload: generation 2 runs, and has this text already"
        await events(tree, again.text)


async def test_h91_a_reload_of_an_invalid_document_moves_nothing_and_reports_all_mistakes_once(
    place: Place,
) -> None:
    reports: list[Report] = []
    entries: list[LogEntry] = []
    log = LogWriter(LogLevels(), [entries.append])
    async with place.runs(HEAD, listener=reports.append, log=log) as tree:
        before = await ticks(tree)
        place.write(HEAD + "engin: {}\nbridges:\n  - {nme: a}\n")
        for _ in range(2):
            with pytest.raises(DocumentError):
                await tree.reload(who=SIGHUP)
        assert set(await ticks(tree)) == set(before)
        assert tree.running.number == 1
        found = [one.event for one in reports if one.kind == "document"]
        assert isinstance(found[0], DocumentInvalid)
        problems = [one for one in found if isinstance(one, DocumentProblem)]
        assert found[0].mistakes == len(problems) == len(found) - 1
        assert {3, 5} <= {one.line for one in problems}
        again = [one.text for one in reports if isinstance(one.event, ReloadRefused)]
        assert len(again) == 1, "whoever asks again is answered in one line"
        assert again[0].startswith(f"cannot reload: the document is not valid: {place.file}:")
        assert f"the newer one is not valid: {place.file}:" in await tree.document_change()
        assert f"the newer one is not valid: {place.file}:" in (await tree.why("edge")).document
        place.write(HEAD)
        await tree.reload(who=SIGHUP)
    log.close()
    lines = [json.loads(json_line(one)) for one in entries]
    assert not list(filter(None, map(problem, lines)))
    assert {line["event"] for line in lines} >= FROM_A_RELOAD


async def test_h90_a_reload_that_would_remove_workers_is_refused_whole_and_lists_them(
    place: Place,
) -> None:
    reports: list[Report] = []
    async with place.runs(with_bridges("a", "b"), listener=reports.append) as tree:
        before = set(await ticks(tree))
        place.write(with_bridges("c"))
        for _ in range(2):
            with pytest.raises(
                RequestRefusedError, match="would remove edge/a, edge/b with what is below"
            ):
                await tree.reload(who=SIGHUP)
        assert set(await ticks(tree)) == before, "c is not added either"
        assert "was not applied: cannot reload: that would remove" in await tree.document_change()
        assert [isinstance(one.event, ReloadRefused) for one in reports].count(True) == 2
        assert tree.measured.document().differs
        place.write("engine: {prune: true}\n" + with_bridges("c"))
        answer = await tree.reload(who=SIGHUP, wait=30)
        assert answer.progress is not None
        assert answer.progress.state == "converged"
        assert not {"edge/a", "edge/b"} & set(await ticks(tree))


async def test_a_reload_leaves_a_pinned_generation_running(place: Place) -> None:
    async with place.runs(with_bridges("a")) as tree:
        place.write(with_bridges("a", "b"))
        await tree.reload(wait=30)
        await tree.rollback(RollbackRequest(), wait=30)
        with pytest.raises(RequestRefusedError, match="is pinned until the next apply"):
            await tree.reload()
        assert (tree.running.number, tree.running.pinned) == (3, True)
        place.write(with_bridges("a"))
        with pytest.raises(RequestRefusedError, match="is pinned"):
            await tree.reload()
        assert tree.running.pinned, "also when the file has the text that is pinned"


async def test_a_managed_tree_reads_its_secrets_again_and_no_document(place: Place) -> None:
    secret = place.file.with_name("secret")
    secret.write_text("one")
    await asyncio.to_thread(place.write, HEAD + f"global: {{WORD: {{file: {secret}}}}}\n")
    with prepare(None, state_dir=place.state, init=place.file) as prepared:
        async with start(prepared) as tree:
            place.write(HEAD)
            secret.write_text("two")
            answer = await tree.reload()
            assert answer.text.endswith("there is none to reload; secrets are read again: 1 files")
            assert tree.running.number == 1
            assert await tree.document_change() == "", "it follows no file"
            await events(tree, f"secret WORD changed (file {secret})")


async def test_h95_a_reload_during_a_stop_is_refused_and_reported(place: Place) -> None:
    reports: list[Report] = []
    async with place.runs(HEAD, listener=reports.append) as tree:
        place.write(with_bridges("a"))
        await tree.stop()
        with pytest.raises(TreeStoppingError):
            await tree.reload()
    assert history(place.state)[0][-1].number == 1
