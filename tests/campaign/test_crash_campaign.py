"""kill -9 of a whole plant at random moments, again and again, and what must hold after each.

Twenty bridges to real Modbus servers, the embedded broker, and three processes that need each
other. `make crash KILLS=50 SEED=7` for more of it; the seed of a run is in its output.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal

import pytest
from plant_campaign import (
    BRIDGES,
    KILLS,
    LONGEST_LIFE,
    PROCESSES,
    SEED,
    SUPERVISED,
    Campaign,
    Subscriber,
)

pytestmark = [pytest.mark.real, pytest.mark.campaign]


@pytest.mark.timeout(120 + 40 * KILLS)
async def test_a_plant_that_is_killed_at_random_moments_is_adopted_each_time(
    campaign: Campaign,
) -> None:
    """fsmv2 alone is killed: one broker and one of each process for all runs, each tag in order."""
    print(f"SEED={SEED} KILLS={KILLS}")
    rng = random.Random(SEED)
    subscriber = Subscriber(campaign.mqtt_port)
    listening = asyncio.create_task(subscriber.listen())
    try:
        for _ in range(KILLS):
            campaign.start()
            await asyncio.sleep(rng.uniform(0.0, LONGEST_LIFE))
            campaign.kill()
            campaign.check_nothing_runs_twice()
            campaign.check_adopted(*PROCESSES)
        campaign.start()
        await asyncio.to_thread(campaign.wait_until_converged)
        count = {topic: len(times) for topic, times in subscriber.times.items()}
        await asyncio.sleep(3)
    finally:
        listening.cancel()
    campaign.check_adopted(*PROCESSES)
    assert len(campaign.brokers) == 1
    assert [len(campaign.starts(name)) for name in PROCESSES] == [1] * len(PROCESSES)
    assert len(subscriber.times) == 2 * BRIDGES
    for topic, times in subscriber.times.items():
        assert times == sorted(set(times)), f"{topic}: out of order or twice"
        assert len(times) > count[topic], f"{topic}: no samples any more"
    await asyncio.to_thread(campaign.check_an_orderly_end)


@pytest.mark.timeout(120 + 40 * KILLS)
async def test_whatever_is_killed_with_it_there_is_never_a_second_and_nothing_is_left(
    campaign: Campaign,
) -> None:
    """Killed as well: a stop that is under way, the broker, a shim, a process."""
    print(f"SEED={SEED} KILLS={KILLS}")
    rng = random.Random(SEED)
    for number in range(KILLS):
        campaign.start()
        await asyncio.sleep(rng.uniform(0.0, LONGEST_LIFE))
        victim = ("", "stop", "nats-server", "fsmv2/builtin/process", SUPERVISED.name)[number % 5]
        if victim == "stop":
            assert campaign.run is not None
            campaign.run.send_signal(signal.SIGTERM)
            await asyncio.sleep(rng.uniform(0.0, 1.0))
        first_fsmv2 = rng.random() < 0.5
        if first_fsmv2:
            campaign.kill()
        if victim not in ("", "stop"):
            for pid in campaign.living(victim)[:1]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if not first_fsmv2:
            await asyncio.sleep(rng.uniform(0.0, 1.5))
            campaign.kill()
        campaign.check_nothing_runs_twice()
    campaign.start()
    await asyncio.to_thread(campaign.wait_until_converged)
    await asyncio.to_thread(campaign.check_an_orderly_end)
