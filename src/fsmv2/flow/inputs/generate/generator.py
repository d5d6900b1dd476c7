"""Makes the values of one flow at a fixed rate."""

from __future__ import annotations

import asyncio
import math

from fsmv2.flow.input import Intake
from fsmv2.flow.inputs.generate.curves import value_at
from fsmv2.flow.inputs.generate.generate_config import GenerateInput


class Generator:
    """The input of one flow: always connected, and nothing can be wrong with it."""

    connected = True
    error = ""
    users = 1
    conflict = ""

    def __init__(self, config: GenerateInput, intake: Intake) -> None:
        self._config = config
        self._intake = intake

    async def run(self) -> None:
        """Make values until cancelled."""
        loop, every = asyncio.get_running_loop(), self._config.every
        started = loop.time()
        polls = 0
        while True:
            self._make(polls * every)
            polls += 1
            # Those whose time has passed are left out: a machine would not wait either.
            late = math.ceil((loop.time() - started) / every - 1e-9) - polls
            if late > 0:
                polls += late
                self._intake.counters.skip_slow(late)
            await asyncio.sleep(max(0.0, started + polls * every - loop.time()))

    def close(self) -> None:
        """Nothing is held."""

    def _make(self, seconds: float) -> None:
        config, intake = self._config, self._intake
        if not intake.room(len(config.tags)):
            intake.counters.skip_full()
            return
        began = asyncio.get_running_loop().time()
        intake.counters.polls += 1
        intake.take([(tag, value_at(tag, seconds, config.seed)) for tag in config.tags])
        intake.counters.polled(began, asyncio.get_running_loop().time())
