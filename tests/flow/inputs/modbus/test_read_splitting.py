"""What is read apart: found by halving, kept, forgotten again; and who is blamed."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from raw_device import RawDevice, reading, tags, values

from fsmv2.flow import Register
from fsmv2.flow.inputs.modbus.read_plan import ReadBlock, block_of
from fsmv2.flow.inputs.modbus.read_splitting import (
    MERGE_AGAIN,
    SEARCH_AGAIN,
    ReadPlan,
    halves,
    search,
)
from fsmv2.flow.inputs.modbus.reader import ModbusReader, Reading

T = TypeVar("T")
NO_ADDRESS = "no such address on the device (illegal data address)"


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """The result of something that never really waits."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    raise AssertionError("it waits")


class Device:
    """Which requests a device takes, without any I/O; reads as the reader does."""

    def __init__(self, *, illegal: set[int] = frozenset(), most: int = 125) -> None:  # type: ignore[assignment]
        self.illegal, self.most = set(illegal), most
        self.asked = 0

    async def code(self, block: ReadBlock) -> int:
        """The exception, or 0."""
        self.asked += 1
        if block.count > self.most:
            return 3
        return 2 if self.illegal & set(range(block.address, block.end)) else 0

    def poll(self, plan: ReadPlan, now: float = 0.0) -> tuple[set[str], set[str]]:
        """One poll: the names that were read, and those that were blamed."""
        return at_once(self._poll(plan, now))

    async def _poll(self, plan: ReadPlan, now: float) -> tuple[set[str], set[str]]:
        read: set[str] = set()
        blamed: set[str] = set()

        async def ask(block: ReadBlock) -> int:
            code = await self.code(block)
            if not code:
                plan.answered(block)
                read.update(r.name for r in block.registers)
            return code

        for block in plan.blocks(now):
            if not (code := await ask(block)):
                continue
            if plan.may_search(block, code, now):
                found = await search(block, code, ask)
                plan.learn(found, now)
                blamed.update(r.name for r in found.refused_tags)
            else:
                blamed.update(r.name for r in block.registers)
        return read, blamed


def requests_of(plan: ReadPlan) -> list[tuple[int, int]]:
    """(address, count) of each."""
    return [(block.address, block.count) for block in plan.blocks(0.0)]


@pytest.mark.parametrize("kind", ["holding", "coil"])
async def test_h71_of_a_merged_read_only_the_illegal_tag_is_blamed(kind: str) -> None:
    """Its neighbours are published in the same poll; registers and bits."""
    device = RawDevice()
    device.illegal = {12}
    async with device.running(), reading(device, *tags(10, 12, 14, kind=kind)) as reader:
        for _ in range(3):
            seen = await reader.read()
            assert set(values(seen)) == {"t10", "t14"}
            assert seen.errors == (f"t12: {NO_ADDRESS}",)
            assert seen.retry_at is None


async def test_h71_an_illegal_gap_that_nobody_asked_for_blames_nobody() -> None:
    device = RawDevice()
    device.illegal = {11}
    async with device.running(), reading(device, *tags(10, 12, 14)) as reader:
        for _ in range(2):
            seen = await reader.read()
            assert values(seen) == {"t10": 10, "t12": 12, "t14": 14}
            assert seen.errors == ()
        device.requests.clear()
        await reader.read()
        assert device.reads() == [(10, 1), (12, 3)], "kept split"


async def test_h71_a_device_that_takes_fewer_registers_at_once_is_learnt() -> None:
    """All its long requests are shorter from then on, also those it has not refused yet."""
    device = RawDevice()
    device.most = 40
    first, second = range(100), range(200, 300)
    async with device.running(), reading(device, *tags(*first, *second)) as reader:
        seen = await reader.read()
        assert values(seen) == {f"t{n}": n for n in (*first, *second)}
        assert seen.errors == ()
        device.requests.clear()
        assert len((await reader.read()).values) == 200
        asked = device.reads()
        assert max(count for _, count in asked) <= 40
        assert len(asked) <= 10


async def test_h71_a_refusal_of_something_else_is_not_searched() -> None:
    """A device that is busy would only be asked more."""
    device = RawDevice()
    device.code = 6
    async with device.running(), reading(device, *tags(10, 12, 14)) as reader:
        seen = await reader.read()
        assert seen.errors == ("t10, t12, t14: the device is busy",)
        assert len(device.requests) == 1


class SilentAt(RawDevice):
    """Says nothing to a read that touches one of `mute`, or of more than `longest`."""

    def __init__(self, *mute: int, longest: int = 125) -> None:
        super().__init__()
        self.mute, self.longest = set(mute), longest
        self.away = False
        self.unanswered = 0
        self.before_answer = self._choose

    def _choose(self) -> None:
        address, count = self.reads()[-1]
        touches = self.mute & set(range(address, address + count))
        self.silent = {1} if touches or count > self.longest or self.away else set()
        self.unanswered += bool(self.silent)


async def read_until(
    reader: ModbusReader, wanted: set[str], *, polls: int = 60, at_most: float = 20.0
) -> Reading:
    """Poll, as often as the poller would, until a poll gives all these tags."""
    loop = asyncio.get_running_loop()
    limit = loop.time() + at_most
    for _ in range(polls):
        seen = await reader.read()
        if set(values(seen)) == wanted:
            return seen
        assert set(values(seen)) <= wanted
        assert loop.time() < limit
        pause = 0.25 if seen.retry_at is None else seen.retry_at - loop.time()
        await asyncio.sleep(max(0.0, pause))
    raise AssertionError(f"never read: {wanted - set(values(seen))}")


@pytest.mark.parametrize("others", [(), (500, 501)], ids=["one_request", "two_requests"])
@pytest.mark.thorough
async def test_h71_a_tag_at_which_the_unit_is_silent_costs_no_other(
    others: tuple[int, ...],
) -> None:
    """A timeout for each halving, and one or two to be sure; then only the tag is blamed."""
    device = SilentAt(13)
    tagged = tags(*range(10, 26), *others)
    async with device.running(), reading(device, *tagged, timeout=0.2) as reader:
        wanted = {tag.name for tag in tagged} - {"t13"}
        seen = await read_until(reader, wanted)
        assert device.unanswered <= 2 + 4 + 1
        assert all(error.startswith("t13: no answer") or "unit 1" in error for error in seen.errors)
        before = device.unanswered
        for _ in range(3):
            seen = await reader.read()
            if set(values(seen)) == wanted:
                assert seen.errors == ("t13: no answer within 0.2 s from unit 1",)
        assert device.unanswered <= before + 1, "left out for longer and longer"


async def test_an_address_between_tags_at_which_the_unit_is_silent_blames_nobody() -> None:
    device = SilentAt(14)
    async with device.running(), reading(device, *tags(10, 11, 16, 17), timeout=0.2) as reader:
        seen = await read_until(reader, {"t10", "t11", "t16", "t17"})
        assert seen.errors == ()
        device.requests.clear()
        await reader.read()
        assert device.reads() == [(10, 2), (16, 2)], "kept split"


async def test_a_length_at_which_the_unit_is_silent_is_not_asked_for() -> None:
    device = SilentAt(longest=30)
    wanted = {f"t{n}" for n in range(100)}
    async with device.running(), reading(device, *tags(*range(100)), timeout=0.2) as reader:
        assert (await read_until(reader, wanted)).errors == ()


@pytest.mark.thorough
async def test_a_device_that_is_away_is_asked_once_in_a_poll_and_never_split() -> None:
    """Nothing of it is split: silence says nothing of a request when all is silent."""
    device = SilentAt()
    wanted = {"t10", "t12", "t500", "t501"}
    async with device.running(), reading(device, *tags(10, 12, 500, 501), timeout=0.1) as reader:
        assert set(values(await reader.read())) == wanted
        device.away = True
        for n in range(1, 6):
            seen = await reader.read()
            assert seen.values == ()
            assert seen.retry_at is not None
            assert device.unanswered == n
            await asyncio.sleep(max(0.0, seen.retry_at - asyncio.get_running_loop().time()))
        device.away = False
        first = values(await reader.read())
        assert {"t10", "t12"} <= set(first) or {"t500", "t501"} <= set(first)
        await read_until(reader, wanted)
        device.requests.clear()
        await reader.read()
        assert sorted(device.reads()) == [(10, 3), (500, 2)], "not split"


async def test_one_moment_of_silence_splits_nothing() -> None:
    device = SilentAt()
    wanted = {"t10", "t12", "t500", "t501"}
    async with device.running(), reading(device, *tags(10, 12, 500, 501), timeout=0.2) as reader:
        for address in (10, 500, 10):
            device.mute = {address}
            silent = await reader.read()
            assert set(values(silent)) != wanted
            device.mute = set()
            await read_until(reader, wanted)
        device.requests.clear()
        await reader.read()
        assert sorted(device.reads()) == [(10, 3), (500, 2)]


async def test_silence_in_the_middle_of_a_search_is_searched_as_well() -> None:
    """The whole request is refused, a part of it not answered."""
    device = SilentAt()

    def chosen() -> None:
        address, count = device.reads()[-1]
        device.silent = {1} if address <= 24 < address + count and count < 16 else set()

    device.illegal, device.before_answer = {24}, chosen
    wanted = {f"t{n}" for n in range(10, 26)} - {"t24"}
    tagged = tags(*range(10, 26))
    async with device.running(), reading(device, *tagged, timeout=0.2) as reader:
        await read_until(reader, wanted)


def test_what_was_split_for_silence_is_known_again_after_one_silence() -> None:
    """Every ten minutes all of it is asked for in one request; to search again costs timeouts."""
    plan = ReadPlan(tags(*range(16)), 8)
    for _ in range(4):
        plan.silent(next(b for b in plan.blocks(0.0) if b.address <= 5 < b.end), 0.0)
    split = requests_of(plan)
    assert (5, 1) in split
    (whole,) = plan.blocks(MERGE_AGAIN)
    assert whole.count == 16
    plan.silent(whole, MERGE_AGAIN)
    assert [(b.address, b.count) for b in plan.blocks(MERGE_AGAIN)] == split
    (whole,) = plan.blocks(2 * MERGE_AGAIN)
    plan.answered(whole)
    plan.silent(whole, 2 * MERGE_AGAIN)
    assert [b.count for b in plan.blocks(2 * MERGE_AGAIN)] == [8, 8], "it was answered since"


def test_what_was_split_is_asked_for_together_again_after_a_while() -> None:
    plan, device = ReadPlan(tags(10, 12, 14), 8), Device(illegal={11})
    assert device.poll(plan, 0.0) == ({"t10", "t12", "t14"}, set())
    device.asked = 0
    device.poll(plan, MERGE_AGAIN - 1)
    assert device.asked == 2
    device.illegal.clear()
    device.poll(plan, MERGE_AGAIN)
    device.asked = 0
    device.poll(plan, MERGE_AGAIN + 1)
    assert device.asked == 1


def test_a_tag_that_is_legal_again_is_merged_again() -> None:
    plan, device = ReadPlan(tags(*range(10, 20)), 8), Device(illegal={14})
    device.poll(plan)
    device.poll(plan)
    assert requests_of(plan) == [(10, 4), (14, 1), (15, 5)]
    device.illegal.clear()
    device.poll(plan)
    assert requests_of(plan) == [(10, 10)]


def test_a_device_that_refuses_everything_is_not_asked_for_each_tag_in_every_poll() -> None:
    """Such as one that is being configured. All are blamed, and later it is searched again."""
    names = {f"t{n}" for n in range(10, 50)}
    plan, device = ReadPlan(tags(*range(10, 50)), 8), Device(illegal=set(range(100)))
    assert device.poll(plan, 0.0) == (set(), names)
    device.asked = 0
    assert device.poll(plan, 1.0) == (set(), names)
    assert device.asked == 1
    device.illegal = {30}
    read, blamed = device.poll(plan, SEARCH_AGAIN)
    assert (read, blamed) == (names - {"t30"}, {"t30"})


def test_a_block_is_halved_at_its_widest_gap_and_else_in_the_middle() -> None:
    even = block_of(list(tags(1, 2, 3, 4)))
    assert [half.count for half in halves(even)] == [2, 2]
    gap = block_of(list(tags(1, 5, 6, 7, 8)))
    assert [half.count for half in halves(gap)] == [1, 4]


@st.composite
def some_tags(draw: st.DrawFn) -> list[Register]:
    """Tags of several widths, some of which overlap."""
    found = draw(
        st.lists(
            st.tuples(st.integers(0, 120), st.sampled_from(["uint16", "uint32", "uint64"])),
            min_size=1,
            max_size=25,
            unique=True,
        )
    )
    return [
        Register(name=f"t{n}", address=address, type=type_)  # type: ignore[arg-type]
        for n, (address, type_) in enumerate(found)
    ]


@given(some_tags(), st.sets(st.integers(0, 124), max_size=12), st.integers(4, 125))
def test_h71_whatever_is_illegal_every_other_tag_is_read_in_every_poll(
    registers: list[Register], illegal: set[int], most: int
) -> None:
    """And the search ends: from some poll on, no request is refused but those of guilty tags."""
    plan, device = ReadPlan(registers, 8), Device(illegal=illegal, most=most)
    guilty = {r.name for r in registers if illegal & set(range(r.address, r.address + r.width))}
    legal = {r.name for r in registers} - guilty
    for _ in range(30):
        read, blamed = device.poll(plan)
        assert read == legal
        assert blamed == guilty
    if legal:
        refused = [b for b in plan.blocks(0.0) if at_once(device.code(b))]
        assert {r.name for b in refused for r in b.registers} <= guilty
