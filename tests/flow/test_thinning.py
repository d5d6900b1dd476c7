"""Which values of a tag are published: deadband, minimum interval, and both together."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flow_kit import broker, flow, simulated_plc, stored, until
from hypothesis import given
from hypothesis import strategies as st

from fsmv2 import SpecError
from fsmv2.flow import AsyncioEngine, ModbusInput, Register
from fsmv2.flow.thinning import Thinning


def published(values: list[Any], *, every: float = 1.0, **options: Any) -> list[Any]:
    """What comes out of readings a second (`every`) apart, with the held value at the end."""
    thinning = Thinning(Register(name="tag", address=0, **options))
    out, suppressed, now = [], 0, 0.0
    for number, value in enumerate(values):
        now = number * every
        if held := thinning.release(now):
            out.append(held[0])
        passes, dropped = thinning.offer(value, number, now)
        suppressed += dropped
        if passes:
            out.append(value)
    if held := thinning.release(math.inf):
        out.append(held[0])
    assert len(out) + suppressed == len(values), "a value is neither published nor suppressed"
    return out


@pytest.mark.parametrize(
    ("options", "values", "expected"),
    [
        ({"deadband": 0.5}, [20.0, 20.4, 20.5, 20.6, 20.2, 20.0], [20.0, 20.6, 20.0]),
        ({"deadband": 0.1}, [23.5, 23.6, 23.4, 23.7], [23.5, 23.7]),
        ({"deadband": 1}, [0, 0.6, 1.2, 1.8, 2.4], [0, 1.2, 2.4]),
        ({"deadband": 0}, [1, 1, 2, 2, 1], [1, 2, 1]),
        ({"deadband_percent": 10}, [100, 109, 111, 121, 123], [100, 111, 123]),
        ({"deadband_percent": 10}, [0, 0, 0.001, 0.00105, 0], [0, 0.001, 0]),
        ({"deadband_percent": 10}, [-100, -105, -111], [-100, -111]),
        ({"deadband": 0}, [True, True, False], [True, False]),
        ({"deadband": 0}, ["idle", "idle", "filling", "idle"], ["idle", "filling", "idle"]),
        ({"deadband": 5}, [1, True, "1", 1], [1, True, "1", 1]),
        ({"deadband": 5}, [1.0, 2], [1.0]),
        ({"deadband": 0}, [2**63, 2**63 + 1], [2**63, 2**63 + 1]),
    ],
    ids=[
        "absolute",
        "as a person counts",
        "slow drift is seen",
        "only changes",
        "percent",
        "percent of zero",
        "percent of less than nothing",
        "bools",
        "texts",
        "another type always passes",
        "int or float is no other type",
        "beyond what a float tells apart",
    ],
)
def test_a_deadband_publishes_what_differs_enough_from_the_last_published(
    options: dict[str, Any], values: list[Any], expected: list[Any]
) -> None:
    """The first value always passes."""
    assert published(values, **options) == expected


def test_what_is_no_number_passes_once() -> None:
    """NaN and infinity are told when they come and when they are over, not over and over."""
    nan, inf = math.nan, math.inf
    out = published([1.0, nan, nan, inf, inf, -inf, 1.0], deadband=10)
    assert [str(value) for value in out] == ["1.0", "nan", "inf", "-inf", "1.0"]


def test_of_an_interval_the_last_value_is_published_when_it_ends() -> None:
    """Not the first, not at the next poll, and with the time at which it was read."""
    thinning = Thinning(Register(name="tag", address=0, min_interval=10))
    assert thinning.offer(1, 0, 0.0) == (True, 0)
    assert thinning.due == math.inf
    assert thinning.offer(2, 3000, 3.0) == (False, 0)
    assert thinning.offer(3, 4000, 4.0) == (False, 1)
    assert thinning.due == 10.0
    assert thinning.release(9.9) is None
    assert thinning.release(10.0) == (3, 4000)
    assert thinning.release(30.0) is None
    assert thinning.offer(4, 19000, 19.0) == (False, 0), "the next interval began at 10"
    assert thinning.offer(5, 20000, 20.0) == (True, 1)


def test_a_value_that_is_back_within_the_deadband_leaves_nothing_to_tell() -> None:
    """Both options together: the interval chooses the value, the deadband judges that one."""
    assert published([10, 15, 10.2], deadband=1, min_interval=60) == [10]
    assert published([10, 15, 18], deadband=1, min_interval=60) == [10, 18]


@given(
    st.lists(st.floats(-100, 100) | st.integers(-100, 100), max_size=60),
    st.floats(0, 20),
    st.sampled_from([0.0, 2.5, 7.0]),
)
def test_what_stands_at_the_end_is_never_further_off_than_the_deadband(
    values: list[float], band: float, interval: float
) -> None:
    """Whatever came: the last published value tells the last read one up to the deadband."""
    out = published(values, deadband=band, min_interval=interval)
    if values:
        assert abs(out[-1] - values[-1]) <= band * (1 + 1e-6)
    if not interval:
        assert all(abs(b - a) > band for a, b in itertools.pairwise(out))


def test_options_that_mean_nothing_are_refused() -> None:
    """All at once, each with its tag."""
    with pytest.raises(SpecError) as caught:
        ModbusInput(
            address="plc",
            registers=(
                Register(name="a", address=0, deadband=1, deadband_percent=1),
                Register(name="b", address=0, kind="coil", type="bool", deadband=0.5),
                Register(name="c", address=0, rename="x y", min_interval=-1),
                Register(name="d", address=0, deadband=math.nan),
                Register(name="e", address=0, rename="a"),
            ),
        )
    for told in (
        "registers[0] (a): deadband and deadband_percent exclude each other",
        "registers[1] (b): a bool changes or it does not: its deadband can only be 0",
        "registers[2] (c): the published name 'x y' has",
        "min_interval is -1 s, expected 0 or more",
        "deadband is nan, expected 0 or more",
        "registers[4] (e): the tag name 'a' is taken by registers[0]",
    ):
        assert told in str(caught.value)


@pytest.mark.real
async def test_a_flow_publishes_renamed_and_thinned_and_loses_no_last_value(
    tmp_path: Path,
) -> None:
    """Every value read is accepted, suppressed or held; every accepted one is stored."""
    tags = (
        Register(name="speed (rpm)", rename="speed", address=5),
        Register(name="pieces", address=3, type="uint32", min_interval=1.5),
        Register(name="state", address=6, type="string", length=4, min_interval=3600),
        Register(name="door", address=3, kind="discrete", type="bool", deadband=0),
        Register(name="nothing", address=15, deadband_percent=1),
    )
    accepted: list[tuple[str, bytes]] = []
    async with broker(tmp_path) as server:
        engine = AsyncioEngine(on_accepted=lambda *sample: accepted.append(sample))
        with simulated_plc() as plc:
            config = flow(plc.port, server, registers=tags)
            await engine.start(config)

            def seen(tag: str) -> list[Any]:
                subject = f"umh.v1.acme.cologne._raw.{tag}"
                return [msgspec.json.decode(data) for at, data in accepted if at == subject]

            def polls() -> int:
                stats = engine.stats(config.name)
                assert stats is not None
                return stats.polls_total

            await until(lambda: polls() > 10)
            stats = engine.stats(config.name)
            assert stats is not None
            assert stats.suppressed_total > stats.polls_total, "of most polls more than one"
            plc.end()
            # The interval ends although nothing is read any more.
            await until(lambda: len(seen("pieces")) >= 2)
            assert len(seen("state")) == 1
            assert await engine.stop(config.name, drain=5.0) == 0
            assert len(seen("state")) == 2, "a stop releases what is held"
        assert sorted(await stored(server)) == sorted(accepted)
        await engine.aclose()
    times = [sample["timestamp_ms"] for sample in seen("pieces")]
    assert len(times) == len(set(times))
    assert len(seen("speed")) >= 10
    assert len(seen("nothing")) == 1
    assert 1 <= len(seen("door")) <= 3
