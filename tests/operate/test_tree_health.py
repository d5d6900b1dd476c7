"""Health judged from proofs of progress: a restart is asked for only when supervision is stuck."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from fsmv2.operate import TreeHandle, open_tree, tree_health
from fsmv2.operate.tree_health import health_of
from fsmv2.runtime.liveness import Liveness

WELL = Liveness(supervision_lag=0, work_lag=0, silent=(), work_age=0.1, store_behind=0.0)


def but(**changes: object) -> Liveness:
    return msgspec.structs.replace(WELL, **changes)


def test_all_parts_that_prove_progress_are_ok_with_their_ages() -> None:
    found = health_of(but(supervision_age=0.4), flows_age=0.2)
    assert found.status == "ok"
    ages = [part.age for part in (found.supervision, found.workers, found.flows, found.store)]
    assert ages == [0.4, 0.1, 0.2, 0.0]
    assert found.reasons == ()


@pytest.mark.parametrize(
    ("found", "flows_age", "reason"),
    [
        (but(work_age=4.0), None, "the loop of all workers has not run for 4.0 s"),
        (WELL, 60.0, "the loop of all flows has not run for 60.0 s"),
        (but(store_failing="disk full"), None, "the store cannot be written: disk full"),
        (but(journal_failing="full"), None, "what happens is not recorded in the journal: full"),
        (but(store_behind=11.0), None, "has been waiting for 11.0 s"),
        (but(silent=("a/b",)), None, "no observation comes from a/b"),
        (but(supervision_age=5.0), None, "supervision has not decided anything for 5.0 s"),
        (
            but(supervision_age=5.0, blocking="derive of a/b, at scale.py:3"),
            None,
            "not decided anything for 5.0 s; blocked by derive of a/b, at scale.py:3",
        ),
    ],
)
def test_what_a_restart_would_not_mend_is_degraded(
    found: Liveness, flows_age: float | None, reason: str
) -> None:
    judged = health_of(found, flows_age=flows_age)
    assert judged.status == "degraded"
    assert len(judged.reasons) == 1
    assert reason in judged.reasons[0]


def test_supervision_that_decides_nothing_is_stuck_whatever_else_succeeds() -> None:
    assert health_of(but(supervision_age=10.1)).status == "stuck"
    assert health_of(but(supervision_age=10.1, store_failing="full")).status == "stuck"


def test_a_tree_that_has_stopped_is_not_stuck() -> None:
    assert health_of(but(supervision_age=60.0), stopped=True).status == "ok"


def test_of_many_silent_workers_some_are_named_and_all_are_counted() -> None:
    found = health_of(but(silent=tuple(f"a/{n}" for n in range(10_000))))
    assert (len(found.silent), found.silent_total) == (20, 10_000)
    assert found.reasons[0].endswith("and 9995 more")


@pytest.fixture
def free() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@contextlib.asynccontextmanager
async def tree_of(folder: Path) -> AsyncIterator[TreeHandle]:
    file = folder / "plant.yaml"
    file.write_text('agent: {name: edge}\nbroker: {url: "nats://127.0.0.1:1"}\n')
    async with open_tree(file, state_dir=folder / "state") as tree:
        await until(lambda: "edge/broker" in tree.readiness().unsettled)
        yield tree


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110  (another thread)
            await asyncio.sleep(0.02)


async def test_h40_supervision_that_is_blocked_is_stuck_and_the_answer_waits_for_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: threading.Event
) -> None:
    monkeypatch.setattr(tree_health, "LATE_AFTER", 1.5)
    monkeypatch.setattr(tree_health, "STUCK_AFTER", 2.0)
    async with tree_of(tmp_path) as tree:
        assert tree.health().status == "ok"
        loop = tree._runtime._parts.supervision_thread.loop
        loop.call_soon_threadsafe(free.wait, 30)
        await until(lambda: tree.health().status == "stuck")
        assert tree.health().workers.status == "ok", "which come round, and hide nothing"
        assert list(tree.readiness().unsettled) == ["edge/broker"]
        free.set()
        await until(lambda: tree.health().status == "ok")


async def test_slices_that_raise_prove_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree_health, "LATE_AFTER", 1.5)
    monkeypatch.setattr(tree_health, "STUCK_AFTER", 2.0)
    async with tree_of(tmp_path) as tree:

        def broken(*_: object) -> bool:
            raise ValueError("a mistake of ours")

        loop = tree._runtime._parts.supervision_thread.loop
        loop.call_soon_threadsafe(loop.set_exception_handler, lambda *_: None)
        with monkeypatch.context() as patched:
            patched.setattr(tree._runtime.supervision, "_decide", broken)
            await until(lambda: tree.health().status == "stuck")
            assert tree._runtime.liveness().alive, "the loop itself comes round"
        await until(lambda: tree.health().status == "ok")


async def test_a_store_that_cannot_be_written_is_degraded_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tree_of(tmp_path) as tree:
        writer = tree._runtime._parts.writer
        assert writer is not None

        def full(_: object) -> None:
            raise OSError("no space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(writer._commit.store, "write", full)
            await tree.pause("edge/broker")
            await until(lambda: "no space left" in tree.health().store.reason)
            assert tree.health().status == "degraded"
            await until(lambda: (tree.health().store.age or 0.0) > 0.3)
        writer.retry()
        await until(lambda: tree.health().store.status == "ok")
        await until(lambda: tree.health().store.age == 0.0)
