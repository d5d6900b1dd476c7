"""Flows between real servers: what is accepted arrives, whatever is killed in between."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from pathlib import Path

import msgspec
import pytest
from flow_kit import broker, flow, free_port, simulated_plc, stored, until

from fsmv2 import FlowError
from fsmv2.builtin.broker.broker_record import read_record
from fsmv2.builtin.broker.server import start
from fsmv2.flow import AsyncioEngine, FlowStats, ModbusInput, Register
from fsmv2.flow.inputs.modbus.reader import ModbusReader
from fsmv2.flow.inputs.modbus.simulator import SIMULATED_REGISTERS

pytestmark = pytest.mark.real

NAME = "plant/filler/dfc_read"


def figures(engine: AsyncioEngine) -> FlowStats:
    """The figures of the one flow."""
    stats = engine.stats(NAME)
    assert stats is not None
    return stats


async def test_every_simulated_tag_is_read_right_and_a_bad_one_spoils_no_other() -> None:
    missing = Register(name="nowhere", address=400)
    with simulated_plc() as plc:
        reader = ModbusReader(
            ModbusInput(address=f"127.0.0.1:{plc.port}", registers=(*SIMULATED_REGISTERS, missing))
        )
        reading = await reader.read()
        reader.close()
        assert plc.end(signal.SIGTERM) == 0, "the simulator ends in order when asked"
    values = {register.name: value for register, value in reading.values}
    assert values.keys() == {register.name for register in SIMULATED_REGISTERS}
    assert 18.5 <= values["temperature"] <= 24.5
    assert 2.0 <= values["pressure"] <= 3.0
    assert values["state"] in ("idle", "filling", "capping")
    assert values["energy"] >= 1000
    assert isinstance(values["pieces"], int)
    assert isinstance(values["running"], bool)
    assert reading.errors == ("nowhere: no such address on the device (illegal data address)",)


async def test_a_killed_plc_is_read_again_when_it_returns(tmp_path: Path) -> None:
    async with broker(tmp_path) as server:
        engine = AsyncioEngine()
        with simulated_plc() as plc:
            await engine.start(flow(plc.port, server))
            await until(lambda: figures(engine).acked_total > 50)
            plc.end()
            await until(lambda: not figures(engine).input_connected)
            await until(lambda: "connection refused" in figures(engine).input_error)
            errors = figures(engine).errors_total
            assert errors > 0
            assert figures(engine).output_connected
            plc.start()
            accepted = figures(engine).accepted_total
            await until(lambda: figures(engine).accepted_total > accepted, timeout=200)
            assert figures(engine).input_error == ""
        await engine.aclose()


async def test_a_killed_broker_loses_nothing_that_was_accepted(tmp_path: Path) -> None:
    accepted: list[tuple[str, bytes]] = []
    async with broker(tmp_path) as server:
        engine = AsyncioEngine(on_accepted=lambda *sample: accepted.append(sample))
        with simulated_plc() as plc:
            await engine.start(flow(plc.port, server, every=0.01))
            await until(lambda: figures(engine).acked_total > 200)
            for _ in range(2):
                record = read_record(server)
                assert record is not None
                os.kill(record.pid, signal.SIGKILL)
                await until(lambda: not figures(engine).output_connected)
                before = figures(engine).accepted_total
                await until(lambda n=before: figures(engine).accepted_total > n + 100)
                assert figures(engine).queue_depth > 0
                assert figures(engine).output_error
                await start(server)
                await until(lambda: figures(engine).output_connected)
            assert await engine.stop(NAME, drain=5.0) == 0
            found = await stored(server)
        await engine.aclose()
    assert len(found) == len(set(found)), "a sample is stored twice"
    assert set(found) == set(accepted)
    by_tag: dict[str, list[int]] = {}
    for subject, payload in found:
        by_tag.setdefault(subject, []).append(msgspec.json.decode(payload)["timestamp_ms"])
    assert len(by_tag) == len(SIMULATED_REGISTERS)


async def test_backpressure_skips_polls_and_counts_them_apart(tmp_path: Path) -> None:
    port = free_port()  # nobody listens here: the broker is away from the beginning
    accepted: list[tuple[str, bytes]] = []
    engine = AsyncioEngine(on_accepted=lambda *sample: accepted.append(sample))
    with simulated_plc() as plc:
        await engine.start(flow(plc.port, port, every=0.01, queue=100))
        await until(lambda: figures(engine).skipped_polls_total > 20)
        full = figures(engine)
        assert full.queue_depth <= 100
        assert full.accepted_total == full.queue_depth == len(accepted)
        assert full.acked_total == 0
        assert "connection refused" in full.output_error or "no broker" in full.output_error
        assert await engine.stop(NAME, drain=0.1) == len(accepted), "what is left is told"
    await engine.aclose()


async def test_a_changed_config_replaces_the_flow_and_loses_nothing(tmp_path: Path) -> None:
    accepted: set[tuple[str, bytes]] = set()
    async with broker(tmp_path) as server:
        engine = AsyncioEngine(on_accepted=lambda *sample: accepted.add(sample))
        with simulated_plc() as plc:
            config = flow(plc.port, server)
            await engine.start(config)
            await until(lambda: figures(engine).accepted_total > 50)
            started = figures(engine).started_at
            await engine.start(config)
            assert figures(engine).started_at == started, "the same config changes nothing"
            fewer = flow(plc.port, server, registers=SIMULATED_REGISTERS[:1])
            await engine.start(fewer)
            assert engine.config(NAME) == fewer
            assert figures(engine).started_at > started
            await until(lambda: figures(engine).acked_total > 10)
            assert await engine.stop(NAME, drain=5.0) == 0
            assert engine.stats(NAME) is None
            assert await engine.stop(NAME, drain=0.0) == 0
        found = await stored(server)
        await engine.aclose()
    assert set(found) == accepted
    assert len(found) == len(set(found))


async def test_what_a_stopped_flow_could_not_send_is_sent_later(tmp_path: Path) -> None:
    """At least once for every accepted sample, while the process lives."""
    accepted: set[tuple[str, bytes]] = set()
    engine = AsyncioEngine(on_accepted=lambda *sample: accepted.add(sample))
    async with broker(tmp_path) as server:
        record = read_record(server)
        assert record is not None
        with simulated_plc() as plc:
            await engine.start(flow(plc.port, server))
            await until(lambda: figures(engine).acked_total > 20)
            os.kill(record.pid, signal.SIGKILL)
            await until(lambda: figures(engine).queue_depth > 20)
            assert await engine.stop(NAME, drain=0.1) > 0
        await start(server)
        for _ in range(200):
            with contextlib.suppress(Exception):
                if set(await stored(server)) == accepted:
                    break
            await asyncio.sleep(0.05)
        else:
            raise AssertionError("what was accepted never arrived")
        await engine.aclose()


async def test_nothing_is_left_of_a_closed_engine(tmp_path: Path) -> None:
    before = set(threading.enumerate())  # some of an earlier test may end meanwhile
    engine = AsyncioEngine()
    with simulated_plc() as plc:
        await engine.start(flow(plc.port, free_port()))
        assert [t.name for t in set(threading.enumerate()) - before] == ["fsmv2-flows"]
        await until(lambda: figures(engine).accepted_total > 0)
        await engine.aclose()
        await engine.aclose()
    assert set(threading.enumerate()) <= before
    with pytest.raises(FlowError, match="the engine is closed"):
        await engine.start(flow(1, 1))
