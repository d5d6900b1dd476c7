"""The demo's PLCs: real processes, restarted when killed, gone when the demo is."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from fsmv2.cli.demo import plcs as plcs_module
from fsmv2.cli.demo.plcs import Plc

pytestmark = pytest.mark.real


async def until(condition: Callable[[], bool], within: float = 200.0) -> None:
    limit = time.monotonic() + within
    while not condition():
        assert time.monotonic() < limit, "did not become true in time"
        await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_preferred_port_that_is_taken_is_replaced_by_a_free_one() -> None:
    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            plc = Plc("filler", taken.getsockname()[1])
            await plc.start()
            assert plc.port not in (0, taken.getsockname()[1])
            with socket.create_connection(("127.0.0.1", plc.port)):
                pass
            await plc.end()
            assert plc.pid == 0

    asyncio.run(scenario())


def test_a_killed_plc_is_started_again_on_its_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plcs_module, "RESTART_AFTER", 0.1)

    async def scenario() -> None:
        told: list[str] = []
        plc = Plc("filler", 0)
        await plc.start()
        first, port = plc.pid, plc.port
        keeper = asyncio.create_task(plc.keep(lambda path, text: told.append(text)))
        await asyncio.sleep(0)
        os.kill(first, signal.SIGKILL)
        await until(lambda: len(told) == 2)
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
        assert f"process {first} was killed by SIGKILL" in told[0]
        assert plc.pid not in (0, first)
        assert plc.port == port
        await plc.end()

    asyncio.run(scenario())


def test_a_plc_does_not_outlive_what_started_it() -> None:
    code = (
        "import asyncio\n"
        "from fsmv2.cli.demo.plcs import Plc\n"
        "async def main():\n"
        "    plc = Plc('filler', 0)\n"
        "    await plc.start()\n"
        "    print(plc.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    starter = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    starter.kill()
    starter.communicate()
    asyncio.run(until(lambda: not alive(pid)))


@pytest.mark.real
def test_a_port_that_is_taken_between_the_look_and_the_start_is_not_insisted_on() -> None:
    """Somebody else was quicker: the first start picks another one, once."""

    async def main() -> None:
        plc = Plc("filler", 0)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            plc.port = taken.getsockname()[1]
            await plc.start()
            assert plc.port != taken.getsockname()[1]
            await plc.end()

    asyncio.run(main())
