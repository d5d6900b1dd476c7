"""What lies around a simulated plant: its devices, brokers, processes, and the engine of its flows.

Devices and brokers come and go, processes end; no socket is opened and nothing is started.
`SimulatedBroker` and its like look at this instead of at the network.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Mapping

import msgspec

from fsmv2.errors import FsmError
from fsmv2.flow import AnyConfig, FlowConfig, WriteConfig, reach_of
from fsmv2.flow.commands.refusal import Refusal, nobody_allows
from fsmv2.flow.device import DeviceStatus
from fsmv2.flow.engine import Refusing
from fsmv2.flow.stats import FlowStats, WriteStats
from fsmv2.testing.surroundings import Surroundings

AS_ASKED, KILLED = "ended as asked", "killed by signal 9"
"""How a server or process ended."""

TROUBLES: Mapping[str, tuple[str, ...]] = {
    "device": ("away", "silent", "slow"),
    "flow": ("lost", "reads fail", "full"),
    "broker": ("killed", "hangs", "taken"),
    "process": ("killed", "not ready", "cannot start", "shim killed"),
}
"""What can go wrong with each kind of thing."""


class SimulatedServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server or process that was started; ready from `ready_at`, in virtual seconds."""

    pid: int
    started_at: float
    ready_at: float
    digest: str = ""


class PlantSurroundings(Surroundings):
    """Everything is well until `trouble`. Subclass it for what else a plant of yours has."""

    STARTS_WITHIN = 1.5
    """Seconds from the start of a server or process until it is ready."""

    def __init__(self) -> None:
        self.about: dict[str, tuple[str, str]] = {}
        """Path → what kind of thing its worker looks at, and the name of the thing."""
        self.until: dict[tuple[str, str], float] = {}
        """(trouble, thing) → when it ends, in virtual seconds."""
        self.running: dict[str, SimulatedServer] = {}
        """Servers by address and processes by directory; they outlive the program."""
        self.ended: dict[str, str] = {}
        self.unkept: set[str] = set()
        """Processes whose shim is gone."""
        self.embedded: set[str] = set()
        """Addresses of the brokers that are ours to start."""
        self.flows: dict[str, AnyConfig] = {}
        """What the engine runs; it is part of the program and ends with it."""
        self._pids = itertools.count(1000)

    # ---- what goes wrong ---------------------------------------------------------------------

    def trouble(self, path: str, *, now: float, seconds: float, number: int) -> str:
        """Have the thing at `path` fail; of a worker with no thing of its own, one below it."""
        below = sorted(known for known in self.about if known.startswith(path + "/"))
        if path not in self.about and not below:
            return ""
        kind, thing = self.about.get(path) or self.about[below[number % len(below)]]
        what = TROUBLES[kind][number % len(TROUBLES[kind])]
        if what == "killed":
            if self.running.pop(thing, None) is not None:
                self.ended[thing] = KILLED
        elif what == "shim killed":
            self.unkept.add(thing)
        elif what == "lost":
            self.flows.pop(thing, None)
        else:
            self.until[what, thing] = now + seconds
        return what

    def crashed(self) -> None:
        """The flows are gone; servers and processes run on."""
        self.flows.clear()

    def calm(self) -> None:
        """All troubles are over."""
        self.until.clear()

    def suffers(self, trouble: str, thing: str) -> bool:
        """Whether `thing` has this trouble now; asked from within a collection or an action."""
        return self.until.get((trouble, thing), 0.0) > now()

    # ---- servers and processes ---------------------------------------------------------------

    async def start(self, thing: str, digest: str = "", *, fails: str = "") -> SimulatedServer:
        """Start what does not run, or adopt what runs with this digest.

        FsmError with `fails` as its text when that is what it suffers from.
        """
        found = self.running.get(thing)
        if found is not None and found.digest == digest:
            return found
        if found is not None:
            await self.stop(thing)
        await asyncio.sleep(0.2)
        if fails and self.suffers(fails, thing):
            raise FsmError(f"{thing}: {fails}")
        began = now()
        made = SimulatedServer(
            pid=next(self._pids),
            started_at=began,
            ready_at=began + self.STARTS_WITHIN,
            digest=digest,
        )
        self.running[thing] = made
        self.unkept.discard(thing)
        self.ended.pop(thing, None)
        return made

    async def stop(self, thing: str) -> None:
        """End what runs."""
        if thing in self.running:
            await asyncio.sleep(0.3)
            self.running.pop(thing, None)
            self.ended[thing] = AS_ASKED

    # ---- devices -----------------------------------------------------------------------------

    def problem_of_device(self, address: str) -> str:
        """Why `address` does not answer, or nothing."""
        for trouble in ("away", "silent"):
            if self.suffers(trouble, address):
                return f"{address} is {trouble}"
        return ""

    def problem_of_broker(self, url: str) -> str:
        """Why the broker at `url` does not answer, or nothing. One that is not ours always runs."""
        server = self.running.get(url)
        if url in self.embedded and (server is None or server.ready_at > now()):
            return f"nothing answers at {url}"
        return f"{url} hangs" if self.suffers("hangs", url) else ""


class SimulatedRefusing:
    """Has nothing to refuse."""

    def ask(self, refusal: Refusal) -> None:
        """Nobody asks for the reason."""

    def stats(self) -> WriteStats:
        """Nothing was refused."""
        return WriteStats()


class SimulatedEngine:
    """Runs no flow, and says of each what a real one would with these surroundings."""

    def __init__(self, around: PlantSurroundings) -> None:
        self._around = around
        self._refusals: dict[str, Refusal] = {}

    async def start(self, config: AnyConfig, refusal: Refusal = nobody_allows) -> None:
        """As if; an engine without room says so."""
        await asyncio.sleep(0.05)
        if self._around.suffers("full", config.name):
            raise FsmError("the engine has no room for another flow")
        self._around.flows[config.name] = config
        self._refusals[config.name] = refusal

    async def stop(self, name: str, *, drain: float) -> int:
        """As if; nothing is lost."""
        await asyncio.sleep(0.05)
        self._around.flows.pop(name, None)
        return 0

    @contextlib.asynccontextmanager
    async def refusing(self, config: WriteConfig) -> AsyncIterator[Refusing]:
        """Nobody sends commands here."""
        yield SimulatedRefusing()

    @property
    def dropped(self) -> Mapping[str, int]:
        """Nothing is ever lost."""
        return {}

    def config(self, name: str) -> AnyConfig | None:
        """The config of a flow."""
        return self._around.flows.get(name)

    def refusal(self, name: str) -> Refusal | None:
        """What a flow would ask before it writes."""
        return self._refusals.get(name) if name in self._around.flows else None

    def stats(self, name: str) -> FlowStats | None:
        """Connected at both ends as far as device and broker answer."""
        config, around = self._around.flows.get(name), self._around
        if config is None:
            return None
        device, broker, reads = _ends(config)
        of_device, of_broker = around.problem_of_device(device), around.problem_of_broker(broker)
        failing = "a read failed" if around.suffers("reads fail", name) else ""
        first, second = (of_device, of_broker) if reads else (of_broker, of_device)
        return FlowStats(
            running=True,
            started_at=0.0,
            input_connected=not first,
            output_connected=not second,
            input_error=first or (failing if reads else ""),
            output_error=second,
            polls_total=0,
            skipped_polls_total=0,
            accepted_total=0,
            acked_total=0,
            errors_total=0,
            messages_per_second=0.0,
            errors_per_second=0.0,
            last_message_ms=None,
            queue_depth=0,
            writes=None if reads else WriteStats(failing=failing),
        )

    def device(self, host: str, port: int) -> DeviceStatus | None:
        """Nothing: a simulated connection looks at the surroundings itself."""
        return None

    async def aclose(self) -> None:
        """End all flows."""
        self._around.flows.clear()


def now() -> float:
    """Virtual seconds, within a collection or an action."""
    return asyncio.get_running_loop().time()


def _ends(config: AnyConfig) -> tuple[str, str, bool]:
    """Address of the device, '' if there is none, URL of the broker, and whether it reads."""
    device = str(reach_of(config.input, config.output) or "")
    if isinstance(config, FlowConfig):
        return device, config.output.url, True
    return device, config.input.url, False
