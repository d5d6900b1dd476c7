"""Many simulated PLCs in one process: `python -m bench.plcs 50` prints their ports, then serves.

Each is a Modbus server of its own port on loopback with twenty registers that move; ends when its
standard input does.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from fsmv2.flow.optional_packages import silence

TAGS = 20


async def serve(count: int) -> None:
    """Serve `count` PLCs until standard input ends."""
    silence("pymodbus", "pymodbus.logging")
    from pymodbus.server import ModbusTcpServer
    from pymodbus.simulator import DataType, SimData, SimDevice

    async def move(
        function_code: int, start: int, address: int, count: int, cells: list[Any], new: Any
    ) -> None:
        second = int(time.monotonic() * 10)
        for tag in range(TAGS):
            cells[tag] = (second + tag * 997) % 65536

    servers = []
    for _ in range(count):
        words = [SimData(0, values=[0] * TAGS, datatype=DataType.REGISTERS)]
        device = SimDevice(id=1, simdata=words, action=move)
        server = ModbusTcpServer(device, address=("127.0.0.1", 0))
        await server.serve_forever(background=True)
        servers.append(server)
    # Declared as a transport, it is what asyncio listens with.
    listening: list[Any] = [server.transport for server in servers]
    ports = [one.sockets[0].getsockname()[1] for one in listening]
    print(json.dumps(ports), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
