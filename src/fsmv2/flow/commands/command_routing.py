"""Which flow of an engine executes which commands, and who refuses them while none does."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import quote

from fsmv2.errors import FlowError
from fsmv2.flow.commands.command_flow import WriteFlow
from fsmv2.flow.commands.command_id_file import files_by_subject
from fsmv2.flow.commands.executed_commands import SeenCommands
from fsmv2.flow.commands.refusal import Refusal
from fsmv2.flow.commands.refusing_listener import RefusingListener
from fsmv2.flow.engine_figures import FlowLedger
from fsmv2.flow.engine_shares import EngineShares
from fsmv2.flow.flow_config import WriteConfig
from fsmv2.flow.nats.nats_connection import NatsConnection
from fsmv2.flow.nats.shared_nats import SharedNats
from fsmv2.flow.registry import COMMAND_OUTPUTS

LONGEST_NAME = 150
"""Characters of a flow's name that stand in the name of its file; file systems take 255."""


def memory_file(name: str, folder: str) -> Path | None:
    """Where the flow of this name keeps the ids of its commands; None: it does not."""
    if not folder:
        return None
    safe = quote(name, safe="")
    if len(safe) > LONGEST_NAME:
        digest = hashlib.blake2b(name.encode(), digest_size=8).hexdigest()
        safe = f"{safe[:LONGEST_NAME]}-{digest}"
    return Path(folder) / f"{safe}.jsonl"


class CommandRouting:
    """Runs on the engine's loop. `running` are its write flows, `leaving` those that are ending."""

    def __init__(
        self,
        shares: EngineShares,
        running: Callable[[], Iterable[WriteFlow]],
        leaving: Callable[[], Iterable[WriteFlow]],
        ledger: FlowLedger,
    ) -> None:
        self._shares = shares
        self._running = running
        self._leaving = leaving
        self._ledger = ledger
        self._seen: dict[tuple[str, str], asyncio.Future[SeenCommands]] = {}
        self._subjects: dict[tuple[str, str], set[str]] = {}  # by folder and subject, the flows
        self._on_disk: dict[str, dict[str, set[Path]]] = {}
        self._taking_over = asyncio.Lock()
        self._rewriting: set[asyncio.Task[None]] = set()
        self._refusing: list[RefusingListener] = []

    def flow(self, config: WriteConfig, refusal: Refusal) -> WriteFlow:
        """The flow of a config, which was remembered before."""
        inbound, answers = self._connections(config)
        seen = self._seen[config.name, config.input.memory].result()
        kind = COMMAND_OUTPUTS.of(config.output)
        output = kind.opens(config.output, config.name, self._shares)
        return WriteFlow(config, inbound, answers, output, seen, refusal, self.hand_over)

    async def release(self, flow: WriteFlow | RefusingListener) -> None:
        """Give back the connections of what was closed."""
        for connection in flow.connections:
            await self._shares.of(SharedNats).release(connection)

    async def remember(self, config: WriteConfig) -> None:
        """Read which commands a flow of this name has executed; FlowError: they cannot be kept.

        In a thread, as the disk may take its time. Of several starts at once all wait for one
        reading, and go on in the order in which they were asked for.
        """
        key = (config.name, config.input.memory)
        if key not in self._seen:
            reading = asyncio.to_thread(SeenCommands, memory_file(*key))
            self._seen[key] = asyncio.ensure_future(reading)
        try:
            await asyncio.shield(self._seen[key])
            async with self._taking_over:
                await self._take_over(config)
        except OSError as error:
            self._seen.pop(key, None)  # the next start tries again
            raise FlowError(
                f"the ids of commands cannot be kept in {config.input.memory}: {error.strerror}.",
                fix="Let the user that fsmv2 runs as write there.",
            ) from None

    async def _take_over(self, config: WriteConfig) -> None:
        """Take over the ids of commands on its subject from the flows that had it before. H98

        They are those of a subject, and their senders know no other name of the flow.
        """
        name, folder, subject = config.name, config.input.memory, config.input.subject
        own = self._seen[name, folder].result()
        flows = self._subjects.setdefault((folder, subject), set())
        for before in sorted(flows - {name}):
            if (reading := self._seen.get((before, folder))) is not None:
                await own.take_over(await asyncio.shield(reading), subject)
        flows.clear()
        flows.add(name)
        if folder:
            await self._take_over_files(own, name, folder, subject)

    async def _take_over_files(
        self, own: SeenCommands, name: str, folder: str, subject: str
    ) -> None:
        """The same from flows of an earlier run of the program."""
        if folder not in self._on_disk:
            self._on_disk[folder] = await asyncio.to_thread(files_by_subject, Path(folder))
        for file in sorted(self._on_disk[folder].pop(subject, ())):
            if file == memory_file(name, folder):
                continue
            loaded = [key for key in self._seen if memory_file(*key) == file]
            if loaded:
                before = await asyncio.shield(self._seen[loaded[0]])
            else:
                before = await asyncio.to_thread(SeenCommands, file)
            await own.take_over(before, subject)

    def write_again(self) -> None:
        """Write again what is remembered: its directory was lost."""
        for reading in self._seen.values():
            if reading.done() and not reading.cancelled() and reading.exception() is None:
                task = asyncio.ensure_future(reading.result().write_again())
                self._rewriting.add(task)
                task.add_done_callback(self._rewriting.discard)

    def check_subject(self, config: WriteConfig) -> None:
        """Two flows that receive the same commands would refuse each other's."""
        for flow in self._running():
            if flow.config.name != config.name and _overlap(flow.config, config):
                raise FlowError(
                    f"commands on {config.input.subject} are taken by {flow.config.name} already, "
                    f"on {flow.config.input.subject}.",
                    fix="Give one of the two another location, or a `subject:` of its own.",
                )

    async def refuse(self, config: WriteConfig) -> RefusingListener:
        """Refuse commands with the reason, as long as nobody executes them."""

        async def remember() -> SeenCommands:
            await self.remember(config)
            return self._seen[config.name, config.input.memory].result()

        def taken() -> bool:
            return any(
                flow.accepting and _overlap(flow.config, config)
                for flow in (*self._running(), *self._leaving())
            )

        listener = RefusingListener(config, *self._connections(config), remember, taken)
        self._refusing.append(listener)
        self._ledger.begin(listener)
        listener.start()
        return listener

    async def refuse_no_more(self, listener: RefusingListener) -> None:
        """End what `refuse` began."""
        if listener in self._refusing:
            self._refusing.remove(listener)
            await listener.close()
            self._ledger.end(listener)
            await self.release(listener)

    async def hand_over(self, config: WriteConfig) -> None:
        """A write flow begins to take commands, or is about to end: who refuses goes, or comes."""
        for listener in list(self._refusing):
            if _overlap(listener.config, config):
                await listener.settle()

    async def aclose(self) -> None:
        """Nobody refuses any more."""
        for listener in list(self._refusing):
            await self.refuse_no_more(listener)

    def _connections(self, config: WriteConfig) -> tuple[NatsConnection, NatsConnection]:
        """Where commands are received, and where they are answered."""
        of, pool = config.input, self._shares.of(SharedNats)
        to_whom = (of.url, of.stream, of.server, of.login)
        return pool.use(*to_whom, inbound=True), pool.use(*to_whom)


def _overlap(one: WriteConfig, other: WriteConfig) -> bool:
    """Whether some commands are for both."""
    first, second = f"{one.input.subject}.", f"{other.input.subject}."
    return first.startswith(second) or second.startswith(first)
