"""A home: lamps that are kept as they should be, over MQTT, whoever switches them.

The topics are those of Zigbee2MQTT: a lamp reports its state as `zigbee2mqtt/NAME`, is switched by
`zigbee2mqtt/NAME/set`, and `zigbee2mqtt/NAME/availability` says whether it is there::

    fsmv2 python examples/home.py 192.168.1.5:1883 hall=ON porch=OFF
    fsmv2 python examples/home.py

Without an argument it plays a home, with a broker of its own and somebody at the switches.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import aiomqtt
import structlog

from fsmv2 import (
    ChildSpec,
    DesiredState,
    ObservedState,
    Resources,
    Runtime,
    Snapshot,
    Step,
    TemporaryError,
    UserSpec,
    Worker,
    WorkerFactory,
    act,
    action,
    goto,
    state,
    stay,
)
from fsmv2.builtin import Process, ProcessSpec, Ready

BASE = "zigbee2mqtt"


class LampSpec(UserSpec):
    host: str
    port: int
    name: str
    wanted: str


class LampObserved(ObservedState):
    state: str = ""
    online: bool = False


class Lamp(Worker[LampSpec, LampObserved, "Link"]):
    """One lamp: switched when it is not as wanted, left alone while it is away."""

    interval = 0.5

    @contextlib.asynccontextmanager
    async def resources(self, spec: LampSpec) -> AsyncIterator[Link]:
        link = Link(spec)
        following = asyncio.create_task(link.follow())
        try:
            yield link
        finally:
            following.cancel()

    async def collect_observed_state(
        self, spec: LampSpec, resources: Resources[Link]
    ) -> LampObserved:
        link = resources.value
        if link.client is None:
            raise TemporaryError(f"no broker at {spec.host}:{spec.port}")
        return LampObserved(state=link.state, online=link.online)

    @state("stopped", to="switching")
    def stopped(self, s: Snapshot[LampSpec, LampObserved]) -> Step:
        return stay("asked to stop") if s.should_stop else goto(self.switching, "asked to run")

    @state("starting", to="stopped away as_wanted")
    def switching(self, s: Snapshot[LampSpec, LampObserved]) -> Step:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        if not s.observed.online:
            return goto(self.away, "the lamp is away")
        if s.observed.state == s.spec.wanted:
            return goto(self.as_wanted, f"it is {s.spec.wanted}")
        return act(self.switch, f"it is {s.observed.state or 'unknown'}, wanted is {s.spec.wanted}")

    @state("running", to="stopped away switching")
    def as_wanted(self, s: Snapshot[LampSpec, LampObserved]) -> Step:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        if not s.observed.online:
            return goto(self.away, "the lamp is away")
        if s.observed.state != s.spec.wanted:
            return goto(self.switching, f"somebody switched it {s.observed.state}")
        return stay(f"it is {s.spec.wanted}")

    @state("degraded", to="stopped switching")
    def away(self, s: Snapshot[LampSpec, LampObserved]) -> Step:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return goto(self.switching, "it is back") if s.observed.online else stay("the lamp is away")

    @action(timeout=5.0)
    async def switch(self, spec: LampSpec, resources: Resources[Link]) -> None:
        if resources.value.client is None:
            raise TemporaryError(f"no broker at {spec.host}:{spec.port}")
        await resources.value.client.publish(
            f"{BASE}/{spec.name}/set", json.dumps({"state": spec.wanted})
        )


class Link:
    """What a lamp reports, read in the background; a broker that was away is connected to again."""

    def __init__(self, spec: LampSpec) -> None:
        self.spec = spec
        self.client: aiomqtt.Client | None = None
        self.state, self.online = "", False

    async def follow(self) -> None:
        topic = f"{BASE}/{self.spec.name}"
        while True:
            with contextlib.suppress(aiomqtt.MqttError):
                async with aiomqtt.Client(self.spec.host, self.spec.port) as client:
                    await client.subscribe([(topic, 1), (f"{topic}/availability", 1)])
                    self.client = client
                    async for message in client.messages:
                        said = reported(bytes(message.payload))
                        if message.topic.matches(topic):
                            self.state = said
                        else:
                            self.online = said == "online"
            self.client = None
            await asyncio.sleep(1)


def reported(payload: bytes) -> str:
    """The state in a message: `{"state": "ON"}`, or only the word, as older versions send it."""
    try:
        return str(json.loads(payload)["state"])
    except (ValueError, TypeError, KeyError):
        return payload.decode(errors="replace")


class HomeSpec(UserSpec):
    host: str
    port: int
    lamps: Mapping[str, str]
    broker: ProcessSpec | None = None


class Home(Worker[HomeSpec]):
    """The root: a child for each lamp, and the broker if it is one of our own."""

    def derive_desired_state(
        self, spec: HomeSpec, previous_observed: ObservedState | None
    ) -> DesiredState:
        before = ("broker",) if spec.broker is not None else ()
        lamps = [
            ChildSpec(
                name,
                Lamp,
                LampSpec(host=spec.host, port=spec.port, name=name, wanted=wanted),
                requires=before,
            )
            for name, wanted in spec.lamps.items()
        ]
        brokers = [ChildSpec("broker", Process, spec.broker)] if spec.broker is not None else []
        return DesiredState("living", (*brokers, *lamps))

    @state("stopped", to="living")
    def stopped(self, s: Snapshot[HomeSpec]) -> Step:
        return stay("asked to stop") if s.should_stop else goto(self.living, "asked to run")

    @state("running", to="stopped")
    def living(self, s: Snapshot[HomeSpec]) -> Step:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        good = sum(child.healthy for child in s.children.values())
        return stay(f"{good} of {len(s.children)} in order")


def home(
    host: str, port: int, lamps: Mapping[str, str], broker: ProcessSpec | None = None
) -> tuple[ChildSpec, WorkerFactory]:
    """The root of the tree, and the types it is made of."""
    factory = WorkerFactory()
    for kind in (Home, Lamp, Process):
        factory.register(kind)
    spec = HomeSpec(host=host, port=port, lamps=lamps, broker=broker)
    return ChildSpec("home", Home, spec), factory


def small_broker(folder: str, port: int) -> ProcessSpec:
    """The nats-server that fsmv2 brings, as a broker for MQTT."""
    beside = Path(sys.executable).with_name("nats-server")
    program = str(beside) if beside.exists() else shutil.which("nats-server") or "nats-server"
    config = (
        f'server_name: home, listen: "127.0.0.1:-1"\n'
        f'jetstream {{store_dir: "{folder}"}}\nmqtt {{listen: "127.0.0.1:{port}"}}\n'
    )
    return ProcessSpec(
        command=(program, "-c", f"{folder}/home.conf"),
        files={f"{folder}/home.conf": config},
        ready=Ready(port=port),
        state_dir=folder,
    )


async def play_lamps(port: int, names: tuple[str, ...], often: float = 4.0) -> None:
    """Lamps that obey; every few seconds somebody switches one of them by hand."""

    async def lamp(client: aiomqtt.Client, name: str, text: str) -> None:
        await client.publish(f"{BASE}/{name}", json.dumps({"state": text}), qos=1, retain=True)

    async def by_hand(client: aiomqtt.Client) -> None:
        for turn in range(1_000_000):
            await asyncio.sleep(often)
            await lamp(client, names[turn % len(names)], ("OFF", "ON")[turn // len(names) % 2])

    while True:
        with contextlib.suppress(aiomqtt.MqttError, ExceptionGroup):
            async with aiomqtt.Client("127.0.0.1", port) as client, asyncio.TaskGroup() as tasks:
                await client.subscribe(f"{BASE}/+/set", qos=1)
                for name in names:
                    await client.publish(f"{BASE}/{name}/availability", "online", 1, True)
                    await lamp(client, name, "OFF")
                tasks.create_task(by_hand(client))
                async for message in client.messages:
                    name = message.topic.value.split("/")[1]
                    await lamp(client, name, reported(bytes(message.payload)))
        await asyncio.sleep(0.5)


async def keep(tree: tuple[ChildSpec, WorkerFactory], show: Callable[[str], None] = print) -> None:
    """Keep a home as it should be for as long as this is not cancelled, and show what happens."""

    def listen(report: Any) -> None:
        if report.kind == "transition":
            show(f"{report.path}: {report.text}")

    async with Runtime(*tree, listener=listen):
        await asyncio.Event().wait()


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


async def play() -> None:
    """A home that is played: broker, lamps, and somebody at the switches."""
    port = free_port()
    lamps = {"hall": "ON", "kitchen": "ON", "porch": "OFF"}
    print("A home is played until Ctrl-C. With lamps of yours: home.py HOST:PORT NAME=ON ...")
    with tempfile.TemporaryDirectory() as folder:
        tree = home("127.0.0.1", port, lamps, small_broker(folder, port))
        await asyncio.gather(keep(tree), play_lamps(port, tuple(lamps)))


def main(words: list[str]) -> int:
    """Keep the home of the command line, or one that is played; the exit code if that is wrong."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    logging.getLogger("mqtt").setLevel(logging.CRITICAL)
    if not words:
        asyncio.run(play())
    host, _, port = words[0].partition(":")
    pairs = [word.partition("=") for word in words[1:]]
    right = all(name and wanted in ("ON", "OFF") for name, _, wanted in pairs)
    if not (pairs and right and port.isdigit()):
        text = "expected a broker and lamps: home.py 192.168.1.5:1883 hall=ON porch=OFF"
        print(text, file=sys.stderr)
        return 2
    asyncio.run(keep(home(host, int(port), {name: wanted for name, _, wanted in pairs})))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        pass
