"""One picture of a tree for all who ask at about the same time, and never one that is too old."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future

import pytest

from fsmv2.errors import TreeStoppingError
from fsmv2.runtime import TreeView, shared_view
from fsmv2.runtime.shared_view import FRESH, LONGEST, SharedView, fresh_for


class Pictures:
    """Pictures that are begun, and taken when the test says so."""

    def __init__(self) -> None:
        self.begun: list[Future[TreeView]] = []
        self.shared = SharedView(self.take)
        self.now = 1000.0

    def take(self) -> Future[TreeView]:
        self.begun.append(Future())
        return self.begun[-1]

    def taken(self, number: int) -> TreeView:
        view = TreeView(float(number), ())
        self.begun[number].set_result(view)
        return view

    def ask(self, since: float = 0.0) -> asyncio.Task[TreeView]:
        return asyncio.ensure_future(self.shared.get(since=since))


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> Pictures:
    found = Pictures()
    monkeypatch.setattr(shared_view, "monotonic", lambda: found.now)
    return found


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_all_who_ask_at_once_get_one(pictures: Pictures) -> None:
    asking = [pictures.ask() for _ in range(50)]
    await turns()
    assert len(pictures.begun) == 1
    view = pictures.taken(0)
    assert {id(one) for one in await asyncio.gather(*asking)} == {id(view)}
    assert await pictures.ask() is view, "and who comes a moment later"


async def test_one_that_is_no_longer_fresh_is_not_given(pictures: Pictures) -> None:
    first = pictures.ask()
    await turns()
    view = pictures.taken(0)
    assert await first is view
    pictures.now += 0.6 * FRESH
    assert await pictures.ask() is view
    pictures.now += 0.6 * FRESH
    later = pictures.ask()
    await turns()
    assert len(pictures.begun) == 2
    assert pictures.taken(1) is await later


async def test_who_has_acted_gets_none_from_before(pictures: Pictures) -> None:
    first = pictures.ask()
    await turns()
    pictures.taken(0)
    await first
    pictures.now += 0.001
    acted = pictures.now
    pictures.now += 0.001
    mine = pictures.ask(since=acted)
    await turns()
    assert pictures.taken(1) is await mine


async def test_while_one_is_taken_that_does_not_suit_all_others_wait_for_the_next(
    pictures: Pictures,
) -> None:
    early = pictures.ask()
    await turns()
    pictures.now += 10 * FRESH
    late = [pictures.ask() for _ in range(20)]
    await turns()
    assert len(pictures.begun) == 1, "no other beside it, which would make both late"
    pictures.taken(0)
    await early
    await turns()
    assert not any(one.done() for one in late)
    assert len(pictures.begun) == 2
    view = pictures.taken(1)
    assert {id(one) for one in await asyncio.gather(*late)} == {id(view)}


async def test_of_a_large_tree_one_stays_fresh_for_longer_but_not_for_long(
    pictures: Pictures,
) -> None:
    for number, (takes, fresh) in enumerate(((0.01, FRESH), (0.05, 0.2), (60.0, LONGEST))):
        pictures.now += LONGEST + 1
        asking = pictures.ask()
        await turns()
        pictures.now += takes
        pictures.taken(number)
        await asking
        assert pictures.shared.fresh_for == pytest.approx(fresh)


async def test_who_goes_away_takes_it_from_nobody(pictures: Pictures) -> None:
    leaves, stays = pictures.ask(), pictures.ask()
    await turns()
    leaves.cancel()
    await turns()
    assert pictures.taken(0) is await stays


async def test_one_that_fails_is_told_to_all_and_tried_anew(pictures: Pictures) -> None:
    asking = [pictures.ask() for _ in range(3)]
    await turns()
    pictures.begun[0].set_exception(ValueError("broken"))
    found = await asyncio.gather(*asking, return_exceptions=True)
    assert [str(one) for one in found] == ["broken"] * 3
    again = pictures.ask()
    await turns()
    pictures.begun[1].cancel()
    with pytest.raises(TreeStoppingError):
        await again
    third = pictures.ask()
    await turns()
    assert pictures.taken(2) is await third


async def test_one_that_cannot_be_begun_is_told(pictures: Pictures) -> None:
    def ended() -> Future[TreeView]:
        raise RuntimeError("the loop is closed")

    shared = SharedView(ended)
    with pytest.raises(RuntimeError, match="is closed"):
        await shared.get()


async def test_it_is_shared_by_several_loops(pictures: Pictures) -> None:
    here = pictures.ask()
    there = asyncio.ensure_future(asyncio.to_thread(asyncio.run, pictures.shared.get()))
    await turns()
    view = pictures.taken(0)
    assert await here is view
    assert await there is view


@pytest.mark.parametrize(("took", "fresh"), [(0.0, FRESH), (0.05, 0.2), (10.0, LONGEST)])
def test_what_took_longer_is_fresh_for_longer_up_to_a_limit(took: float, fresh: float) -> None:
    assert fresh_for(took) == pytest.approx(fresh)
