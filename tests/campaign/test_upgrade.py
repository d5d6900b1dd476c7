"""Another build takes over a plant that runs, and gives it back, by the commands of the page."""

from __future__ import annotations

import asyncio
import itertools
import re
import shlex
import subprocess
import time
from pathlib import Path

import pytest
from other_build import STORE_VERSION, newer_build
from plant_campaign import BRIDGES, FSMV2, PATIENCE, PROCESSES, Campaign, Subscriber

pytestmark = [pytest.mark.real, pytest.mark.campaign]

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "upgrade-without-stopping.md"

GAP = 3.0
"""Seconds without values that an upgrade may take, on a machine that does nothing else."""

STARTS = 6
"""Or so many times what reading the document takes in a process of its own, on one that does."""


def commands(section: str) -> list[list[str]]:
    """The commands that the page shows there, as words."""
    text = PAGE.read_text().partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    block = re.findall(r"^```console\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)[0]
    return [shlex.split(line.removeprefix("# ")) for line in block.splitlines()]


class Console:
    """Carries out what the page shows: `make install` brings a build, `systemctl` starts it."""

    def __init__(self, campaign: Campaign, builds: list[dict[str, str]]) -> None:
        self.campaign = campaign
        self.builds = builds
        self.took: dict[str, float] = {}
        """By command, seconds."""

    def do(self, words: list[str]) -> None:
        """One command; AssertionError if it fails."""
        campaign, began = self.campaign, time.monotonic()
        match words:
            case ["git", *_, "&&", "make", "install", _]:
                campaign.environment = self.builds.pop(0)
            case ["systemctl", "start", _]:
                campaign.start()
                campaign.wait_until_converged()
            case ["cd", "/var/lib/fsmv2/plant"]:
                pass
            case ["rm" | "mv", *_]:
                older = f"version-{STORE_VERSION - 1}"
                words = [re.sub(r"version-\d+$", older, word) for word in words]
                subprocess.run(words, cwd=campaign.state, check=True)
            case ["fsmv2", *rest]:
                done = self.fsmv2(*rest)
                assert done.returncode == 0, done.stdout + done.stderr
                if "--keep" in rest:
                    assert campaign.run is not None
                    assert campaign.run.wait(timeout=PATIENCE) == 0, campaign.tail()
            case _:
                raise AssertionError(
                    f"the page has a command that this test does not know: {words}"
                )
        self.took[" ".join(words[:2])] = time.monotonic() - began

    def fsmv2(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of the build that is installed now."""
        state, backup = str(self.campaign.state), str(self.campaign.folder / "plant.fsmv2.tar.gz")
        here = {word: backup for word in words if word.startswith("/backups/")}
        here["/var/lib/fsmv2/plant"] = state
        return subprocess.run(
            [*FSMV2, *(here.get(word, word) for word in words)],
            env=self.campaign.environment,
            cwd=self.campaign.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )


@pytest.mark.timeout(6 * PATIENCE)
async def test_a_newer_build_takes_over_and_the_older_one_refuses_its_store(
    campaign: Campaign, tmp_path: Path
) -> None:
    older = campaign.environment
    newer = {**older, "PYTHONPATH": str(newer_build(tmp_path / "newer"))}
    console = Console(campaign, [newer, older])
    subscriber = Subscriber(campaign.mqtt_port)
    listening = asyncio.create_task(subscriber.listen())
    try:
        campaign.start()
        await asyncio.to_thread(campaign.wait_until_converged)
        before, upgraded_at = living(campaign), time.time()
        assert [len(pids) for pids in before.values()] == [1] * (1 + len(PROCESSES))
        for words in commands("The commands"):
            await asyncio.to_thread(console.do, words)
            assert living(campaign) == before, f"after {words}"
        await asyncio.sleep(2)
        gaps = longest_gaps(subscriber, since=upgraded_at - 2)
        reading = console.took["fsmv2 validate"]
        print(f"upgrade: longest gap {max(gaps.values()):.2f} s, reading took {reading:.2f} s")
        assert len(gaps) == 2 * BRIDGES
        assert max(gaps.values()) <= max(GAP, STARTS * reading)

        first, *then = commands("Go back")
        await asyncio.to_thread(console.do, first)
        kept, campaign.environment = contents(campaign.state), older
        for words in (["validate"], ["run", str(campaign.file)]):
            refused = await asyncio.to_thread(
                console.fsmv2, *words, "--state-dir", str(campaign.state)
            )
            message = " ".join((refused.stdout + refused.stderr).split())
            assert refused.returncode == 1, message
            assert "was written by a newer fsmv2" in message
            assert f"it has version {STORE_VERSION}" in message
            assert contents(campaign.state) == kept
        for words in then:
            await asyncio.to_thread(console.do, words)
            assert living(campaign) == before, f"after {words}"
    finally:
        listening.cancel()
    for topic, times in subscriber.times.items():
        assert times == sorted(set(times)), f"{topic}: out of order or twice"
    await asyncio.to_thread(campaign.check_an_orderly_end, replays=False)


def contents(folder: Path) -> dict[str, bytes]:
    """All that a store consists of; not who holds it."""
    files = [file for file in folder.glob("store.db*") if file.suffix != ".lock"]
    return {file.name: file.read_bytes() for file in files}


def living(campaign: Campaign) -> dict[str, list[int]]:
    """The pids of the broker, and all that each process ever had."""
    processes = {name: campaign.starts(name) for name in PROCESSES}
    return {"broker": campaign.living("nats-server"), **processes}


def longest_gaps(subscriber: Subscriber, *, since: float) -> dict[str, float]:
    """By topic, the longest time between two samples, of those read since."""
    found = {}
    for topic, stamps in subscriber.times.items():
        seconds = [stamp / 1000 for stamp in stamps if stamp / 1000 > since]
        found[topic] = max(b - a for a, b in itertools.pairwise(seconds))
    return found
