"""Another build takes over a plant that runs: `fsmv2 stop --keep`, then its `run`."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import time
from pathlib import Path

import pytest
from other_build import STORE_VERSION, newer_build
from plant_campaign import BRIDGES, FSMV2, PATIENCE, PROCESSES, Campaign, Subscriber

pytestmark = [pytest.mark.real, pytest.mark.campaign]

GAP = 3.0
"""Seconds without values that an upgrade may take, on a machine that does nothing else."""

STARTS = 6
"""Or so many times what reading the document takes in a process of its own, on one that does."""


def fsmv2(campaign: Campaign, *words: str) -> subprocess.CompletedProcess[str]:
    """A command of the build that the campaign has now."""
    return subprocess.run(
        [*FSMV2, *words],
        env=campaign.environment,
        cwd=campaign.folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def leave(campaign: Campaign) -> None:
    """`fsmv2 stop --keep`, as the how-to has it: asked first whether the other build can go on."""
    done = fsmv2(campaign, "stop", "--keep", "-m", "upgrade", "--state-dir", str(campaign.state))
    assert done.returncode == 0, done.stdout + done.stderr
    assert campaign.run is not None
    assert campaign.run.wait(timeout=PATIENCE) == 0, campaign.tail()


def contents(folder: Path) -> dict[str, bytes]:
    """All that a store consists of; not who holds it."""
    files = [file for file in folder.glob("store.db*") if file.suffix != ".lock"]
    return {file.name: file.read_bytes() for file in files}


def living(campaign: Campaign) -> dict[str, list[int]]:
    """The pids of the broker and of each process."""
    return {
        "broker": campaign.living("nats-server"),
        **{name: campaign.starts(name) for name in PROCESSES},
    }


@pytest.mark.timeout(6 * PATIENCE)
async def test_a_newer_build_takes_over_and_the_older_one_refuses_its_store(
    campaign: Campaign, tmp_path: Path
) -> None:
    newer = {**campaign.environment, "PYTHONPATH": str(newer_build(tmp_path / "newer"))}
    older = campaign.environment
    subscriber = Subscriber(campaign.mqtt_port)
    listening = asyncio.create_task(subscriber.listen())
    try:
        campaign.start()
        await asyncio.to_thread(campaign.wait_until_converged)
        await asyncio.sleep(2)
        before = living(campaign)
        assert [len(pids) for pids in before.values()] == [1] * (1 + len(PROCESSES))

        campaign.environment = newer
        began = time.monotonic()
        checked = await asyncio.to_thread(
            fsmv2, campaign, "validate", "--state-dir", str(campaign.state)
        )
        reading = time.monotonic() - began
        assert checked.returncode == 0, checked.stdout + checked.stderr
        left_at = time.time()
        await asyncio.to_thread(leave, campaign)
        assert living(campaign) == before
        campaign.start()
        await asyncio.to_thread(campaign.wait_until_converged)
        await asyncio.sleep(2)
        assert living(campaign) == before, "the newer build did not adopt them"
        gaps = longest_gaps(subscriber, since=left_at - 2)
        assert len(gaps) == 2 * BRIDGES
        print(f"upgrade: longest gap {max(gaps.values()):.2f} s, reading took {reading:.2f} s")
        assert max(gaps.values()) <= max(GAP, STARTS * reading)

        # Back again: the older build says that it cannot, and touches nothing.
        await asyncio.to_thread(leave, campaign)
        kept = contents(campaign.state)
        campaign.environment = older
        for words in (
            ("validate", "--state-dir", str(campaign.state)),
            ("run", str(campaign.file), "--state-dir", str(campaign.state)),
        ):
            refused = await asyncio.to_thread(fsmv2, campaign, *words)
            message = " ".join((refused.stdout + refused.stderr).split())
            assert refused.returncode == 1, message
            assert "was written by a newer fsmv2" in message
            assert f"it has version {STORE_VERSION}" in message
            assert contents(campaign.state) == kept
        assert living(campaign) == before

        # Beside the store stands what it was before the upgrade.
        copy = campaign.state / f"store.db.version-{STORE_VERSION - 1}"
        assert copy.exists()
        for file in contents(campaign.state):
            if file != copy.name:
                (campaign.state / file).unlink()
        copy.rename(campaign.state / "store.db")
        campaign.start()
        await asyncio.to_thread(campaign.wait_until_converged)
        assert living(campaign) == before, "the older build did not adopt them"
    finally:
        listening.cancel()
    for topic, times in subscriber.times.items():
        assert times == sorted(set(times)), f"{topic}: out of order or twice"
    await asyncio.to_thread(campaign.check_an_orderly_end, replays=False)


def longest_gaps(subscriber: Subscriber, *, since: float) -> dict[str, float]:
    """By topic, the longest time between two samples, of those read since."""
    found = {}
    for topic, stamps in subscriber.times.items():
        seconds = [stamp / 1000 for stamp in stamps if stamp / 1000 > since]
        found[topic] = max(b - a for a, b in itertools.pairwise(seconds))
    return found
