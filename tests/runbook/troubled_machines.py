"""Trees that are in trouble with fsmv2 itself, its machine, or what somebody changed."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import nats
from changed_tree import changed_tree
from flow_kit import Simulator
from troubled_tree import TroubledTree, alone, in_trouble

from broker_url import connect_url
from free_ports import free_ports
from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.builtin.broker.server import start, stop
from full_disk import fill, small_disk

AGENT = "agent: {name: edge, location: {enterprise: acme, site: cologne}}\n"
HEAD = AGENT + "engine: {backoff_base: 100ms, backoff_cap: 1s}\n"
FILLER = """\
bridges:
  - name: filler
    location: {area: packaging, line: line-1, cell: filler}
    variables: {DIVISOR: 2}
    read:
      input:
        generate: {every: "{{ 1000 // .DIVISOR }}ms", tags: [{name: pieces, curve: counter}]}
"""
FAST_FILLER = FILLER.replace("{{ 1000 // .DIVISOR }}ms", "10ms").replace(
    "{name: pieces, curve: counter}",
    ", ".join(f"{{name: station-{number}, curve: counter}}" for number in range(50)),
)
"""Fills a queue within seconds."""
NO_BROKER = 'broker: {url: "nats://127.0.0.1:1"}\n'
HISTORIAN = """\
processes:
  historian:
    command: [sleep, "1000"]
"""


def nothing() -> None:
    """What changes the tree is in the block itself."""


@contextlib.contextmanager
def template_error() -> Iterator[TroubledTree]:
    """A template that divides by a variable that somebody set to zero."""
    with in_trouble(HEAD + NO_BROKER + FILLER) as tree:
        tree.steps["taken"] = nothing
        tree.run("fsmv2 set edge/filler DIVISOR=0 --no-wait")
        tree.until("divides by zero", "fsmv2 why edge/filler")
        tree.fires("TemplateErrors")
        yield tree


@contextlib.contextmanager
def changed_by_hand() -> Iterator[TroubledTree]:
    """A pause that was forgotten, and a document that was changed and not applied."""
    with in_trouble(HEAD + HISTORIAN) as tree:
        tree.steps["taken"] = nothing
        tree.until("(process): running", "fsmv2 why edge/historian")
        tree.run("fsmv2 pause edge/historian -m 'new disk'")
        file = Path("plant.yaml")
        file.write_text(file.read_text() + "  web: {command: [sleep, '1000']}\n")
        tree.until("changed", "fsmv2 health")
        tree.fires("DocumentDiffers")
        tree.fires("OverrideOld")
        yield tree


@contextlib.contextmanager
def full_disk() -> Iterator[TroubledTree]:
    """A state directory on a disk that is full."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        disk = stack.enter_context(small_disk(folder / "state", 4))
        stack.enter_context(alone())
        stack.enter_context(changed_tree(HEAD + HISTORIAN, folder=folder))
        stack.enter_context(contextlib.chdir(folder))
        tree = TroubledTree(folder)
        tree.until("(process): running", "fsmv2 why edge/historian")
        filled = fill(disk)
        tree.steps["cleaned"] = filled.unlink
        tree.run("fsmv2 pause edge/historian -m x --no-wait")
        tree.until("cannot be written", "fsmv2 health")
        tree.fires("StoreFailing", "StoreBehind")
        yield tree


@contextlib.contextmanager
def stopped() -> Iterator[TroubledTree]:
    """Nothing but what a tree has left; until it is started again."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        stack.enter_context(alone())
        tree = TroubledTree(folder)
        with contextlib.chdir(folder):
            with changed_tree(HEAD + HISTORIAN, folder=folder):
                tree.until("(process): running", "fsmv2 why edge/historian")
            tree.steps["started"] = lambda: stack.enter_context(
                changed_tree(HEAD + HISTORIAN, folder=folder)
            )
            try:
                yield tree
            finally:
                stack.close()


@contextlib.contextmanager
def never_converges() -> Iterator[TroubledTree]:
    """A process that runs and is never ready."""
    web = "processes:\n  web:\n    command: [sleep, '1000']\n    ready: {file: web.ready}\n"
    with in_trouble(HEAD + web) as tree:
        tree.steps["ready"] = Path("web.ready").touch
        tree.until("ready", "fsmv2 why edge/web")
        yield tree


@contextlib.contextmanager
def broker_away() -> Iterator[TroubledTree]:
    """A broker that ended while a bridge goes on reading."""
    with tempfile.TemporaryDirectory() as folder:
        port, mqtt = free_ports(2)
        config = BrokerConfig(state_dir=folder, port=port, mqtt_port=mqtt)
        asyncio.run(start(config))
        try:
            document = f'{HEAD}broker: {{url: "{connect_url(config)}"}}\n{FAST_FILLER}'
            with in_trouble(document, {str(port): "4222"}) as tree:
                tree.until("edge/filler", "fsmv2 status --state active -o name")
                healthy = tree.run("fsmv2 metrics")
                asyncio.run(stop(config))
                tree.steps["started"] = lambda: asyncio.run(start(config))
                tree.until("degraded_broker", "fsmv2 why edge/filler")
                tree.fires("SamplesNotAcknowledged", before=healthy, goes_on=True)
                skipped = "fsmv2 metrics | grep 'polls_skipped_total.*full'"
                tree.until_more(0, skipped)
                full = tree.run("fsmv2 metrics")
                tree.until_more(float(full.split('reason="full"} ')[1].split()[0]), skipped)
                tree.fires("SamplesNotAcknowledged", before=full, goes_on=True)
                yield tree
        finally:
            asyncio.run(stop(config))


@contextlib.contextmanager
def writes_refused() -> Iterator[TroubledTree]:
    """A command for a bridge that is paused."""
    with tempfile.TemporaryDirectory() as folder:
        port, mqtt, device = free_ports(3)
        config = BrokerConfig(state_dir=folder, port=port, mqtt_port=mqtt)
        asyncio.run(start(config))
        simulator = Simulator(device)
        simulator.start()
        writes = FILLER.split("    variables")[0] + (
            f"    connection: {{host: 127.0.0.1, port: {device}}}\n    write:\n      output:\n"
            f'        modbus: {{address: "127.0.0.1:{device}", registers: '
            "[{name: setpoint, address: 14, type: int16}]}\n"
        )
        try:
            document = f'{HEAD}broker: {{url: "{connect_url(config)}"}}\n{writes}'
            with in_trouble(document, {str(port): "4222", str(device): "15021"}) as tree:
                tree.steps["taken"] = nothing
                tree.until("edge/filler", "fsmv2 status --phase running -o name")
                tree.run("fsmv2 pause edge/filler -m 'hands in the machine'")
                asyncio.run(_command(connect_url(config)))
                tree.fires("WriteCommandsRefused")
                yield tree
        finally:
            simulator.end()
            asyncio.run(stop(config))


async def _command(url: str) -> None:
    client = await nats.connect(url)
    subject = "cmd.v1.acme.cologne.packaging.line-1.filler._write.setpoint"
    with contextlib.suppress(nats.errors.TimeoutError, nats.errors.NoRespondersError):
        print(await client.request(subject, b"42", timeout=10))
    await client.close()


MACHINES: dict[str, Callable[[], AbstractContextManager[TroubledTree]]] = {
    "template-error": template_error,
    "changed-by-hand": changed_by_hand,
    "full-disk": full_disk,
    "stopped": stopped,
    "never-converges": never_converges,
    "broker-away": broker_away,
    "writes-refused": writes_refused,
}
