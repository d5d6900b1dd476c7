"""A flow is changed while the broker is away: what it accepted before is waited for and counted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import pytest
from flow_kit import broker, free_port, stored, until

from broker_url import connect_url
from fsmv2.flow import AsyncioEngine, FlowConfig, UnsOutput
from fsmv2.flow.inputs.generate.generate_config import GenerateInput
from fsmv2.flow.inputs.generate.generated_tag import GeneratedTag

NOBODY = f"nats://127.0.0.1:{free_port()}"
NAME = "plant/filler/dfc_read"


def flow(every: float, *, queue: int) -> FlowConfig:
    """One that generates a value each time; nobody listens where it publishes."""
    return FlowConfig(
        name=NAME,
        input=GenerateInput(every=every, tags=(GeneratedTag(name="level", curve="counter"),)),
        output=UnsOutput(url=NOBODY, location_path="acme", queue=queue, window=1),
    )


async def test_h80_what_both_accepted_is_counted_as_lost_when_the_engine_is_closed() -> None:
    accepted: Counter[bytes] = Counter()
    engine = AsyncioEngine(on_accepted=lambda _, payload: accepted.update([payload]))
    first = flow(0.01, queue=1000)
    await engine.start(first)
    await until(lambda: accepted.total() > 5)
    await engine.start(msgspec.structs.replace(first, input=flow(0.02, queue=1000).input))
    before = accepted.total()
    await until(lambda: accepted.total() > before + 5)
    stats = engine.stats(NAME)
    assert stats is not None
    assert stats.queue_depth > before, "those of before are waited for as well"
    assert engine._leaving_marks[NAME] == 1
    await engine.aclose()
    assert engine.dropped == {NAME: accepted.total()}
    assert not engine._leaving_marks, "of one that has left nothing is kept"


async def test_a_flow_that_is_changed_again_and_again_keeps_no_more_samples() -> None:
    engine = AsyncioEngine()
    config = flow(0.01, queue=20)
    for change in range(5):
        await engine.start(
            msgspec.structs.replace(config, input=flow(0.01 + change / 1e3, queue=20).input)
        )
        await until(lambda: (s := engine.stats(NAME)) is not None and s.skipped_polls_total > 3)
    await engine.aclose()
    assert engine.dropped[NAME] == 20


@pytest.mark.real
async def test_h79_what_no_broker_took_is_published_at_the_one_of_today_and_comes_first(
    tmp_path: Path,
) -> None:
    """The broker of before is away for good, or lets nobody in with the password of before."""
    accepted: list[tuple[str, bytes]] = []
    engine = AsyncioEngine(on_accepted=lambda *sample: accepted.append(sample))
    first = flow(0.01, queue=1000)
    await engine.start(first)
    await until(lambda: len(accepted) > 5)
    await engine.start(msgspec.structs.replace(first, input=flow(0.02, queue=1000).input))
    async with broker(tmp_path) as server:
        here = msgspec.structs.replace(first.output, url=connect_url(server))
        await engine.start(msgspec.structs.replace(first, output=here))
        before = len(accepted)
        await until(lambda: len(accepted) > before + 5)
        assert await engine.stop(NAME, drain=20.0) == 0
        await engine.aclose()
        assert await stored(server) == accepted
    assert engine.dropped == {}


async def test_a_flow_that_gets_another_name_again_and_again_keeps_no_more_samples() -> None:
    """A bridge is renamed, and its topic, which comes from its location, stays."""
    engine = AsyncioEngine()
    config = flow(0.01, queue=20)
    for number in range(4):
        name = f"plant/filler{number}/dfc_read"
        await engine.start(msgspec.structs.replace(config, name=name))
        await until(
            lambda name=name: (s := engine.stats(name)) is not None and s.skipped_polls_total > 3
        )
        stats = engine.stats(name)
        assert stats is not None
        assert stats.queue_depth == 20, "those of before are counted"
        await engine.stop(name, drain=0.0)
    await engine.aclose()
    assert sum(engine.dropped.values()) == 20
    assert engine.dropped["plant/filler0/dfc_read"] == 20


@pytest.mark.real
async def test_h98_what_a_flow_of_another_name_left_is_published_at_the_broker_of_today(
    tmp_path: Path,
) -> None:
    accepted: list[tuple[str, bytes]] = []
    engine = AsyncioEngine(on_accepted=lambda *sample: accepted.append(sample))
    first = flow(0.01, queue=1000)
    await engine.start(first)
    await until(lambda: len(accepted) > 5)
    assert await engine.stop(NAME, drain=0.0) > 5
    renamed = "plant/press/dfc_read"
    async with broker(tmp_path) as server:
        here = msgspec.structs.replace(first.output, url=connect_url(server))
        await engine.start(msgspec.structs.replace(first, name=renamed, output=here))
        before = len(accepted)
        await until(lambda: len(accepted) > before + 5)
        assert await engine.stop(renamed, drain=20.0) == 0
        await engine.aclose()
        assert await stored(server) == accepted, "in the order in which they were accepted"
    assert engine.dropped == {}
