"""kill -9 while a script pauses, stops and sets: what was acknowledged is in force afterwards.

Half of the kills come right after an acknowledgement, the others at any moment. Bridges that the
script leaves alone have no gap but that of the kill.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time

import pytest
from plant_campaign import (
    BRIDGES,
    KILLS,
    LONGEST_LIFE,
    PATIENCE,
    SEED,
    Campaign,
    Subscriber,
)
from untouched import GAP, Life, disturbed, own_gaps

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

pytestmark = [pytest.mark.real, pytest.mark.campaign]

TOUCHED = (*(f"edge/m{n}" for n in range(5)), "edge/ticker")
UNTOUCHED = [f"edge/m{n}" for n in range(5, BRIDGES)]
LONG_LIFE = 15.0
"""Seconds that every tenth run may live: long enough for a gap within it to be seen."""

InForce = dict[tuple[str, str], object]
"""By path and kind: None, or what is in force; of a variable its value."""


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
        limit = time.monotonic() + 60
        while True:
            try:
                listed = await asyncio.to_thread(self.tree.overrides)
                break
            except ApiUnavailableError:
                assert time.monotonic() < limit, "the API is not served"
                await asyncio.sleep(0.05)
        found = {(one.path, one.kind): one.value if one.kind == "set" else True for one in listed}
        for key in self.unanswered:
            self.acknowledged[key] = found.get(key)
        self.unanswered.clear()
        assert found == {key: v for key, v in self.acknowledged.items() if v is not None}
        assert all(one.durable for one in listed)

    async def look(self, path: str) -> NodeView:
        """How a worker is."""
        query = {"path": path}
        found = await asyncio.to_thread(self.tree.get, "/v1/worker", query, WorkerStatus)
        return found.node

    async def end_all(self) -> None:
        """Everything is as the document says again."""
        for (path, kind), value in self.acknowledged.items():
            if value is not None:
                opposite: dict[str, Request] = {
                    "pause": Resume(path=path),
                    "stop": Start(path=path),
                    "set": UnsetVariable(path=path, name="NOTE"),
                }
                await self.tree.ask(opposite[kind])
        assert await asyncio.to_thread(self.tree.overrides) == []


async def check_effect(operator: Operator, subscriber: Subscriber) -> None:
    """What is in force has its effect: what is stopped is, and sends nothing."""
    limit = time.monotonic() + PATIENCE
    for path, kind in [key for key, value in operator.acknowledged.items() if value is not None]:
        while True:
            found = await operator.look(path)
            if found.paused if kind == "pause" else kind != "stop" or found.state == "stopped":
                break
            assert time.monotonic() < limit, f"{path} is not as asked: {found}"
            await asyncio.sleep(0.1)
    stopped = [path for (path, kind), v in operator.acknowledged.items() if v and kind == "stop"]
    await asyncio.sleep(1)  # in which what was on its way arrives
    before = {topic: len(times) for topic, times in subscriber.times.items()}
    await asyncio.sleep(2)
    for topic, times in subscriber.times.items():
        if any(f"/{path.rpartition('/')[2]}/" in topic for path in stopped):
            assert len(times) == before.get(topic, 0), f"{topic} goes on, and is stopped"


@pytest.mark.timeout(240 + 40 * KILLS)
async def test_what_was_acknowledged_is_in_force_after_each_kill(campaign: Campaign) -> None:
    print(f"SEED={SEED} KILLS={KILLS}")
    rng = random.Random(SEED)
    text = campaign.file.read_text()
    campaign.file.write_text(text.replace("ticker: {", "ticker: {variables: {NOTE: 0}, "))
    operator, subscriber = Operator(campaign, rng), Subscriber(campaign.mqtt_port)
    listening = asyncio.create_task(subscriber.listen())
    lives: list[Life] = []
    try:
        for number in range(KILLS):
            began = time.time()
            campaign.start()
            if number % 3:  # else it may be killed while it starts, before it is asked anything
                await operator.check()
            longest = LONG_LIFE if number % 10 == 9 else LONGEST_LIFE
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rng.uniform(0.2, longest)):
                    await operator.work(rng.randrange(1, 30) if number % 2 else 1_000_000)
            lives.append((began, time.time()))
            campaign.kill()
            await asyncio.sleep(0.3)  # in which a request that was under way is known as such
            campaign.check_nothing_runs_twice()
            campaign.check_adopted("database", "service")
            assert disturbed(campaign.reports(), UNTOUCHED) == []
        campaign.start()
        await operator.check()
        await check_effect(operator, subscriber)
        await operator.end_all()
        await asyncio.to_thread(campaign.wait_until_converged)
        began = time.time()
        await asyncio.sleep(2 * GAP)
        lives.append((began, time.time()))
    finally:
        listening.cancel()
    print(f"{operator.count} requests were acknowledged")
    assert operator.count > KILLS
    campaign.check_adopted("database", "service")
    assert len(campaign.brokers) == 1
    assert [len(campaign.starts(name)) for name in ("database", "service")] == [1, 1]
    assert disturbed(campaign.reports(), UNTOUCHED) == []
    assert len(subscriber.times) == 2 * BRIDGES
    for topic, times in subscriber.times.items():
        assert times == sorted(set(times)), f"{topic}: out of order or twice"
    assert own_gaps(subscriber.times, lives[-1:]) == []
    untouched = {
        topic: times
        for topic, times in subscriber.times.items()
        if not any(f"/{path.rpartition('/')[2]}/" in topic for path in TOUCHED)
    }
    assert len(untouched) == 2 * len(UNTOUCHED)
    assert own_gaps(untouched, lives) == []
    await asyncio.to_thread(campaign.check_an_orderly_end)
