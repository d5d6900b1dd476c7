"""Looking up names: each in a place of its own, once at a time, and what was found is kept."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from typing import Any

import pytest

from fsmv2.host import names as module
from fsmv2.host.loops import new_loop
from fsmv2.host.names import NameLookupError, Names

NO_TIME = 0.01
"""Seconds for a lookup that never ends; how busy the machine is changes nothing."""
PLENTY = 60.0


class NameServer:
    """Answers for names that it knows; one that is in `silent` is answered once that is set."""

    def __init__(self) -> None:
        self.addresses = {"plc.fast": "192.0.2.7"}
        self.silent: dict[str, threading.Event] = {}
        self.errors: dict[str, OSError] = {}
        self.asked: list[str] = []
        self.now = 0.0

    def __call__(self, host: str, port: int, *_: Any) -> list[tuple[Any, ...]]:
        self.asked.append(host)
        if host in self.silent:
            self.silent[host].wait(PLENTY)
        if host in self.errors:
            raise self.errors[host]
        if host not in self.addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        address = (self.addresses[host], port)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address)]

    def table(self) -> Names:
        return Names(self, clock=lambda: self.now)


@pytest.fixture
def server() -> NameServer:
    return NameServer()


async def lookups_end() -> None:
    """Until no thread looks anything up: it ends in a moment, and is waited for, not slept for."""
    for thread in threading.enumerate():
        if thread.name.startswith("lookup "):
            await asyncio.to_thread(thread.join, PLENTY)


async def test_h74_a_dead_name_holds_up_no_other(server: NameServer) -> None:
    names, dead = server.table(), [f"plc{n}.slow" for n in range(50)]
    server.silent = dict.fromkeys(dead, threading.Event())
    asking = [asyncio.create_task(names.resolve(name, 502, PLENTY)) for name in dead]
    assert await names.resolve("plc.fast", 502, PLENTY) == [(socket.AF_INET, ("192.0.2.7", 502))]
    server.silent[dead[0]].set()
    await asyncio.gather(*asking, return_exceptions=True)


async def test_h74_the_reason_says_the_name_and_the_time(server: NameServer) -> None:
    names, silent = server.table(), threading.Event()
    server.silent["plc.slow"] = silent
    with pytest.raises(NameLookupError, match=r"the name plc\.slow could not be looked up within"):
        await names.resolve("plc.slow", 502, NO_TIME)
    silent.set()
    with pytest.raises(NameLookupError, match="name or service not known"):
        await names.resolve("nowhere", 502, PLENTY)


async def test_h74_one_lookup_of_a_name_at_a_time(server: NameServer) -> None:
    names, silent = server.table(), threading.Event()
    server.silent["plc.fast"] = silent
    for _ in range(5):
        with pytest.raises(NameLookupError):
            await names.resolve("plc.fast", 502, NO_TIME)
        server.now += 100.0  # however long it takes
    asking = [asyncio.create_task(names.resolve("plc.fast", n, PLENTY)) for n in range(1, 9)]
    await asyncio.sleep(0)
    silent.set()
    found = await asyncio.gather(*asking)
    assert [address[1] for [(_, address)] in found] == list(range(1, 9))
    assert server.asked == ["plc.fast"]


async def test_h74_an_answer_is_used_while_a_new_one_is_on_its_way(server: NameServer) -> None:
    names, silent = server.table(), threading.Event()
    first = await names.resolve("plc.fast", 502, PLENTY)
    assert await names.resolve("plc.fast", 502, PLENTY) == first
    assert len(server.asked) == 1
    server.now += module.FRESH
    server.silent["plc.fast"] = silent
    server.addresses["plc.fast"] = "192.0.2.8"
    assert await names.resolve("plc.fast", 502, PLENTY) == first
    silent.set()
    await lookups_end()
    assert await names.resolve("plc.fast", 502, PLENTY) == [(socket.AF_INET, ("192.0.2.8", 502))]
    assert len(server.asked) == 2


async def test_an_old_answer_is_not_used_for_ever(server: NameServer) -> None:
    """By then the address may be another machine's."""
    names = server.table()
    await names.resolve("plc.fast", 502, PLENTY)
    server.errors["plc.fast"] = socket.gaierror(socket.EAI_AGAIN, "Temporary failure")
    server.now += module.FRESH
    await names.resolve("plc.fast", 502, PLENTY)
    await lookups_end()
    server.now += module.KEPT
    with pytest.raises(NameLookupError, match="temporary failure"):
        await names.resolve("plc.fast", 502, PLENTY)


async def test_a_name_that_is_gone_has_no_address_any_more(server: NameServer) -> None:
    names = server.table()
    await names.resolve("plc.fast", 502, PLENTY)
    server.addresses.clear()
    server.now += module.FRESH
    await names.resolve("plc.fast", 502, PLENTY)
    await lookups_end()
    with pytest.raises(NameLookupError, match="not known"):
        await names.resolve("plc.fast", 502, PLENTY)


async def test_who_retries_at_once_asks_no_name_server_in_a_loop(server: NameServer) -> None:
    names = server.table()
    for _ in range(5):
        with pytest.raises(NameLookupError):
            await names.resolve("nowhere", 502, PLENTY)
    assert len(server.asked) == 1
    server.now += module.FAILED
    with pytest.raises(NameLookupError):
        await names.resolve("nowhere", 502, PLENTY)
    assert len(server.asked) == 2


async def test_h74_the_end_waits_for_no_lookup(server: NameServer) -> None:
    names, silent = server.table(), threading.Event()
    server.silent["plc.slow"] = silent
    with pytest.raises(NameLookupError):
        await names.resolve("plc.slow", 502, NO_TIME)
    looking = [thread for thread in threading.enumerate() if thread.name == "lookup plc.slow"]
    assert [thread.daemon for thread in looking] == [True]
    silent.set()


def test_a_loop_that_has_ended_disturbs_no_lookup(server: NameServer) -> None:
    names, silent = server.table(), threading.Event()
    server.silent["plc.fast"] = silent

    async def gives_up() -> None:
        with pytest.raises(NameLookupError):
            await names.resolve("plc.fast", 502, NO_TIME)

    asyncio.run(gives_up())
    silent.set()
    asyncio.run(lookups_end())
    assert asyncio.run(names.resolve("plc.fast", 502, PLENTY))


async def test_a_literal_address_is_looked_up_by_nobody(server: NameServer) -> None:
    names = server.table()
    assert await names.resolve("192.0.2.1", 5, NO_TIME) == [(socket.AF_INET, ("192.0.2.1", 5))]
    assert await names.resolve("::1", 5, NO_TIME) == [(socket.AF_INET6, ("::1", 5))]
    assert server.asked == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.010",
        "127.1",
        "2130706433",
        "plc.5",
        "0x7f000001",
        "127.0.0.1.",
        "１27.0.0.1",
        "h\0.x",
    ],
)
async def test_what_only_looks_like_an_address_is_another_machine_s(
    server: NameServer, host: str
) -> None:
    server.addresses[host] = "127.0.0.8"
    with pytest.raises(NameLookupError, match="write four decimal numbers"):
        await server.table().resolve(host, 502, PLENTY)


async def test_more_lookups_than_a_machine_has_threads_are_refused(
    server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    names, silent = server.table(), threading.Event()
    server.silent = {"a": silent, "b": silent}
    for name in server.silent:
        with pytest.raises(NameLookupError, match="within"):
            await names.resolve(name, 1, NO_TIME)
    with pytest.raises(NameLookupError, match="2 other names are being looked up"):
        await names.resolve("c", 1, PLENTY)
    silent.set()


def test_h74_any_library_looks_names_up_apart_on_our_loops(
    server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As its clients connect, by name; a name that asyncio cannot know, looked up by our table."""
    monkeypatch.setattr(module, "NAMES", server.table())
    monkeypatch.setattr("fsmv2.host.loops.NAMES", module.NAMES)
    server.addresses["broker.plant"] = "127.0.0.1"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens: it refuses
        loop = new_loop()
        try:
            with pytest.raises(OSError, match="Connect call failed") as refused:
                loop.run_until_complete(
                    asyncio.open_connection("broker.plant", taken.getsockname()[1])
                )
        finally:
            loop.close()
    assert refused.value.errno == errno.ECONNREFUSED
    assert server.asked == ["broker.plant"]
