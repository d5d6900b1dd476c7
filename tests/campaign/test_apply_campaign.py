"""Applies, rollbacks and a script at once on a whole plant, which is killed, or left to it.

`make crash KILLS=500` for more kills, `LOOP=600` for a longer loop; SEED is printed.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import random
import time

import pytest
from appliers import EXTRA, Applier, plant_of
from operators import UNTOUCHED, Operator, RequestThreads
from plant_campaign import BRIDGES, KILLS, LONGEST_LIFE, PROCESSES, SEED, Campaign, Subscriber
from untouched import GAP, Life, disturbed, own_gaps

pytestmark = [pytest.mark.real, pytest.mark.campaign]

LOOP = float(os.environ.get("LOOP") or 60)
"""Seconds of the loop without a kill."""

PAUSE = 0.05
"""Seconds between two requests of the script, which leave the others something of the machine."""


@pytest.mark.timeout(240 + 40 * KILLS)
async def test_h92_killed_under_load_the_old_or_the_new_generation_runs_whole(
    campaign: Campaign,
) -> None:
    print(f"SEED={SEED} KILLS={KILLS}")
    rng = random.Random(SEED)
    campaign.file.write_text(plant_of(campaign))
    operator, applier = Operator(campaign, rng), Applier(campaign, rng)
    subscriber = Subscriber(campaign.mqtt_port)
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
                await applier.check()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rng.uniform(0.2, LONGEST_LIFE)):
                    await asyncio.gather(operator.work(1_000_000), applier.work(until=math.inf))
            lives.append((began, time.time()))
            campaign.kill()
            await threads.over()
            check_one_of_everything(campaign)
        campaign.start()
        await operator.check()
        await applier.check()
        await operator.end_all()
        await asyncio.to_thread(campaign.wait_until_converged)
        began = time.time()
        await asyncio.sleep(2 * GAP)
        lives.append((began, time.time()))
    finally:
        listening.cancel()
    print(f"{applier.count} applies and rollbacks, {operator.count} requests were acknowledged")
    assert applier.count > KILLS / 4
    check_untouched(campaign, subscriber, lives)
    await asyncio.to_thread(campaign.check_an_orderly_end, processes=len(PROCESSES) + 1)


@pytest.mark.timeout(240 + 2 * LOOP)
async def test_an_apply_a_rollback_and_a_script_in_a_loop_at_once(campaign: Campaign) -> None:
    print(f"SEED={SEED} LOOP={LOOP:g}")
    rng = random.Random(SEED)
    campaign.file.write_text(plant_of(campaign))
    operator = Operator(campaign, rng)
    applier, back = Applier(campaign, rng, rollbacks=0.0), Applier(campaign, rng, rollbacks=1.0)
    subscriber = Subscriber(campaign.mqtt_port)
    listening = asyncio.create_task(subscriber.listen())
    try:
        campaign.start()
        await asyncio.to_thread(campaign.wait_until_converged)
        await asyncio.sleep(1)
        began, until = time.time(), time.monotonic() + LOOP

        async def script() -> None:
            while time.monotonic() < until:
                await operator.work(1)
                await asyncio.sleep(PAUSE)

        async def look() -> None:
            while time.monotonic() < until:
                await asyncio.to_thread(check_one_of_everything, campaign)
                await asyncio.sleep(1)

        # Of two that commit at once the second is refused, and a rollback takes longer to plan.
        changes = [one.work(until=until, pause=2.0) for one in (applier, back)]
        await asyncio.gather(script(), look(), *changes)
        # Both have acknowledged what they did, in whichever order it was committed.
        applier.acknowledged = {**back.acknowledged, **applier.acknowledged}
        assert not applier.unanswered
        assert not back.unanswered
        await applier.check()
        await operator.check()
        await operator.end_all()
        await asyncio.to_thread(campaign.wait_until_converged)
        lives = [(began, time.time())]
    finally:
        listening.cancel()
    print(
        f"{applier.count} applies, {back.count} rollbacks, {operator.count} requests; "
        f"{applier.conflicts + back.conflicts} came second"
    )
    assert min(applier.count, back.count, operator.count) > 1
    check_one_of_everything(campaign)
    check_untouched(campaign, subscriber, lives)
    await asyncio.to_thread(campaign.check_an_orderly_end, processes=len(PROCESSES) + 1)


def check_one_of_everything(campaign: Campaign) -> None:
    """Nothing runs twice, and what no document changes is the one that always ran."""
    campaign.check_nothing_runs_twice()
    campaign.check_adopted("database", "service")
    living = set(campaign.living("supervised.py")) & set(campaign.starts(EXTRA))
    assert len(living) <= 1, f"{EXTRA} lives twice: {living}"
    assert disturbed(campaign.reports(), UNTOUCHED) == []


def check_untouched(campaign: Campaign, subscriber: Subscriber, lives: list[Life]) -> None:
    """Bridges that nobody changed have no gap of their own, and no topic has a sample twice."""
    assert len(campaign.brokers) == 1
    assert [len(campaign.starts(name)) for name in ("database", "service")] == [1, 1]
    assert len(subscriber.times) == 2 * BRIDGES
    for topic, times in subscriber.times.items():
        assert times == sorted(set(times)), f"{topic}: out of order or twice"
    untouched = {
        topic: times
        for topic, times in subscriber.times.items()
        if any(f"/{path.rpartition('/')[2]}/" in topic for path in UNTOUCHED)
    }
    assert len(untouched) == 2 * len(UNTOUCHED)
    assert own_gaps(untouched, lives) == []
