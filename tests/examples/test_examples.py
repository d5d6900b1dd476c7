"""The examples are trees like anybody's, and do what they say."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import urllib.parse
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType

import pytest

from fsmv2 import EngineSettings, Runtime
from fsmv2.core.contract.settings import TypeSettings
from fsmv2.runtime import TreeView
from fsmv2.testing import Simulation

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def sites() -> ModuleType:
    sys.path.insert(0, str(EXAMPLES))
    try:
        import sites
    finally:
        sys.path.pop(0)
    return sites


@contextlib.asynccontextmanager
async def site(status: str = "200 OK") -> AsyncIterator[str]:
    """A web site on loopback; its URL."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(f"HTTP/1.0 {status}\r\n\r\n".encode())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/a?x=1"


def watched(tree: TreeView) -> set[str]:
    return {node.name for node in tree.of_type("site") if node.control != "stopped"}


@pytest.mark.real
async def test_children_follow_what_is_discovered_and_one_bad_look_removes_none(
    sites: ModuleType, tmp_path: Path
) -> None:
    """H29: three sites, two, four; a look that fails, and one that finds nothing, remove none."""
    folder = tmp_path / "sites"
    folder.mkdir()
    names = folder / "all.txt"
    often = TypeSettings(interval=0.3)
    settings = EngineSettings(types={"sites": often, "site": often})
    async with contextlib.AsyncExitStack() as stack:
        urls = [await stack.enter_async_context(site()) for _ in range(4)]
        broken = await stack.enter_async_context(site("503 Overloaded"))
        names.write_text("\n".join([*urls[:2], broken]))
        root, factory = sites.sites(str(folder))
        async with Runtime(root, factory, settings=settings) as tree:
            view = await tree.until(
                lambda t: t["sites"].reason == "2 of 3 sites answer", timeout=200
            )
            assert watched(view) == {*urls[:2], broken}
            down = next(node for node in view.nodes if node.name == broken)
            assert (down.state, down.reason) == ("degraded", "503 Overloaded")
            assert down.path == "sites/" + broken.replace("%", "%25").replace("/", "%2F")
            names.write_text("\n".join(urls[:2]))
            await tree.until(lambda t: watched(t) == set(urls[:2]), timeout=200)
            kept = {n.path: n.incarnation for n in (await tree.view()).nodes if n.name in urls}
            names.write_text("\n".join(urls))
            await tree.until(lambda t: t["sites"].reason == "4 of 4 sites answer", timeout=200)
            folder.rename(tmp_path / "away")
            view = await tree.until(lambda t: "is not there" in t["sites"].reason, timeout=200)
            assert watched(view) == set(urls)
            (tmp_path / "away").rename(folder)
            view = await tree.until(
                lambda t: t["sites"].reason == "4 of 4 sites answer", timeout=200
            )
            assert {n.path: n.incarnation for n in view.nodes if n.path in kept} == kept


def test_one_empty_discovery_removes_none(sites: ModuleType, tmp_path: Path) -> None:
    """The second and third that agree do."""
    (tmp_path / "a.txt").write_text("http://127.0.0.1:1/\n")
    root, factory = sites.sites(str(tmp_path))
    with Simulation(root, factory) as sim:
        sim.run(3)
        assert len(sim.view().of_type("site")) == 1
        (tmp_path / "a.txt").write_text("")
        sim.until(lambda sim: sim["sites"].observed.urls == (), within=200)
        assert len(sim.view().of_type("site")) == 1
        (tmp_path / "a.txt").write_text("http://127.0.0.1:1/\n")
        sim.run(5)
        assert sim.view().of_type("site")[0].incarnation == 1
        (tmp_path / "a.txt").write_text("")
        sim.run(10)
        assert sim.view().of_type("site") == ()


def test_locations_merge_variables_are_inherited_and_globals_reach_every_leaf() -> None:
    """H31, over four levels: enterprise → two sites → three areas each → a meter."""
    sys.path.insert(0, str(EXAMPLES))
    try:
        import customers
    finally:
        sys.path.pop(0)
    root, factory, global_variables = customers.customers()
    with Simulation(root, factory, global_variables=global_variables) as sim:
        sim.run(20)
        view = sim.view()
        assert len(view.nodes) == 1 + 2 + 6 + 6
        assert all(node.state == "running" for node in view.nodes)
        configs = {n.path: sim.supervisor(n.path).live_config for n in view.of_type("meter")}
    assert configs["acme/north/milling/meter"] == {
        "topic": "umh.v1.acme.north.milling.meter.energy",
        "price": "day in EUR",
        "report_to": "https://example.com/energy",
        "known_as": "acme/north/milling/meter",
    }
    assert {c["price"] for p, c in configs.items() if "/south/" in p} == {"night in BRL"}
    assert {c["price"] for p, c in configs.items() if "/north/" in p} == {"day in EUR"}
    assert len({config["topic"] for config in configs.values()}) == 6
    assert {config["known_as"] for config in configs.values()} == set(configs)


def test_the_plan_of_the_customers_is_printed() -> None:
    ran = subprocess.run(
        [sys.executable, EXAMPLES / "customers.py"], capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("meter {") == 6


@pytest.mark.real
@pytest.mark.thorough
async def test_crawlers_are_processes_that_come_back_and_leave_nothing(tmp_path: Path) -> None:
    """One is killed and comes back; one whose site is away fails with its words, and alone."""
    sys.path.insert(0, str(EXAMPLES))
    try:
        import crawlers
    finally:
        sys.path.pop(0)
    away = "http://127.0.0.1:9/"
    async with site() as url:
        here = urllib.parse.urlsplit(url)
        root, factory = crawlers.crawlers(
            (f"{here.scheme}://{here.netloc}/", away), str(tmp_path / "state")
        )
        name = f"crawlers/{here.netloc}"
        async with Runtime(root, factory) as tree:
            view = await tree.until(
                lambda t: (
                    t["crawlers"].reason == "1 of 2 sites are being crawled"
                    and t["crawlers/127.0.0.1:9"].state == "failed"
                    and t[name].observed.cpu > 0  # starting Python took some of it
                ),
                timeout=200,
            )
            first = view[name].observed.pid
            assert view[name].observed.memory_mb > 1
            assert "of a core" in crawlers.table(view)
            assert f"exit code 1; last: {away}: " in view["crawlers/127.0.0.1:9"].observed.ended
            os.kill(first, signal.SIGKILL)
            view = await tree.until(
                lambda t: t[name].state == "running" and t[name].observed.pid != first, timeout=200
            )
            last = view[name].observed.pid
        with pytest.raises(ProcessLookupError):
            os.kill(last, 0)
