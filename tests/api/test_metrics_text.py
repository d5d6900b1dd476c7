"""The text of the metrics is made once for all who ask at the same time."""

from __future__ import annotations

import asyncio
import gzip
import threading

import pytest

from fsmv2.api.metrics_text import SharedMetrics


class Maker:
    """Makes a text that tells how often it was made, once it is let."""

    def __init__(self) -> None:
        self.made = 0
        self.free = threading.Event()

    def __call__(self, accept: str) -> tuple[bytes, str]:
        assert self.free.wait(30)
        self.made += 1
        return f"{accept} {self.made} ".encode() * 500, "text/plain"


async def test_two_hundred_at_once_cost_two_and_none_gets_older_figures() -> None:
    make = Maker()
    shared = SharedMetrics(make)
    first = asyncio.ensure_future(shared.text("a", compressed=False))
    await asyncio.sleep(0.05)  # it has begun
    others = [asyncio.ensure_future(shared.text("a", compressed=False)) for _ in range(200)]
    await asyncio.sleep(0)
    others[0].cancel()
    make.free.set()
    assert (await first).body.startswith(b"a 1 ")
    assert {(await one).body for one in others[1:]} == {b"a 2 " * 500}
    assert make.made == 2


async def test_each_form_is_made_for_itself_and_compressed_where_it_is_worth_it() -> None:
    make = Maker()
    make.free.set()
    shared = SharedMetrics(make)
    found = await shared.text("a", compressed=True)
    assert (gzip.decompress(found.body), found.encoding) == (b"a 1 " * 500, "gzip")
    small = SharedMetrics(lambda _: (b"small", "text/plain"))
    assert (await small.text("a", compressed=True)).encoding == ""


async def test_an_error_is_everybodys_and_the_next_one_is_answered() -> None:
    fails = [True]

    def make(_: str) -> tuple[bytes, str]:
        if fails[0]:
            raise ValueError("a mistake")
        return b"x", "text/plain"

    shared = SharedMetrics(make)
    found = await asyncio.gather(
        *(shared.text("a", compressed=False) for _ in range(3)), return_exceptions=True
    )
    assert all(isinstance(one, ValueError) for one in found)
    fails[0] = False
    assert (await shared.text("a", compressed=False)).body == b"x"
    fails[0] = True
    with pytest.raises(ValueError, match="a mistake"):
        await shared.text("a", compressed=False)
