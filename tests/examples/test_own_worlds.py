"""Examples for people outside factories: jobs, a fleet, a home. Each runs for real, and briefly."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType

import aiomqtt
import pytest

from fsmv2 import Runtime
from fsmv2.testing import Simulation

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def example(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module(name)


async def shown_within(
    run: Callable[[Callable[[str], None]], Awaitable[object]], *wanted: str
) -> list[str]:
    """The lines that an example shows until all that is wanted is among them; then it is ended."""
    lines: list[str] = []
    arrived, loop = asyncio.Event(), asyncio.get_running_loop()

    def show(line: str) -> None:  # called by the thread of supervision
        lines.append(line)
        if all(any(text in line for line in lines) for text in wanted):
            loop.call_soon_threadsafe(arrived.set)

    running = asyncio.ensure_future(run(show))
    waiting = asyncio.ensure_future(arrived.wait())
    await asyncio.wait({running, waiting}, timeout=200, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        running.result()  # it has failed, or it has ended, which it should not have
    for one in (running, waiting):
        one.cancel()
    await asyncio.gather(running, waiting, return_exceptions=True)
    assert arrived.is_set(), "\n".join(lines)
    return lines


@pytest.mark.real
async def test_each_job_is_restarted_as_its_policy_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The runner ends by itself, and names what failed for good."""
    jobs = example("jobs", monkeypatch)
    lines: list[str] = []
    transient, temporary = jobs.EXAMPLES[1:]
    failed = await jobs.run((transient, temporary), str(tmp_path), lines.append)
    assert failed == ["jobs/2-sh"]
    assert "jobs/1-sh: failed → starting: attempt 1" in lines
    assert "jobs/1-sh: finished: ended with exit code 0; last: done" in lines
    assert any("temporary, so it is not restarted" in line for line in lines)
    assert not any(line.startswith("jobs/2-sh: failed → starting") for line in lines)


@pytest.mark.real
async def test_a_permanent_job_is_restarted_and_keeps_the_runner_going(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    jobs = example("jobs", monkeypatch)
    wanted = ("permanent sh -c 'exit 1'", "temporary true")
    ran = await shown_within(
        lambda show: jobs.run(wanted, str(tmp_path), show),
        "jobs/1-sh: failed → starting: attempt 1",
        "jobs/2-true: finished",
    )
    assert not any(line.startswith("jobs: finished") for line in ran)


def test_a_fleet_follows_its_folders_and_judges_its_gateways(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fleet = example("fleet", monkeypatch)
    file = tmp_path / "oslo" / "gateway-1"
    file.parent.mkdir()
    file.write_text("ok")
    root, factory = fleet.fleet(str(tmp_path))
    with Simulation(root, factory) as sim:
        sim.until(lambda sim: sim.view().get("fleet/oslo/gateway-1") is not None, within=20)
        file.write_text("disk full")
        sim.until(lambda sim: sim["fleet/oslo/gateway-1"].state == "degraded", within=20)
        assert sim["fleet/oslo/gateway-1"].reason == "reports: disk full"
        file.write_text("ok")
        os.utime(file, (0, 0))
        sim.run(5)
        assert sim["fleet/oslo/gateway-1"].reason == "no sign of life for more than 3 s"
        (tmp_path / "rome").mkdir()
        sim.until(lambda sim: sim.view().get("fleet/rome") is not None, within=20)
        file.unlink()
        file.parent.rmdir()
        sim.until(lambda sim: sim.view().get("fleet/oslo") is None, within=60)


@pytest.mark.real
async def test_the_fleet_that_is_played_opens_and_closes_sites(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fleet = example("fleet", monkeypatch)

    async def run(show: Callable[[str], None]) -> None:
        await asyncio.gather(fleet.watch(str(tmp_path), show), fleet.play(tmp_path, pace=0.2))

    await shown_within(
        run,
        "fleet/oslo/gateway-1: stopped → running: in order",
        "fleet/rome/gateway-1: stopped → running: in order",
        "fleet/lima: removed",
    )


@pytest.mark.real
async def test_a_lamp_that_somebody_switches_is_switched_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And one that is away is left alone until it is back."""
    home = example("home", monkeypatch)
    port = home.free_port()
    root, factory = home.home(
        "127.0.0.1", port, {"hall": "ON"}, home.small_broker(str(tmp_path), port)
    )
    async with Runtime(root, factory) as tree:
        lamps = asyncio.create_task(home.play_lamps(port, ("hall",), often=3600))
        try:
            view = await tree.until(lambda t: t["home/hall"].state == "as_wanted", timeout=200)
            assert view["home/hall"].reason == "it is ON"
            async with aiomqtt.Client("127.0.0.1", port) as hand:
                topic = "zigbee2mqtt/hall"
                await hand.subscribe(topic)
                off = json.dumps({"state": "OFF"})
                await hand.publish(topic, off, qos=1, retain=True)
                seen = []
                async with asyncio.timeout(200):
                    async for message in hand.messages:
                        seen.append(home.reported(bytes(message.payload)))
                        if "OFF" in seen and seen[-1] == "ON":
                            break
                await hand.publish(f"{topic}/availability", "offline", qos=1, retain=True)
                view = await tree.until(lambda t: t["home/hall"].state == "away", timeout=200)
                assert view["home/hall"].reason == "the lamp is away"
                await hand.publish(f"{topic}/availability", "online", qos=1, retain=True)
                await tree.until(lambda t: t["home/hall"].state == "as_wanted", timeout=200)
        finally:
            lamps.cancel()


@pytest.mark.parametrize(
    ("name", "words", "wanted"),
    [
        (
            "jobs",
            ["sometimes ./import.sh"],
            "expected a restart policy (permanent, transient, temp",
        ),
        ("jobs", ["transient"], "and a command"),
        ("jobs", ["transient 'x"], "no closing quotation"),
        ("home", ["192.168.1.5"], "expected a broker and lamps: home.py 192.168.1.5:1883 hall=ON"),
        ("home", ["192.168.1.5:1883", "hall=on"], "hall=ON"),
        ("fleet", ["nowhere"], "expected a folder that holds a folder for each site"),
        ("sites", [], "expected a folder with .txt files that name web sites"),
        ("sites", ["nowhere"], "fsmv2 python examples/sites.py watched"),
        ("crawlers", [], "expected the web sites to crawl: crawlers.py URL"),
        ("crawlers", ["x"], "fsmv2 python examples/crawlers.py http://127.0.0.1:8000/"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value)[:20],
)
def test_what_an_example_expects_is_named_when_it_is_missing_or_wrong(
    name: str,
    words: list[str],
    wanted: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert example(name, monkeypatch).main(words) == 2
    shown = capsys.readouterr()
    assert wanted in shown.err
    assert shown.out == ""


def test_each_example_says_in_its_first_lines_how_it_is_run() -> None:
    for file in EXAMPLES.glob("*.py"):
        assert f"    fsmv2 python examples/{file.name}" in file.read_text().split('"""')[1]
        assert 'if __name__ == "__main__":' in file.read_text()
