"""Whether a tree takes requests now."""

from __future__ import annotations

import asyncio

import pytest
from lamp_tree import World, device, factory_for, group, simulate

from fsmv2 import Runtime
from fsmv2.core import Core
from fsmv2.runtime.posted_request import begun, not_serving

NEVER = Core(factory_for(World()), None)


def test_from_its_first_declaration_until_it_stops_a_tree_takes_them() -> None:
    assert not_serving(NEVER) == "the tree is starting"
    with simulate(World(), group("g", device("a"))) as sim:
        sim.run(1)
        assert not_serving(sim.core) == ""
        sim.stop()
        assert not_serving(sim.core) in ("the tree is stopping", "the tree has stopped")


async def test_whoever_has_entered_a_runtime_finds_its_root_there() -> None:
    """An apply or a request that comes first of all would be refused otherwise."""
    world = World()
    for _ in range(5):
        async with Runtime(group("g", device("a")), factory_for(world)) as tree:
            assert not_serving(tree.core) == ""


async def test_a_root_that_never_comes_is_not_waited_for_without_end() -> None:
    async with asyncio.timeout(60):
        await begun(NEVER, within=0.01)


async def test_one_that_is_cancelled_while_it_is_entered_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def never(core: Core) -> None:
        entered.set()
        await asyncio.Event().wait()

    entered = asyncio.Event()
    monkeypatch.setattr("fsmv2.runtime.runtime.begun", never)
    tree = Runtime(group("g", device("a")), factory_for(World()))
    entering = asyncio.create_task(tree.__aenter__())
    await asyncio.wait_for(entered.wait(), 60)
    assert tree.running is not None
    entering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await entering
    assert tree.running is None
    assert tree.core.finished
