"""The simulated PLCs: Modbus servers in processes of their own, restarted when one is killed."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable

from fsmv2.errors import FlowError
from fsmv2.host.free_ports import is_free

HOST = "127.0.0.1"
RESTART_AFTER = 10.0
"""Seconds a killed PLC stays away, long enough to watch its bridge say so."""
READY_WITHIN = 20.0
ENDS_WITHIN = 3.0

Tell = Callable[[str, str], None]


class Plc:
    """One simulator process. `pid` is 0 while it is away."""

    def __init__(self, name: str, preferred_port: int, *, seed: int = 0) -> None:
        """`seed` shifts the values, so that no two machines show the same."""
        self.name = name
        self._seed = seed
        self.port = preferred_port if is_free(preferred_port) else 0
        self._process: asyncio.subprocess.Process | None = None
        self._served = False

    @property
    def pid(self) -> int:
        """The process to kill, for those who want to see what happens."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else 0

    async def start(self) -> None:
        """Start the process and wait until it serves; FlowError when it does not."""
        try:
            await self._start()
        except FlowError:
            if self._served or not self.port:
                raise
            self.port = 0  # somebody took the preferred one since we looked
            await self._start()
        self._served = True

    async def _start(self) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "fsmv2.cli.demo.plc_process",
            "--port",
            str(self.port),
            "--seed",
            str(self._seed),
            stdin=asyncio.subprocess.PIPE,  # its end is the end of the PLC
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            # Ctrl-C goes to the whole foreground group; the tree is to be stopped before its PLCs.
            start_new_session=True,
        )
        self._process = process
        assert process.stdout is not None  # noqa: S101  (it was started with this pipe)
        line = ""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_WITHIN):
                line = (await process.stdout.readline()).decode()
        if not line.startswith("ready "):
            await self.end()
            raise FlowError(
                f"the simulated PLC '{self.name}' did not start on {HOST}:{self.port}",
                fix="Look whether another program uses this port.",
            )
        self.port = int(line.rpartition(":")[2])

    async def keep(self, tell: Tell) -> None:
        """Start it again some time after it was killed, forever."""
        while True:
            if self._process is None:
                return
            pid, code = self._process.pid, await self._process.wait()
            ended = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
            tell(
                f"PLC {self.name}",
                f"process {pid} was {ended}; it is started again in {RESTART_AFTER:.0f} s",
            )
            await asyncio.sleep(RESTART_AFTER)
            try:
                await self.start()
            except FlowError as error:
                tell(f"PLC {self.name}", str(error))
            else:
                tell(f"PLC {self.name}", f"serves again, process {self.pid}")

    async def end(self) -> None:
        """End the process, kindly first."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(ENDS_WITHIN):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
