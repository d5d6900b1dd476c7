"""Operators of a plant that is killed: what they ask for, and what was acknowledged."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from plant_campaign import BRIDGES, PATIENCE, Campaign

from fsmv2.errors import ApiUnavailableError, RequestRefusedError, UnknownPathError
from fsmv2.operate.remote_tree import RemoteTree
from fsmv2.operate.request_types import (
    Pause,
    Request,
    Resume,
    SetVariable,
    Start,
    Stop,
    UnsetVariable,
)
from fsmv2.operate.worker_status import WorkerStatus
from fsmv2.runtime import NodeView

TOUCHED = (*(f"edge/m{n}" for n in range(5)), "edge/ticker")
UNTOUCHED = [f"edge/m{n}" for n in range(5, BRIDGES)]
InForce = dict[tuple[str, str], object]
"""By path and kind: None, or what is in force; of a variable its value."""


class RequestThreads(ThreadPoolExecutor):
    """The threads in which requests are sent: it is known when none is under way any more.

    One that is no longer waited for goes on in its thread, and would reach the next run.
    """

    def __init__(self) -> None:
        super().__init__(max_workers=8)
        self._under_way: set[Future[Any]] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """As ever, and noted until it has ended."""
        future = super().submit(fn, *args, **kwargs)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return future

    async def over(self) -> None:
        """Until none is under way; those of a run that was killed end at once."""
        async with asyncio.timeout(PATIENCE):
            while self._under_way:  # noqa: ASYNC110  (threads tell nobody)
                await asyncio.sleep(0.02)


class Operator:
    """Asks for one thing after another, and knows what was acknowledged."""

    def __init__(self, campaign: Campaign, rng: random.Random) -> None:
        self.tree = RemoteTree(campaign.state, tool="campaign")
        self._rng = rng
        self.acknowledged: InForce = {}
        self.unanswered: set[tuple[str, str]] = set()
        self.count = 0

    async def work(self, kill_after: int) -> None:
        """Until so many requests were acknowledged in this life, or the tree is gone."""
        done = 0
        while done < kill_after:
            done += await self._ask()

    async def _ask(self) -> bool:
        request, key, value = self._draw()
        try:
            answer = await self.tree.ask(request)
        except asyncio.CancelledError:
            self.unanswered.add(key)
            raise
        except UnknownPathError:
            return False  # it is starting
        except RequestRefusedError as error:
            known = key not in self.unanswered and self.acknowledged.get(key) is not None
            if value is not None or known:  # to end what is not in force is refused, and no more
                raise AssertionError(f"{request} was refused") from error
            return False
        except ApiUnavailableError as error:
            if error.__cause__ is None or not isinstance(error.__cause__, FileNotFoundError):
                self.unanswered.add(key)
            await asyncio.sleep(0.05)
            return False
        assert answer.durable, answer
        self.acknowledged[key] = value
        self.unanswered.discard(key)
        self.count += 1
        return True

    def _draw(self) -> tuple[Request, tuple[str, str], object]:
        path = self._rng.choice(TOUCHED)
        value = self._rng.randrange(1000)
        drawn: list[tuple[Request, str, object]] = [
            (Pause(path=path), "pause", True),
            (Resume(path=path), "pause", None),
            (Stop(path=path), "stop", True),
            (Start(path=path), "stop", None),
        ]
        if path == "edge/ticker":
            drawn += [
                (SetVariable(path=path, name="NOTE", value=value), "set", value),
                (UnsetVariable(path=path, name="NOTE"), "set", None),
            ]
        request, kind, wanted = self._rng.choice(drawn)
        return request, (path, kind), wanted

    async def check(self) -> None:
        """Once the tree answers: what was acknowledged is in force, and nothing else."""
        limit = time.monotonic() + PATIENCE
        while True:
            try:
                listed = await asyncio.to_thread(self.tree.overrides)
                # They are written anew whenever the machine was too busy for a second.
                if all(one.durable for one in listed):
                    break
            except ApiUnavailableError:
                pass
            assert time.monotonic() < limit, "the API is not served, or they are never durable"
            await asyncio.sleep(0.05)
        found = {(one.path, one.kind): one.value if one.kind == "set" else True for one in listed}
        for key in self.unanswered:
            self.acknowledged[key] = found.get(key)
        self.unanswered.clear()
        assert found == {key: v for key, v in self.acknowledged.items() if v is not None}

    async def look(self, path: str) -> NodeView:
        """How a worker is."""
        query = {"path": path}
        found = await asyncio.to_thread(self.tree.get, "/v1/worker", query, WorkerStatus)
        return found.node

    async def end_all(self) -> None:
        """Everything is back to that of the document."""
        for (path, kind), value in self.acknowledged.items():
            if value is not None:
                opposite: dict[str, Request] = {
                    "pause": Resume(path=path),
                    "stop": Start(path=path),
                    "set": UnsetVariable(path=path, name="NOTE"),
                }
                await self.tree.ask(opposite[kind])
        assert await asyncio.to_thread(self.tree.overrides) == []
