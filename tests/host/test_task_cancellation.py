"""Cancelling a task until it has ended."""

from __future__ import annotations

import asyncio

from fsmv2.host.task_cancellation import AGAIN, end_task, ends_the_task
from fsmv2.testing.virtual_loop import VirtualLoop


def run_virtually(coroutine: object) -> object:
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(coroutine)  # type: ignore[arg-type]
    finally:
        loop.close()


def test_one_that_swallows_cancellations_is_cancelled_again() -> None:
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while swallowed < 3:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                swallowed += 1

    async def check() -> bool:
        task = asyncio.ensure_future(stubborn())
        await asyncio.sleep(0)
        return await end_task(task)

    assert run_virtually(check()) is True
    assert swallowed == 3


def test_one_that_never_ends_is_given_up_after_its_time() -> None:
    async def check() -> tuple[bool, float]:
        running = True

        async def deaf() -> None:
            while running:
                try:
                    await asyncio.sleep(3600)
                except asyncio.CancelledError:
                    continue

        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(deaf())
        await asyncio.sleep(0)
        began = loop.time()
        ended = await end_task(task, within=10 * AGAIN)
        took = loop.time() - began
        running = False
        assert await end_task(task)
        return ended, took

    ended, took = run_virtually(check())  # type: ignore[misc]
    assert not ended
    assert abs(took - 10 * AGAIN) <= AGAIN


def test_an_exception_of_the_task_is_not_left_for_asyncio_to_complain_of() -> None:
    async def check() -> bool:
        async def failing() -> None:
            raise ValueError("lost")

        return await end_task(asyncio.ensure_future(failing()))

    assert run_virtually(check()) is True


def test_only_a_cancellation_of_ours_ends_the_surrounding_task() -> None:
    assert ends_the_task(asyncio.CancelledError(), cancelled=True)
    assert not ends_the_task(asyncio.CancelledError(), cancelled=False)
    assert not ends_the_task(SystemExit(), cancelled=True)
    assert ends_the_task(GeneratorExit(), cancelled=False), "no loop runs here"
