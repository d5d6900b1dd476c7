"""A copy of the core for who asks: of one moment, in pieces, after all that was posted."""

from __future__ import annotations

import asyncio

import pytest
from recorded_lamps import lamps, lit, root

from fsmv2 import Runtime
from fsmv2.core import Core
from fsmv2.core.checkpoint import take
from fsmv2.errors import FsmError
from fsmv2.runtime.core_copies import CoreCopies


async def test_a_core_that_cannot_be_copied_holds_up_nobody() -> None:
    core = Core(lamps(), seed=1)
    copies = CoreCopies(core)
    copy = copies.want(after=2)
    assert copies.wanted
    assert copies.ready(lambda: True, handled=1), "what was posted before comes first"
    assert not copy.done()
    core.by_path.update(dict.fromkeys(("a", "b"), None))  # type: ignore[arg-type]
    assert copies.ready(lambda: True, handled=2)
    assert copy.exception() is not None
    assert not copies.wanted


async def test_a_copy_has_what_was_declared_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(take, "LOOK_EVERY", 1)
    async with Runtime(root(3), lamps()) as tree:
        await lit(tree, 3)
        slices = tree.supervision.slices
        tree.declare(root(40))
        found = await asyncio.gather(*(tree.checkpoint() for _ in range(3)))
        assert [one.root == root(40) for one in found] == [True] * 3
        assert not found[0].stopping
        assert tree.supervision.slices > slices
        await lit(tree, 40)


async def test_who_waits_no_longer_holds_up_nobody() -> None:
    async with Runtime(root(3), lamps()) as tree:
        await lit(tree, 3)
        copies = tree.supervision._copies

        async def given_up() -> None:
            for _ in range(2):
                copies.want(after=10**9).cancel()

        await tree._parts.supervision_thread.run(given_up())
        assert (await tree.checkpoint()).head.supervisors
        waits = asyncio.run_coroutine_threadsafe(
            _wanted(copies), tree._parts.supervision_thread.loop
        )
        await asyncio.sleep(0)
    with pytest.raises(FsmError, match="the tree has ended"):
        await asyncio.wrap_future(waits)


async def _wanted(copies: CoreCopies) -> object:
    return await copies.want(after=10**9)
