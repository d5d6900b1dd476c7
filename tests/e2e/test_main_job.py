"""The main job on real processes: three PLCs, one broker, one tree; and what happens to them."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

import nats
import pytest
from plant_kit import MACHINES, TAGS, Plant, listening, until

from busy_machine import allowed
from fsmv2.plant import load_plant
from fsmv2.runtime import TreeView
from suspended_process import suspend

pytestmark = pytest.mark.real


def all_active(tree: TreeView) -> bool:
    """Whether every bridge is active."""
    bridges = tree.of_type("bridge")
    return len(bridges) == len(MACHINES) and all(b.state == "active" for b in bridges)


async def stored(plant: Plant) -> list[tuple[str, bytes]]:
    """Every sample in the stream, in order."""
    client = await nats.connect(plant.url)
    context = client.jetstream()
    count = (await context.stream_info("UMH")).state.messages
    subscription = await context.subscribe("umh.v1.>", ordered_consumer=True)
    found = []
    for _ in range(count):
        message = await subscription.next_msg(timeout=200)
        found.append((message.subject, message.data))
    await client.close()
    return found


async def test_all_bridges_become_active_within_five_seconds(plant: Plant) -> None:
    """A start of the whole plant takes less than five seconds, the broker included."""
    async with plant.running() as tree:
        began = time.monotonic()
        await tree.until(all_active, timeout=200)
        assert time.monotonic() - began < allowed(5.0)


async def test_every_tag_arrives_over_mqtt_with_topic_type_and_scale(plant: Plant) -> None:
    """A standard MQTT client hears each tag where it belongs, with the right type."""
    async with plant.running() as tree:
        await tree.until(all_active, timeout=200)
        async with listening(plant.mqtt_port) as listener:
            prefix = "umh/v1/acme/cologne/packaging/line-1"
            wanted = {f"{prefix}/{name}/_raw/{tag}": tag for name in MACHINES for tag in TAGS}
            await until(
                lambda: wanted.keys() <= {topic for topic, _ in listener.heard},
                timeout=200,
                what="every tag of every machine was heard",
            )
    for topic, payload in listener.heard:
        assert topic in wanted
        tag, value = wanted[topic], payload["value"]
        kind: Any = (int, float) if TAGS[tag] is float else TAGS[tag]
        assert isinstance(value, kind), (topic, value)
        assert abs(payload["timestamp_ms"] - time.time() * 1000) < 60_000
        if tag == "temperature":  # 215 ± 30 in tenths
            assert 18.5 <= value <= 24.5
            assert value == round(value, 1)


async def test_h63_a_killed_plc_degrades_its_bridge_alone_and_nothing_is_restarted(
    plant: Plant,
) -> None:
    """The bridge of a dead PLC says so within 5 s; the others do not notice; it comes back."""
    async with plant.running() as tree:
        await tree.until(all_active, timeout=200)
        async with listening(plant.mqtt_port) as listener:
            await until(lambda: len(listener.heard) > 20, timeout=200, what="samples arrive")
            plant.plcs["filler"].kill()
            view = await tree.until(
                lambda t: t["edge/filler"].state == "degraded_connection", timeout=200
            )
            assert "connection refused" in view["edge/filler"].reason
            assert view["edge/capper"].state == view["edge/labeller"].state == "active"
            await asyncio.sleep(7)  # longer than a flow takes to reconnect to a device that answers
            checks = tree.core.by_path["edge/filler"].checks or {}
            suspected = {name: check.fault for name, check in checks.items()}
            assert suspected == {"input_connected": None, "output_connected": None}
            plant.plcs["filler"].start()
            view = await tree.until(all_active, timeout=200)
            heard = len(listener.times("filler", "pieces"))
            await until(
                lambda: len(listener.times("filler", "pieces")) > heard,
                timeout=200,
                what="values of the returned PLC arrive",
            )
        assert all(node.incarnation == 1 for node in view.nodes)
        assert tree.core.counters.restarts == 0
        for other in ("capper", "labeller"):
            times = listener.times(other, "pieces")
            gaps = [b - a for a, b in itertools.pairwise(times)]
            assert max(gaps) < 1000, f"{other} had a gap of {max(gaps)} ms"


async def test_a_killed_broker_is_restarted_and_no_accepted_sample_is_lost(plant: Plant) -> None:
    """Everything accepted before, during and after the broker's death is stored, once."""
    accepted: set[tuple[str, bytes]] = set()
    async with plant.running(accepted) as tree:
        view = await tree.until(all_active, timeout=200)
        await until(lambda: len(accepted) > 50, timeout=200, what="samples are accepted")
        before = await stored(plant)
        pid = view["edge/broker"].observed.pid
        os.kill(pid, signal.SIGKILL)
        view = await tree.until(lambda t: t["edge/broker"].state == "crashed", timeout=200)
        assert f"pid {pid} was killed by SIGKILL" in view["edge/broker"].reason
        await tree.until(lambda t: t["edge/filler"].state == "degraded_broker", timeout=200)
        view = await tree.until(all_active, timeout=200)
        assert view["edge/broker"].observed.pid != pid
        assert len(plant.broker_pids()) == 1
        count = len(accepted)
        await until(lambda: len(accepted) > count + 50, timeout=200, what="flows resume")
        flows = [node.path for node in view.of_type("dataflow")]
        # Flows that are stopped behind the tree's back are started again; by then we have looked.
        left = [await plant.engine.stop(path, drain=5.0) for path in flows]
        final = set(accepted)
        after = await stored(plant)
    assert left == [0, 0, 0]
    assert set(before) <= set(after), "an acknowledged sample is no longer there"
    assert final <= set(after), "an accepted sample never arrived"
    assert len(after) == len(set(after)), "a sample is stored twice"


def run_cli(plant: Plant) -> subprocess.Popen[str]:
    """`fsmv2 run` of the plant, in a process of its own."""
    command = [sys.executable, "-m", "fsmv2.cli", "run", str(plant.file), "--json"]
    return subprocess.Popen(
        [*command, "--state-dir", str(plant.state_dir)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def read_until_active(run: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """Read its reports until every bridge has become active."""
    active: set[str] = set()
    reports = []
    assert run.stdout is not None
    for line in run.stdout:
        reports.append(json.loads(line))
        report = reports[-1]
        if report.get("kind") == "transition" and report["path"].count("/") == 1:
            (active.add if report.get("state") == "active" else active.discard)(report["path"])
            if {f"edge/{name}" for name in MACHINES} <= active:
                return reports
    raise AssertionError(f"ended before all were active: {reports[-5:]}")


def test_h05_h06_sigterm_ends_everything_in_order_within_three_seconds(plant: Plant) -> None:
    """SIGTERM: the loop lives until all is drained; exit code 0, no process left."""
    run = run_cli(plant)
    try:
        read_until_active(run)
        assert len(plant.broker_pids()) == 1
        began = time.monotonic()
        run.send_signal(signal.SIGTERM)
        out, _ = run.communicate(timeout=200)
        took = time.monotonic() - began
    finally:
        run.kill()
        run.wait()
    assert run.returncode == 0
    assert took < allowed(3.0)
    assert plant.broker_pids() == []
    told = [json.loads(line) for line in out.splitlines()]
    assert ("edge", "stop requested by SIGTERM") in [(r.get("path"), r.get("text")) for r in told]
    stopped = [r["path"] for r in told if "→ stopped: " in r.get("text", "")]
    for place, path in enumerate(stopped):
        assert not any(below.startswith(f"{path}/") for below in stopped[place:]), stopped
    assert stopped[-2:] == ["edge/broker", "edge"]
    assert len(stopped) == 2 + 3 * len(MACHINES)
    assert told[-1]["forced"] == []


@pytest.mark.slow
def test_h50_a_process_that_was_stopped_calls_nothing_stale(plant: Plant) -> None:
    """Nobody was silent while we were not listening; nothing is restarted for that."""
    run = run_cli(plant)
    try:
        read_until_active(run)
        suspend(run.pid)
        time.sleep(14)
        run.send_signal(signal.SIGCONT)
        time.sleep(4)
        run.send_signal(signal.SIGTERM)
        out, _ = run.communicate(timeout=200)
    finally:
        run.kill()
        run.wait()
    reports = [json.loads(line) for line in out.splitlines()]
    texts = [report.get("text", "") for report in reports]
    assert not [text for text in texts if "Fresh=" in text or "stale" in text]
    kinds = {report.get("kind") for report in reports}
    assert "transition" in kinds
    assert not kinds & {"restarted", "silent"}
    assert run.returncode == 0


def test_after_kill_9_the_next_start_adopts_the_broker(plant: Plant) -> None:
    """The broker outlives fsmv2 on purpose; there is never a second one, and none is left over."""
    first = run_cli(plant)
    read_until_active(first)
    first.kill()
    first.wait()
    assert first.stdout is not None
    first.stdout.close()
    (pid,) = plant.broker_pids()
    second = run_cli(plant)
    try:
        reports = read_until_active(second)
        assert plant.broker_pids() == [pid]
        assert any(f"pid {pid} answers" in report.get("text", "") for report in reports)
        second.send_signal(signal.SIGTERM)
        second.communicate(timeout=200)
    finally:
        second.kill()
        second.wait()
    assert second.returncode == 0
    assert plant.broker_pids() == []


async def test_a_bridge_with_an_undefined_variable_waits_while_the_others_run(
    plant: Plant,
) -> None:
    """H32 in a plant: the reason is exact, and the variable's arrival starts the bridge."""
    plant.write(without="capper")
    async with plant.running() as tree:
        view = await tree.until(
            lambda t: t["edge/filler"].state == t["edge/labeller"].state == "active",
            timeout=200,
        )
        assert view["edge/capper"].state == "stopped"
        assert "'PORT' is not defined" in view["edge/capper"].reason
        assert view.get("edge/capper/connection") is None
        plant.write()
        tree.declare(load_plant(plant.file, state_dir=plant.state_dir).root)
        view = await tree.until(all_active, timeout=200)
        assert all(node.incarnation == 1 for node in view.nodes)
