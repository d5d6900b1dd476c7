"""The input that makes values: at its rate, by a virtual clock, as long as there is room."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from fsmv2.flow.engine_shares import EngineShares
from fsmv2.flow.input import Intake, Values
from fsmv2.flow.inputs.generate.generate_config import GenerateInput
from fsmv2.flow.inputs.generate.generate_input import GENERATE
from fsmv2.flow.inputs.generate.generated_tag import GeneratedTag
from fsmv2.flow.stats import FlowCounters
from fsmv2.testing import VirtualLoop

TAGS = (
    GeneratedTag(name="pieces", curve="counter", period=0.5),
    GeneratedTag(name="state", curve="steps", period=1.0, values=("on", "off")),
)


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    made = VirtualLoop()
    yield made
    made.close()


class Bench:
    """A generator, what it gave and when."""

    def __init__(self, loop: VirtualLoop, *, room: bool = True, busy: float = 0.0) -> None:
        self.loop = loop
        self.room = room
        self.busy = busy
        self.counters = FlowCounters()
        self.given: list[tuple[float, dict[str, Any]]] = []
        intake = Intake(
            name="flow",
            room=lambda count: self.room,
            take=self.take,
            counters=self.counters,
            shares=EngineShares(),
        )
        self.made = GENERATE.opens(GenerateInput(tags=TAGS, every=0.5), intake)

    def take(self, values: Values) -> None:
        self.given.append((self.loop.time(), {tag.published: value for tag, value in values}))
        self.loop.virtual_time += self.busy

    def run(self, seconds: float) -> None:
        async def for_a_while() -> None:
            task = asyncio.ensure_future(self.made.run())
            await asyncio.sleep(seconds)
            task.cancel()
            self.made.close()

        self.loop.run_until_complete(for_a_while())


def test_all_tags_are_made_at_each_interval(loop: VirtualLoop) -> None:
    bench = Bench(loop)
    bench.run(1.7)
    assert [at for at, _ in bench.given] == pytest.approx([0.0, 0.5, 1.0, 1.5])
    assert [values for _, values in bench.given] == [
        {"pieces": 0, "state": "on"},
        {"pieces": 1, "state": "on"},
        {"pieces": 2, "state": "off"},
        {"pieces": 3, "state": "off"},
    ]
    assert bench.counters.polls == 4
    assert bench.counters.measured_every == pytest.approx(0.5)
    assert (bench.made.connected, bench.made.error, bench.made.users) == (True, "", 1)


def test_without_room_nothing_is_made_and_that_is_counted(loop: VirtualLoop) -> None:
    """The values of that time are left out, as a machine's would be."""
    bench = Bench(loop, room=False)
    loop.call_later(0.9, lambda: setattr(bench, "room", True))
    bench.run(1.2)
    assert bench.given == [(pytest.approx(1.0), {"pieces": 2, "state": "off"})]
    assert bench.counters.skipped_full == 2


def test_what_is_late_is_left_out_and_the_rate_stays(loop: VirtualLoop) -> None:
    bench = Bench(loop, busy=1.2)
    bench.run(3.7)
    assert [values["pieces"] for _, values in bench.given] == [0, 3, 6]
    assert bench.counters.skipped_slow == 6
