"""Who may speak next on a shared connection."""

from __future__ import annotations

import asyncio

from fsmv2.flow.inputs.modbus.request_turns import WRITES_IN_A_ROW, RequestTurns


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class Speakers:
    """Notes in which order they had their turns."""

    def __init__(self) -> None:
        self.turns = RequestTurns()
        self.order: list[str] = []

    async def speak(self, name: str, *, urgent: bool = False, times: int = 1) -> None:
        """Take as many turns, one after another."""
        for _ in range(times):
            async with self.turns.turn(urgent=urgent):
                self.order.append(name)
                await asyncio.sleep(0)


async def test_h73_a_write_goes_before_every_read_that_waits() -> None:
    speakers = Speakers()
    async with asyncio.TaskGroup() as group, speakers.turns.turn(urgent=False):
        for name in ("a", "b", "c"):
            group.create_task(speakers.speak(name))
        group.create_task(speakers.speak("write", urgent=True))
        await _settle()
    assert speakers.order == ["write", "a", "b", "c"]


async def test_h73_users_have_their_turns_one_after_another_however_much_each_asks() -> None:
    speakers = Speakers()
    async with asyncio.TaskGroup() as group:
        group.create_task(speakers.speak("much", times=30))
        group.create_task(speakers.speak("little", times=3))
    assert speakers.order[:6] == ["much", "little"] * 3


async def test_a_flood_of_writes_lets_a_read_through_now_and_then() -> None:
    speakers = Speakers()
    async with asyncio.TaskGroup() as group, speakers.turns.turn(urgent=False):
        group.create_task(speakers.speak("read"))
        for _ in range(3 * WRITES_IN_A_ROW):
            group.create_task(speakers.speak("write", urgent=True))
        await _settle()
    assert speakers.order.index("read") == WRITES_IN_A_ROW


async def test_a_turn_is_passed_on_whenever_one_that_waits_is_cancelled() -> None:
    """Before its turn has come, and in the instant in which it has."""
    turns = RequestTurns()
    speakers = Speakers()
    speakers.turns = turns
    async with turns.turn(urgent=False):
        first = asyncio.create_task(speakers.speak("first"))
        second = asyncio.create_task(speakers.speak("second"))
        third = asyncio.create_task(speakers.speak("third"))
        await _settle()
        first.cancel()
    second.cancel()  # the turn is its own, and it has not run since
    await asyncio.wait([first, second, third])
    await asyncio.wait_for(speakers.speak("last"), 5)
    assert speakers.order == ["third", "last"]
    assert turns.waiting == 0
