"""What is streamed of a tree, as it is sent."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
from served_tree import TICKER, call, tree_with_api

from fsmv2.api.streamed_items import lines_of
from fsmv2.operate.followed_log import FollowedLog
from fsmv2.operate.log_line import LogLine, NumberedLines


def line(text: str) -> LogLine:
    return LogLine(at=1.5, path="a/b", kind="worker_log", level="error", text=text)


class Logged:
    """A tree with a log of one entry, of two lines."""

    def numbered_log_lines(self, *, after: int, limit: int) -> list[NumberedLines]:
        found = [NumberedLines(7, "a/b", (line("it broke"), line("  at x\x1b[2J")))]
        return [one for one in found if one.number > after][-limit:]


async def test_each_line_is_an_event_and_the_last_of_an_entry_has_its_number() -> None:
    read = lines_of(Logged())  # type: ignore[arg-type]
    (item,) = await read(6, 10)
    assert (item.id, item.path) == (7, "a/b")
    first, second, rest = item.text().split(b"\n\n")
    assert first.startswith(b'event: line\ndata: {"at":1.5,"path":"a/b","kind":"worker_log"')
    assert second.startswith(b"id: 7\nevent: line\ndata: {")
    assert b"x\\u001b[2J" in second
    assert rest == b""
    assert await read(7, 10) == ()


async def test_the_log_of_a_tree_is_followed_as_it_is_written(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (tree, api), asyncio.timeout(200):
        known = await call(api.place, "GET", "/v1/logs")
        log = FollowedLog(tmp_path / "state", TICKER, tool="test")
        assert not log.follows
        log.begin(msgspec.json.decode(known.raw)["last"])
        await tree.log_level(TICKER, "debug", reason="looks at it", who="ann")
        await tree.restart(TICKER, who="ann")
        lines: list[LogLine] = []
        while not any(one.kind == "tick" for one in lines):
            await asyncio.sleep(0.02)
            lines += log.taken()
            assert log.follows
        assert {one.path for one in lines} == {TICKER}
        assert log.last > msgspec.json.decode(known.raw)["last"]
    assert log._thread is not None
    await asyncio.to_thread(log._thread.join, 200)
    assert not log.follows, "with the tree, the stream of its log has ended"
