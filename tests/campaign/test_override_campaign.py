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
from operators import TOUCHED, UNTOUCHED, Operator, RequestThreads
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

pytestmark = [pytest.mark.real, pytest.mark.campaign]

LONG_LIFE = 15.0
"""Seconds that every tenth run may live: long enough for a gap within it to be seen."""


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
    threads = RequestThreads()
    asyncio.get_running_loop().set_default_executor(threads)
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
            await threads.over()
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
