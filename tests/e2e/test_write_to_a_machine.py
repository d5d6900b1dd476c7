"""Writing to a machine through the whole tree: over MQTT or NATS, it arrives or is answered."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiomqtt
import msgspec
import nats
import pytest
from plant_kit import MACHINES, Plant, until

from fsmv2 import Runtime
from fsmv2.builtin import builtins
from fsmv2.flow import ModbusInput, Register
from fsmv2.flow.inputs.modbus.reader import ModbusReader
from fsmv2.plant import load_plant
from fsmv2.runtime import TreeView
from fsmv2.store import SqliteStore
from suspended_process import suspend

pytestmark = pytest.mark.real

WRITE = """\
    write:
      output:
        modbus:
          address: "{{ .IP }}:{{ .PORT }}"
          timeout: 500ms
          registers:
            - {name: setpoint, address: 14, type: int16, scale: 0.1, min: 0, max: 80}
            - {name: lamp, address: 5, kind: coil, type: bool, read_back: true}
bridges:
"""
LOCATION = "acme.cologne.packaging.line-1"


class Writable(Plant):
    """The plant, with two tags of each machine that may be written."""

    def write(self, *, without: str = "") -> None:
        """Write the document with a `write:` section in its template."""
        super().write(without=without)
        self.file.write_text(self.file.read_text().replace("bridges:\n", WRITE))

    async def holds(self, machine: str) -> dict[str, Any]:
        """What the machine itself says it holds."""
        tags = (
            Register(name="setpoint", address=14, type="int16", scale=0.1),
            Register(name="lamp", address=5, kind="coil", type="bool"),
        )
        port = self.plcs[machine].port
        reader = ModbusReader(ModbusInput(address=f"127.0.0.1:{port}", registers=tags))
        reading = await reader.read()
        reader.close()
        return {register.name: value for register, value in reading.values}


@pytest.fixture
def writable(tmp_path: Path) -> Iterator[Writable]:
    """Three machines that may be written to."""
    made = Writable(tmp_path)
    yield made
    made.close()


def all_write(tree: TreeView) -> bool:
    """Whether every bridge is active and every flow to a machine is ready."""
    flows = [tree.get(f"edge/{name}/dfc_write") for name in MACHINES]
    return all(b.state == "active" for b in tree.of_type("bridge")) and all(
        flow is not None and flow.state in ("active", "idle") for flow in flows
    )


async def ask(client: Any, machine: str, tag: str, value: Any) -> Any:
    """NATS request and its answer."""
    subject = f"cmd.v1.{LOCATION}.{machine}._write.{tag}"
    message = await client.request(subject, msgspec.json.encode(value), timeout=10)
    return msgspec.json.decode(message.data)


async def test_a_value_arrives_over_nats_and_mqtt_at_the_machine_it_is_for(
    writable: Writable,
) -> None:
    """The whole way, with a section in a template and a command to one machine of three."""
    async with writable.running() as tree:
        view = await tree.until(all_write, timeout=200)
        assert "waits for commands on cmd.v1." in view["edge/filler/dfc_write"].reason
        client = await nats.connect(writable.url)
        answer = await ask(client, "filler", "setpoint", 42.04)
        assert (answer["ok"], answer["value"]) == (True, 42.0)
        refused = await ask(client, "filler", "setpoint", 81)
        assert refused["reason"] == "81 is above the maximum, 80"
        topic = f"cmd/v1/{LOCATION.replace('.', '/')}/capper/_write/lamp"
        async with aiomqtt.Client("127.0.0.1", writable.mqtt_port, **writable.shown) as mqtt:
            await mqtt.subscribe(f"{topic}/reply")
            await mqtt.publish(topic, b"true", qos=1)
            message = await anext(aiter(mqtt.messages))
        assert msgspec.json.decode(bytes(message.payload))["ok"] is True
        await client.close()
        assert await writable.holds("filler") == {"setpoint": 42.0, "lamp": False}
        assert await writable.holds("capper") == {"setpoint": 0.0, "lamp": True}
        view = await tree.until(lambda t: t["edge/filler/dfc_write"].state == "active", timeout=200)
        seen = view["edge/filler/dfc_write"].observed
        assert (seen.written_total, seen.refused_total, seen.queue_depth) == (1, 1, 0)
        assert seen.last_error == "setpoint: 81 is above the maximum, 80"


async def test_h76_a_paused_or_detect_only_machine_is_not_written_to(writable: Writable) -> None:
    """The sender is told why; what was started before is held, too; its neighbour is not."""
    async with writable.running() as tree:
        await tree.until(all_write, timeout=200)
        client = await nats.connect(writable.url)
        assert (await ask(client, "filler", "setpoint", 1))["ok"]
        tree.pause("edge/filler", reason="hands in the machine", who="anna")
        answer = await ask(client, "filler", "setpoint", 2)
        assert answer["outcome"] == "refused"
        assert "anna: hands in the machine" in answer["reason"]
        assert (await ask(client, "capper", "setpoint", 3))["ok"]
        tree.resume("edge/filler", who="anna")
        await tree.until(lambda t: not t["edge/filler"].paused, timeout=200)
        assert (await ask(client, "filler", "setpoint", 4))["ok"]
        tree.declare(msgspec.structs.replace(tree._root, detect_only=True), who="test")
        await tree.until(
            lambda t: tree.core.root is not None and tree.core.root.declared.detect_only,
            timeout=200,
        )
        answer = await ask(client, "filler", "setpoint", 5)
        assert "detect only" in answer["reason"]
        await client.close()
        assert await writable.holds("filler") == {"setpoint": 4.0, "lamp": False}


async def test_a_killed_machine_fails_its_writes_and_a_killed_broker_keeps_none(
    writable: Writable,
) -> None:
    """The senders are told; the bridge names the machine; nothing is executed late."""
    async with writable.running() as tree:
        view = await tree.until(all_write, timeout=200)
        client = await nats.connect(writable.url)
        assert (await ask(client, "filler", "setpoint", 1))["ok"]
        writable.plcs["filler"].kill()
        await tree.until(lambda t: t["edge/filler"].state == "degraded_connection", timeout=200)
        answer = await ask(client, "filler", "setpoint", 2)
        assert answer["outcome"] == "failed"
        assert "connection refused; nothing was written" in answer["reason"]
        assert (await ask(client, "capper", "setpoint", 3))["ok"]
        writable.plcs["filler"].start()
        os.kill(view["edge/broker"].observed.pid, signal.SIGKILL)
        await tree.until(lambda t: t["edge/filler"].state != "degraded_connection", timeout=200)
        await tree.until(all_write, timeout=200)
        await client.close()
        client = await nats.connect(writable.url)
        assert (await ask(client, "filler", "lamp", True))["ok"]
        await client.close()
        assert await writable.holds("filler") == {"setpoint": 0.0, "lamp": True}
        view = await tree.view()
        assert all(node.incarnation == 1 for node in view.of_type("dataflow"))


@pytest.mark.slow
async def test_what_waited_through_a_standstill_of_the_process_is_refused(
    writable: Writable,
) -> None:
    """Stopped and continued, it finds a command in its socket that looks as if it had come now."""
    from test_main_job import read_until_active, run_cli

    run = run_cli(writable)
    try:
        await asyncio.to_thread(read_until_active, run)
        client = await nats.connect(writable.url)
        assert (await ask(client, "filler", "setpoint", 1))["ok"]
        await asyncio.to_thread(suspend, run.pid)
        asked = asyncio.create_task(ask(client, "filler", "setpoint", 2))
        await asyncio.sleep(6)
        assert not asked.done()
        run.send_signal(signal.SIGCONT)
        answer = await asked
        assert answer["outcome"] == "refused"
        # Whichever is looked at first: the age of the command, or of what supervision last decided.
        assert re.search("it waited for|has not answered for", answer["reason"])
        await client.close()
        assert await writable.holds("filler") == {"setpoint": 1.0, "lamp": False}
    finally:
        run.send_signal(signal.SIGCONT)
        run.send_signal(signal.SIGTERM)
        await asyncio.to_thread(run.communicate, timeout=200)
    await until(lambda: not writable.broker_pids(), timeout=200, what="the broker ended")


async def refused(client: Any, machine: str, value: Any = 7, **more: Any) -> str:
    """The reason why a command is refused, once somebody answers it."""
    loop = asyncio.get_running_loop()
    limit = loop.time() + 15
    while True:
        try:
            answer = await ask(client, machine, "setpoint", {"value": value, **more})
        except nats.errors.NoRespondersError:
            assert loop.time() < limit, f"nobody answers commands for {machine}"
            await asyncio.sleep(0.05)
            continue
        assert answer["outcome"] == "refused", answer
        return str(answer["reason"])


def broker_up(tree: TreeView) -> bool:
    broker = tree.get("edge/broker")
    return broker is not None and broker.state == "active"


async def test_h76_a_bridge_that_runs_no_flow_since_the_start_refuses_with_its_reason(
    writable: Writable,
) -> None:
    """Paused before a restart, disabled, detect-only: one way, and nothing reaches a machine."""
    text = writable.file.read_text()

    def running() -> Any:
        plant = load_plant(writable.file, state_dir=writable.state_dir)
        store = SqliteStore(writable.folder / "store.db")
        return Runtime(plant.root, kit.factory, settings=plant.settings, store=store)

    async with builtins() as kit, running() as tree:
        await tree.until(all_write, timeout=200)
        client = await nats.connect(writable.url)
        answer = await ask(client, "filler", "setpoint", {"value": 9, "id": "before"})
        assert answer["ok"]
        tree.pause("edge/filler", reason="hands in the machine", who="anna")
        await client.close()
    for name, key in (("capper", "enabled: false"), ("labeller", "detect_only: true")):
        text = text.replace(f"  - name: {name}\n", f"  - name: {name}\n    {key}\n")
    writable.file.write_text(text)
    async with builtins() as kit, running() as tree:
        await tree.until(broker_up, timeout=200)
        client = await nats.connect(writable.url)
        assert "paused by anna: hands in the machine" in await refused(client, "filler")
        assert "disabled" in await refused(client, "capper")
        assert "detect only" in await refused(client, "labeller")
        again = await ask(client, "filler", "setpoint", {"value": 9, "id": "before"})
        assert (again["outcome"], again["duplicate"]) == ("written", True)
        assert "above the maximum" in await refused(client, "filler", 81)
        assert [kit.engine.config(f"edge/{name}/dfc_write") for name in MACHINES] == [None] * 3
        flow = "edge/filler/dfc_write"
        await tree.until(lambda t: t[flow].observed.refused_total == 2, timeout=200)
        tree.resume("edge/filler", who="anna")
        await tree.until(lambda t: t["edge/filler"].state == "active", timeout=200)
        for value in range(20):
            assert (await ask(client, "filler", "setpoint", value))["ok"], "answered by one alone"
        await client.close()
        assert await writable.holds("filler") == {"setpoint": 19.0, "lamp": False}
        assert await writable.holds("capper") == {"setpoint": 0.0, "lamp": False}
        assert await writable.holds("labeller") == {"setpoint": 0.0, "lamp": False}
