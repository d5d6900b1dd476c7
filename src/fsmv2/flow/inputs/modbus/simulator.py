"""A simulated PLC: pymodbus's own server on loopback, with values that move.

`fsmv2 python -m fsmv2.flow.inputs.modbus.simulator --port 15020` prints `ready 127.0.0.1:15020`
when it listens, and ends on SIGTERM. The demo and the tests read it with the tags of
`SIMULATED_REGISTERS`.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import signal
import time
from collections.abc import Callable
from typing import Any

from fsmv2.flow.inputs.modbus.register import BIT_KINDS, Register
from fsmv2.flow.inputs.modbus.register_codec import encode
from fsmv2.flow.optional_packages import industrial, silence
from fsmv2.flow.tag import Value

SIMULATED_REGISTERS = (
    Register(name="temperature", address=0, type="int16", scale=0.1),
    Register(name="pressure", address=1, type="float32"),
    Register(name="pieces", address=3, type="uint32"),
    Register(name="speed", address=5, type="uint16"),
    Register(name="state", address=6, type="string", length=4),
    Register(name="energy", address=10, type="float64", virtual_path="meter"),
    Register(name="running", address=0, kind="coil", type="bool"),
    Register(name="door_closed", address=3, kind="discrete", type="bool"),
)
"""What can be read from the simulated PLC; one tag is below a virtual path."""

SIZE = 16
"""Addresses of each kind that exist; any other is answered with an exception, as by a real PLC."""

STATES = ("idle", "filling", "capping")


def value_of(name: str, seconds: float, seed: int) -> Value:
    """The raw value of a simulated tag at a time; the same for the same time and seed."""
    wave = math.sin(seconds / 7.0 + seed)
    values: dict[str, Value] = {
        "temperature": round(215 + 30 * wave),
        "pressure": round(2.5 + 0.5 * wave, 3),
        "pieces": int(seconds * 3) % 2**32,
        "speed": round(1200 + 100 * wave),
        "state": STATES[int(seconds / 5 + seed) % len(STATES)],
        "energy": round(1000 + seconds * 0.01, 4),
        "running": int(seconds) % 10 < 8,
        "door_closed": int(seconds) % 20 != 0,
    }
    return values[name]


def fill(kind: str, cells: list[Any], seconds: float, seed: int) -> None:
    """Write the values of now into `cells`, the 16-bit cells of one kind from address 0 on."""
    for register in SIMULATED_REGISTERS:
        if register.kind != kind:
            continue
        words = encode(
            register,
            value_of(register.name, seconds, seed),
            word_order="big",
            byte_order="big",
        )
        if kind in BIT_KINDS:  # sixteen to a cell, the lowest bit first
            cell, bit = divmod(register.address, 16)
            cells[cell] = cells[cell] & ~(1 << bit) | words[0] << bit
        else:
            cells[register.address : register.address + len(words)] = words


async def serve(port: int, seed: int, ready: Callable[[int], None]) -> None:
    """Serve on 127.0.0.1 until SIGTERM or SIGINT; `ready` is called with the port."""
    silence("pymodbus", "pymodbus.logging")
    simulator, server = industrial("pymodbus.simulator"), industrial("pymodbus.server")
    bits, words = simulator.DataType.BITS, simulator.DataType.REGISTERS
    began = time.monotonic()
    kinds = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}

    async def move(
        function_code: int,
        start_address: int,
        address: int,
        count: int,
        current_registers: list[Any],
        set_values: list[Any] | None,
    ) -> None:
        if set_values is None and function_code in kinds:
            fill(kinds[function_code], current_registers, time.monotonic() - began, seed)

    device = simulator.SimDevice(
        id=1,
        simdata=(
            [simulator.SimData(0, values=[False] * SIZE, datatype=bits)],
            [simulator.SimData(0, values=[False] * SIZE, datatype=bits)],
            [simulator.SimData(0, values=[0] * SIZE, datatype=words)],
            [simulator.SimData(0, values=[0] * SIZE, datatype=words)],
        ),
        action=move,
    )
    running = server.ModbusTcpServer(device, address=("127.0.0.1", port))
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await running.serve_forever(background=True)
    ready(running.transport.sockets[0].getsockname()[1])
    await stopped.wait()
    await running.shutdown()


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="fsmv2.flow.inputs.modbus.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--seed", type=int, default=0, help="shifts the values")
    args = parser.parse_args()
    try:
        asyncio.run(
            # Whoever starts it reads this line to learn the port.
            serve(args.port, args.seed, lambda port: print(f"ready 127.0.0.1:{port}", flush=True))  # noqa: T201
        )
    except (OSError, RuntimeError) as error:
        raise SystemExit(f"cannot serve on 127.0.0.1:{args.port}: {error}") from None


if __name__ == "__main__":
    main()
