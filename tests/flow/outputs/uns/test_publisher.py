"""The queue of one flow's output: order, refusals, successors; the broker is played."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from flow_kit import flow, free_port, simulated_plc, until

from fsmv2.flow import AsyncioEngine, UnsOutput
from fsmv2.flow.nats.subject_turns import SubjectTurns
from fsmv2.flow.outputs.uns import publisher as module
from fsmv2.flow.outputs.uns.publisher import UnsPublisher
from fsmv2.flow.sample import Sample
from fsmv2.flow.stats import FlowCounters


class PlayedBroker:
    """Stands for the connection: stores, or refuses as long as `refuses` says so."""

    def __init__(self) -> None:
        self.turns = SubjectTurns()
        self.up = asyncio.Event()
        self.up.set()
        self.error = ""
        self.stored: list[str] = []
        self.refuses: Callable[[str], str] = lambda _: ""
        self.sent = 0
        self._waiting: dict[str, Any] = {}
        self._down: dict[object, Callable[[], None]] = {}

    def on_down(self, who: object, listener: Callable[[], None]) -> None:
        self._down[who] = listener

    def forget(self, who: object) -> None:
        self._down.pop(who, None)

    def expect(self, acknowledged: Any, *, needs_stream: bool = True) -> str:
        token = f"t{len(self._waiting)}/{self.sent}"
        self._waiting[token] = acknowledged
        return token

    def give_up(self, token: str) -> None:
        self._waiting.pop(token, None)

    def lose(self) -> None:
        """The connection is lost: no answer comes to what is under way."""
        self._waiting.clear()
        for listener in list(self._down.values()):
            listener()

    async def publish(self, subject: str, payload: bytes, token: str, headers: Any) -> None:
        self.sent += 1
        refusal = self.refuses(payload.decode())
        if not refusal and payload.decode() not in self.stored:
            self.stored.append(payload.decode())
        if acknowledged := self._waiting.pop(token, None):
            asyncio.get_running_loop().call_soon(acknowledged, token, refusal)
        await asyncio.sleep(0)


def samples(tag: str, numbers: range) -> list[Sample]:
    return [Sample(f"umh.v1.acme._raw.{tag}", f"{tag}{n:03}".encode(), f"{n}") for n in numbers]


def in_order(stored: list[str]) -> bool:
    by_tag: dict[str, list[str]] = defaultdict(list)
    for payload in stored:
        by_tag[payload[0]].append(payload)
    return all(values == sorted(values) for values in by_tag.values())


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AFTER_REFUSAL", 0.0)


@asynccontextmanager
async def sending(broker: PlayedBroker, **output: Any) -> AsyncIterator[UnsPublisher]:
    config = UnsOutput(url="nats://h", location_path="acme", **output)
    made = UnsPublisher(config, FlowCounters(), broker)  # type: ignore[arg-type]
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.wait([task])
        made.close()


async def test_h79_a_broker_that_refuses_at_random_stores_each_tag_in_order() -> None:
    """As a full stream does from which somebody takes now and then: every third gets in."""
    broker = PlayedBroker()
    broker.refuses = lambda _: "" if broker.sent % 3 == 0 else "maximum messages exceeded"
    async with sending(broker) as publisher:
        for n in range(0, 60, 10):
            publisher.put(samples("a", range(n, n + 10)) + samples("b", range(n, n + 10)))
        assert await publisher.drained(20.0) == 0
    assert len(broker.stored) == 120
    assert in_order(broker.stored)


async def test_h79_what_was_under_way_when_the_connection_broke_is_sent_before_the_rest() -> None:
    broker = PlayedBroker()
    async with sending(broker) as publisher:
        publisher.put(samples("a", range(20)) + samples("b", range(20)))
        for _ in range(30):
            await asyncio.sleep(0)
            broker.lose()
        publisher.put(samples("a", range(20, 30)))
        assert await publisher.drained(20.0) == 0
    assert len(broker.stored) == 50
    assert in_order(broker.stored)


async def test_h79_a_flow_that_ends_is_sent_before_its_successor() -> None:
    """Whatever the successor is called: they meet at the subject."""
    broker = PlayedBroker()
    broker.refuses = lambda payload: "full" if payload < "a020" and broker.sent < 50 else ""
    async with sending(broker) as old, sending(broker) as new:
        old.put(samples("a", range(20)))
        new.put(samples("a", range(20, 40)) + samples("b", range(5)))
        assert await new.drained(20.0) == 0
        assert old.depth == 0
    assert len(broker.stored) == 45
    assert in_order(broker.stored)
    assert broker.stored.index("b000") < broker.stored.index("a020"), "other tags do not wait"


async def test_h79_what_waits_behind_samples_that_are_refused_is_no_healthy_flow() -> None:
    """Nothing of its own is refused, and nothing is stored either."""
    broker = PlayedBroker()
    refused = True
    broker.refuses = lambda _: "full" if refused else ""
    async with sending(broker) as old, sending(broker) as new:
        old.put(samples("a", range(5)))
        new.put(samples("a", range(5, 10)))
        await until(lambda: bool(old.refusal))
        assert not new.connected
        why = "the broker refuses samples: full; what the flow before accepted comes first"
        assert new.error == why
        refused = False
        assert await new.drained(20.0) == 0
        assert (new.connected, new.error) == (True, "")
    assert in_order(broker.stored)


async def test_a_flow_that_is_closed_with_samples_left_lets_its_successor_go_on() -> None:
    broker = PlayedBroker()
    broker.refuses = lambda payload: "full" if payload < "a020" else ""
    async with sending(broker) as new:
        async with sending(broker) as old:
            old.put(samples("a", range(20)))
            new.put(samples("a", range(20, 25)))
            await asyncio.sleep(0)
            assert new.depth == 5
        assert old.depth == 20
        assert await new.drained(20.0) == 0
    assert broker.stored == [f"a{n:03}" for n in range(20, 25)]


@pytest.mark.real
async def test_h80_an_engine_that_is_closed_says_how_many_samples_of_which_flow_are_lost() -> None:
    """Of a flow that runs, and of one that was stopped before and still tried to send."""
    engine = AsyncioEngine()
    with simulated_plc() as plc:
        configs = [
            msgspec.structs.replace(flow(plc.port, free_port()), name=f"plant/{name}")
            for name in ("stopped", "runs")
        ]
        for config in configs:
            await engine.start(config)
        await until(lambda: all((s := engine.stats(c.name)) and s.queue_depth for c in configs))
        left = await engine.stop("plant/stopped", drain=0.0)
        assert left > 0
        await engine.aclose()
    assert engine.dropped["plant/stopped"] == left
    assert engine.dropped["plant/runs"] > 0
    assert len(engine.dropped) == 2
