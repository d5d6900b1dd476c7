"""SIGHUP while a tree runs, and when its service manager hears that the reload is over."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from fsmv2.cli.foreground import ForegroundProcess
from fsmv2.cli.output_thread import opened
from fsmv2.cli.reload_signal import WHO, reloads_by_signal
from fsmv2.cli.service_notices import ServiceNotices
from fsmv2.cli.signals import Signals
from fsmv2.cli.tree_session import TreeSession
from fsmv2.errors import RequestRefusedError
from fsmv2.operate.changes.apply_data import ApplyProgress
from fsmv2.operate.changes.document_reload import ReloadAnswer


class Notices(ServiceNotices):
    """What a service manager would hear."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def reloading(self) -> None:
        self.heard.append("reloading")

    def reloaded(self) -> None:
        self.heard.append("reloaded")


class Tree:
    """Reloads at once; what it applies has converged when the test says so."""

    def __init__(self) -> None:
        self.refuses = False
        self.number = 1
        self.asked: list[str] = []
        self.converged = asyncio.Event()

    async def reload(self, *, who: str) -> ReloadAnswer:
        self.asked.append(who)
        if self.refuses:
            raise RequestRefusedError("no")
        self.number += 1
        progress = ApplyProgress(generation=self.number, state="converging")
        return ReloadAnswer(text="", changed=True, progress=progress)

    async def progress(self, generation: int | None, *, wait: float) -> ApplyProgress:
        await self.converged.wait()
        return ApplyProgress(generation=self.number, state="converged")


@asynccontextmanager
async def session(tree: Tree, notices: Notices) -> AsyncIterator[Signals]:
    signals = Signals(lambda _: None, lambda: None, reloads=True)
    signals._had_terminal = False
    with opened() as output, TreeSession(None, ForegroundProcess(signals, output)) as held:
        async with reloads_by_signal(held, tree, notices):
            yield signals


async def turns() -> None:
    """Let everything that is ready go on."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def notices() -> Notices:
    return Notices()


async def test_a_reload_is_over_when_it_has_converged(notices: Notices) -> None:
    tree = Tree()
    async with session(tree, notices) as signals:
        signals._came(signal.SIGHUP)
        await turns()
        assert (tree.asked, notices.heard) == ([WHO], ["reloading"])
        tree.converged.set()
        await turns()
        assert notices.heard == ["reloading", "reloaded"]


async def test_a_reload_that_is_refused_is_over_at_once_and_the_next_one_is_heard(
    notices: Notices,
) -> None:
    tree = Tree()
    tree.refuses = True
    async with session(tree, notices) as signals:
        for _ in range(2):
            signals._came(signal.SIGHUP)
            await turns()
    assert notices.heard == ["reloading", "reloaded"] * 2


async def test_h67_a_second_signal_does_not_wait_for_the_first_to_converge(
    notices: Notices,
) -> None:
    tree = Tree()
    async with session(tree, notices) as signals:
        for _ in range(2):
            signals._came(signal.SIGHUP)
            await turns()
        assert tree.number == 3
        tree.converged.set()
        await turns()
    assert notices.heard == ["reloading", "reloading", "reloaded"]


async def test_h67_signals_that_come_together_are_one_reload(notices: Notices) -> None:
    tree = Tree()
    async with session(tree, notices) as signals:
        for _ in range(500):
            signals._came(signal.SIGHUP)
        await turns()
    assert len(tree.asked) == 1
