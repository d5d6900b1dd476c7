"""A running tree is given another document: all of it or nothing, and only what differs."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import msgspec
import pytest
from document_place import HEAD, NEVER_CONVERGES, Place, document, events, ticks

from fsmv2.builtin.broker.ports import Ports, remembered_ports
from fsmv2.errors import (
    DocumentError,
    GenerationConflictError,
    RequestRefusedError,
    StoreError,
    TreeStoppingError,
    UnknownGenerationError,
)
from fsmv2.operate import open_tree, prepare, replay
from fsmv2.operate.changes.apply_data import ApplyRequest, DocumentText, RollbackRequest
from fsmv2.operate.generations import history
from fsmv2.operate.run_record import record_in
from fsmv2.operate.state_directory import JOURNAL
from fsmv2.operate.tree_opening import start


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


async def test_what_differs_is_changed_and_nothing_else(place: Place) -> None:
    async with place.runs(document(a="100", b="100", c="100")) as tree:
        before = await ticks(tree)
        request = ApplyRequest(
            document=place.write(document(a="100", b="200", d="100")), reason="a new press"
        )
        answer = await tree.apply(request, who="ann (test)", wait=30)
        assert answer.progress.state == "converged", answer.progress
        assert (answer.generation, answer.changed, answer.durable) == (2, True, True)
        after = await ticks(tree)
        assert after["edge/a"] == before["edge/a"], "not even looked at"
        assert after["edge/b"][0] == before["edge/b"][0] + 1
        assert "edge/c" not in after
        assert "edge/d" in after
        assert tree.running.number == tree.measured.document().generation == 2
        assert not tree.measured.document().differs
        assert await tree.document_change() == ""
        record = record_in(place.state)
        assert record is not None
        assert record.digests == (tree.running.record and tree.running.record.digests)
        kept, head = history(place.state)
        assert (kept[-1].who, kept[-1].tool, kept[-1].why) == ("ann", "test", "a new press")
        assert head is not None
        assert head.converged == 2
        said = await events(tree, "generation 2 has converged")
        assert any("generation 2 runs, applied by ann (test) (a new press)" in one for one in said)


async def test_h91_with_one_mistake_nothing_moves_and_all_are_told(place: Place) -> None:
    async with place.runs(HEAD) as tree:
        before = await ticks(tree)
        wrong = (
            HEAD + "engin: {}\nbridges:\n  - {nme: a}\nprocesses:\n  p: {command: [sleep, '1']}\n"
        )
        with pytest.raises(DocumentError) as raised:
            await tree.apply(ApplyRequest(document=place.write(wrong)))
        lines = {one.mark.line for one in raised.value.diagnostics if one.mark is not None}
        assert {3, 5} <= lines, "both mistakes, with their lines"
        assert (tree.running.number, place.numbers()) == (1, [1])
        assert set(await ticks(tree)) == set(before), "the valid part is not applied either"


async def test_h91_a_mistake_in_one_worker_alone_moves_nothing_either(place: Place) -> None:
    """A start would run the others; an apply does not break what runs."""
    broken = document(a="{{ .NOT }}", b="100")
    async with place.runs(document(a="100", b="100")) as tree:
        with pytest.raises(DocumentError, match="NOT") as raised:
            await tree.apply(ApplyRequest(document=place.write(broken)))
        assert [one.warning for one in raised.value.diagnostics] == [False]
        assert place.numbers() == [1]


async def test_what_ran_with_a_mistake_may_be_changed_in_something_else(place: Place) -> None:
    place.write(document(a="{{ .NOT }}", b="100"))
    async with open_tree(place.file, state_dir=place.state) as tree:
        await tree.until(
            lambda view: (b := view.get("edge/b")) is not None and b.healthy, timeout=30
        )
        changed = place.write(document(a="{{ .NOT }}", b="200"))
        assert (await tree.apply(ApplyRequest(document=changed))).generation == 2
        worse = place.write(document(a="{{ .NOT }}", b="{{ .ALSO_NOT }}"))
        with pytest.raises(DocumentError) as raised:
            await tree.apply(ApplyRequest(document=worse))
        assert len(raised.value.diagnostics) == 2, "all mistakes are named"


async def test_h93_a_plan_holds_only_for_what_it_was_made_against(place: Place) -> None:
    async with place.runs(HEAD) as tree:
        one = place.write(HEAD + "# one\n")
        planned = await tree.plan(one)
        assert (planned.generation, planned.changes) == (1, False)
        other = ApplyRequest(document=one, based_on=1, actions_digest="of another plan")
        with pytest.raises(RequestRefusedError, match="something else would be done by now"):
            await tree.apply(other)
        two = place.write(HEAD + "# two\n")
        with pytest.raises(RequestRefusedError, match="differs from what was sent"):
            await tree.apply(ApplyRequest(document=one))
        await tree.apply(ApplyRequest(document=two, reason="shift B"), who="ben")
        with pytest.raises(GenerationConflictError) as raised:
            await tree.apply(ApplyRequest(document=two, based_on=1))
        assert "generation 2 is running now, applied by ben at " in raised.value.message
        assert ": shift B" in raised.value.message
        assert place.numbers() == [1, 2]


async def test_h94_of_two_commits_at_once_one_is_refused_and_the_other_named(place: Place) -> None:
    async with place.runs(HEAD) as tree:
        text = place.write(HEAD + "# new\n")
        both = await asyncio.gather(
            *(tree.apply(ApplyRequest(document=text), who=who) for who in ("ann", "ben")),
            return_exceptions=True,
        )
        refused = [one for one in both if isinstance(one, GenerationConflictError)]
        assert len(refused) == 1
        assert "generation 2 is running now, applied by " in refused[0].message
        assert place.numbers() == [1, 2]


async def test_h95_during_a_stop_it_is_refused(place: Place) -> None:
    async with place.runs(HEAD) as tree:
        text = place.write(HEAD + "# new\n")
        await tree.stop()
        with pytest.raises(TreeStoppingError, match="cannot apply: the tree has stopped"):
            await tree.apply(ApplyRequest(document=text))
        with pytest.raises(TreeStoppingError):
            await tree.rollback(RollbackRequest(generation=1))
    assert place.numbers() == [1]


async def test_h95_a_later_one_supersedes_what_does_not_converge(place: Place) -> None:
    async with place.runs(HEAD) as tree:
        endless = place.write(NEVER_CONVERGES)
        first = await tree.apply(ApplyRequest(document=endless, timeout=600, rollback=True))
        assert first.progress.state == "converging"
        waiter = asyncio.ensure_future(tree.progress(2, wait=60))
        await asyncio.sleep(0)
        second = await tree.apply(ApplyRequest(document=place.write(HEAD + "# gone\n")), wait=30)
        assert second.progress.state == "converged"
        answered = await waiter
        assert (answered.state, answered.by) == ("superseded", 3)
        await events(tree, "generation 2 is superseded by 3")
        assert (await tree.progress(1)).state == "superseded"
        with pytest.raises(UnknownGenerationError, match="no generation 9"):
            await tree.progress(9)


async def test_h97_a_comment_an_order_or_an_anchor_touches_no_worker(place: Place) -> None:
    async with place.runs(HEAD) as tree:
        before = await ticks(tree)
        lines = HEAD.splitlines(keepends=True)
        other = f"# why\n{lines[1].replace('{', '&b {')}{lines[0]}"
        answer = await tree.apply(ApplyRequest(document=place.write(other)), wait=30)
        assert (answer.generation, answer.progress.state) == (2, "converged")
        assert {path: n for path, (n, _) in (await ticks(tree)).items()} == dict.fromkeys(before, 1)
        kinds = {
            cause.kind
            for path in before
            for record in await tree.records(path)
            for cause in record.causes
        }
        assert not kinds & {"spec", "variables"}, "nobody was told of anything"


async def test_the_same_text_makes_no_generation_however_often(place: Place) -> None:
    async with place.runs(HEAD) as tree:
        text = place.write(HEAD)
        size = (place.state / "store.db").stat().st_size
        for _ in range(600):
            answer = await tree.apply(ApplyRequest(document=text))
            assert (answer.changed, answer.generation) == (False, 1)
        assert place.numbers() == [1]
        assert (place.state / "store.db").stat().st_size == size


async def test_another_file_than_the_one_it_follows_is_refused(place: Place) -> None:
    async with place.runs(HEAD) as tree:
        other = place.file.with_name("other.yaml")
        text = DocumentText(source=str(other), files={"": HEAD.encode()})
        with pytest.raises(RequestRefusedError) as raised:
            await tree.apply(ApplyRequest(document=text))
        assert f"this tree follows {place.file}, and {other} is another" in raised.value.message


async def test_what_needs_a_restart_is_refused_and_named(place: Place) -> None:
    async with place.runs(HEAD) as tree:
        with pytest.raises(RequestRefusedError, match=r"has to be restarted for this: agent\.name"):
            await tree.apply(ApplyRequest(document=place.write(HEAD.replace("edge", "rim"))))
        assert place.numbers() == [1]


async def test_a_reload_that_would_remove_workers_is_refused_unless_it_may(place: Place) -> None:
    bridge = "bridges:\n  - {name: a, enabled: false, connection: {host: 127.0.0.1, port: 1}}\n"
    async with place.runs(HEAD + bridge) as tree:
        reload = ApplyRequest(document=place.write(HEAD), reload=True)
        with pytest.raises(RequestRefusedError, match="that would remove edge/a"):
            await tree.apply(reload)
        answer = await tree.apply(ApplyRequest(document=reload.document), wait=30)
        assert answer.progress.state == "converged"
        assert "edge/a" not in await ticks(tree)


async def test_a_dry_run_changes_nothing_and_says_what_would_be(place: Place) -> None:
    async with place.runs(HEAD) as tree:
        text = place.write(HEAD + "# new\n")
        answer = await tree.apply(ApplyRequest(document=text), dry_run=True)
        assert answer.text.startswith("generation 2 would run: touches no worker")
        assert (answer.changed, place.numbers()) == (False, [1])
        with pytest.raises(RequestRefusedError, match="a rollback needs a deadline"):
            await tree.apply(ApplyRequest(document=text, rollback=True))


async def test_a_rollback_is_a_new_generation_that_is_pinned_until_the_next_apply(
    place: Place,
) -> None:
    async with place.runs(HEAD) as tree:
        await tree.apply(ApplyRequest(document=place.write(HEAD + "# two\n")))
        answer = await tree.rollback(RollbackRequest(reason="noise"), who="ann", wait=30)
        assert (answer.generation, answer.progress.state) == (3, "converged")
        assert answer.text.startswith(
            "generation 3, which is generation 1 again, runs and is pinned"
        )
        assert tree.running.pinned
        assert tree.measured.document().pinned
        pinned = "generation 3, which is generation 1 again, is pinned until the next apply"
        assert (await tree.document_change()).startswith(pinned)
        assert (await tree.why("edge")).document.startswith(pinned)
        kept, head = history(place.state)
        assert (kept[-1].rollback_of, kept[-1].digest) == (1, kept[0].digest)
        assert head is not None
        assert head.pinned
        with pytest.raises(UnknownGenerationError, match=r"generation 7 .* is not kept"):
            await tree.rollback(RollbackRequest(generation=7))
        again = await tree.rollback(RollbackRequest(generation=1))
        assert (again.changed, again.generation) == (False, 3)
    async with open_tree(place.file, state_dir=place.state) as tree:
        assert tree.running.number == 3, "a start leaves it pinned"
        applied = await tree.apply(ApplyRequest(document=place.write(HEAD + "# four\n")))
        assert (applied.generation, tree.running.pinned) == (4, False)


async def test_what_has_not_converged_in_time_is_rolled_back_once(place: Place) -> None:
    async with place.runs(HEAD) as tree:
        endless = place.write(NEVER_CONVERGES)
        request = ApplyRequest(document=endless, timeout=0.5, rollback=True)
        answer = await tree.apply(request, wait=30)
        assert (answer.progress.state, answer.progress.by) == ("rolled back", 3)
        assert "edge/a" in answer.progress.pending
        assert (await tree.progress(wait=30)).state == "converged"
        assert tree.running.pinned
        assert tree.running.generation is not None
        assert tree.running.generation.rollback_of == 1
        said = await events(tree, "generation 3 has converged")
        late = [one for one in said if "generation 2 has not converged in time: " in one]
        assert any("edge/a" in one for one in late), said
    assert place.numbers() == [1, 2, 3]


async def test_the_deadline_outlasts_the_process(place: Place) -> None:
    async with place.runs(HEAD) as tree:
        request = ApplyRequest(document=place.write(NEVER_CONVERGES), timeout=1.0, rollback=True)
        await tree.apply(request)
        tree.ask_to_leave()
        await tree.leave()
    async with open_tree(place.file, state_dir=place.state) as tree:
        assert tree.running.number in (2, 3)
        progress = await tree.progress(2, wait=30)
        assert (progress.state, progress.by) == ("rolled back", 3)
    assert place.numbers() == [1, 2, 3]


async def test_while_the_store_fails_it_is_refused_and_nothing_stops(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place.runs(HEAD) as tree:
        text = place.write(HEAD + "# new\n")

        def full(*_: object, **__: object) -> None:
            raise StoreError("the disk is full.")

        with monkeypatch.context() as patched:
            patched.setattr("fsmv2.store.SqliteStore.commit", full)
            with pytest.raises(StoreError, match="the disk is full"):
                await tree.apply(ApplyRequest(document=text))
            assert (await tree.plan(text)).generation == 1, "to look needs no store"
        assert (tree.running.number, place.numbers()) == (1, [1])
        await tree.pause("edge", reason="it still works")
        assert (await tree.apply(ApplyRequest(document=text))).generation == 2


async def test_log_engine_and_notify_are_taken_over_while_it_runs(place: Place) -> None:
    async with place.runs(HEAD) as tree:
        text = HEAD + "engine: {escalate_at: 9}\nnotify: {targets: {}}\n"
        answer = await tree.apply(ApplyRequest(document=place.write(text)), wait=30)
        assert answer.progress.state == "converged"
        await tree.until(lambda _: tree.measured.core.settings.escalate_at == 9, timeout=200)
        assert tree.plant.settings.escalate_at == 9
    again = replay(place.state / JOURNAL, path="edge", tell=lambda _: None)
    assert again.found.same, "the journal has them, too"


async def test_a_worker_given_a_wrong_address_has_not_converged_since_it_was_well(
    place: Place,
) -> None:
    """It goes on with another config, and what was observed before it says nothing of it."""
    with socket.create_server(("127.0.0.1", 0)) as machine:
        text = NEVER_CONVERGES.replace("port: 1", f"port: {machine.getsockname()[1]}")
        async with place.runs(text) as tree:
            await tree.until(lambda view: view["edge/a/connection"].healthy, timeout=200)
            request = ApplyRequest(document=place.write(NEVER_CONVERGES), timeout=0.5)
            answer = await tree.apply(request, wait=30)
            assert answer.progress.state == "not converged"
            assert "edge/a/connection" in answer.progress.pending


async def test_a_managed_tree_takes_any_document_that_is_applied(place: Place) -> None:
    place.write(HEAD)
    with prepare(None, init=place.file, state_dir=place.state) as prepared:
        async with start(prepared) as tree:
            await tree.until(lambda view: view.get("edge") is not None, timeout=200)
            place.file.unlink()
            other = DocumentText(
                source="/elsewhere/new.yaml", files={"": b"# new\n" + HEAD.encode()}
            )
            answer = await tree.apply(ApplyRequest(document=other), wait=30)
            assert (answer.generation, answer.progress.state) == (2, "converged")
            assert str(tree.document) == "/elsewhere/new.yaml"
            relative = HEAD + "global: {pw: {file: pw}}\n"
            secret = DocumentText(source="/elsewhere/new.yaml", files={"": relative.encode()})
            with pytest.raises(DocumentError, match="is relative"):
                await tree.apply(ApplyRequest(document=secret))
    with prepare(None, state_dir=place.state) as again:
        assert again.generation is not None
        assert again.generation.number == 2


async def test_a_rollback_whose_secret_cannot_be_read_today_is_refused(place: Place) -> None:
    secret = place.file.with_name("pw")
    await asyncio.to_thread(secret.write_text, "a-password")
    secret.chmod(0o600)
    uses = HEAD + "global: {pw: {file: pw}}\n"
    async with place.runs(uses) as tree:
        await tree.apply(ApplyRequest(document=place.write(HEAD)), wait=30)
        secret.unlink()
        with pytest.raises((RequestRefusedError, DocumentError), match="pw"):
            await tree.rollback(RollbackRequest(generation=1))
        assert place.numbers() == [1, 2]
        await asyncio.to_thread(secret.write_text, "another-password")
        secret.chmod(0o600)
        answer = await tree.rollback(RollbackRequest(generation=1), wait=30)
        assert (answer.generation, tree.running.pinned) == (3, True)
        assert tree.plant.vault.redact("say another-password") != "say another-password"


async def test_a_stop_answers_who_waits_and_the_next_start_goes_on(place: Place) -> None:
    async with place.runs(HEAD) as tree:
        request = ApplyRequest(document=place.write(NEVER_CONVERGES), timeout=600)
        await tree.apply(request)
        waiter = asyncio.ensure_future(tree.progress(wait=600))
        await asyncio.sleep(0)
        await tree.stop()
        assert (await asyncio.wait_for(waiter, 30)).state == "converging"
        head = history(place.state)[1]
        assert head is not None
        assert head.converged != 2, "that all of it stands still is no convergence"
    async with open_tree(place.file, state_dir=place.state) as tree:
        progress = await tree.progress()
        assert (progress.generation, progress.state) == (2, "converging")
        assert progress.deadline is not None


async def test_it_returns_to_what_ran_where_the_last_that_converged_is_kept_no_more(
    place: Place,
) -> None:
    async with place.runs(HEAD) as tree:
        await tree.apply(ApplyRequest(document=place.write(HEAD + "# two\n")), wait=30)
        running = tree.running
        assert running.head is not None
        lost = msgspec.structs.replace(running.head, converged=77)
        tree._current.replace(msgspec.structs.replace(running, head=lost))
        late = ApplyRequest(document=place.write(NEVER_CONVERGES), timeout=0.1, rollback=True)
        assert (await tree.apply(late, wait=30)).progress.state == "rolled back"
        assert tree.running.generation is not None
        assert tree.running.generation.rollback_of == 2


@pytest.mark.real
async def test_the_ports_of_a_broker_that_comes_by_an_apply_are_those_of_the_next_start(
    place: Place,
) -> None:
    embedded = f"{HEAD.splitlines()[0]}\nbroker: {{embedded: true}}\n"
    async with place.runs(HEAD) as tree:
        await tree.apply(ApplyRequest(document=place.write(embedded)), wait=0)
        broker = tree.running.plant.root.user_spec.broker
        found = remembered_ports(Path(broker.state_dir))
        assert found == Ports(broker.port, broker.mqtt_port)
