"""A plant as plain data beside the root that runs: what both have alike is only named.

Reading a plant of a thousand bridges takes a while; one of which three bridges are new does not.
And whatever has not changed is the very object that runs, so that comparing them takes no time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from fsmv2.builtin.agent import AgentSpec
from fsmv2.model import ChildSpec, Vault
from fsmv2.model.data.codec import ExactWriter
from fsmv2.model.data.codec_reader import ExactReader, Find
from fsmv2.operate.changes.change_plan import ChangePlan
from fsmv2.operate.changes.planner_messages import Planned, PlantEntries
from fsmv2.plant import Plant

CHUNK = 50
"""Bridges or processes in one message."""


def plant_messages(
    plan: ChangePlan, plant: Plant, running: ChildSpec | None
) -> Iterator[Planned | PlantEntries]:
    """What `PlantReader` makes the plan and the plant of; `running`: the root that runs."""
    writer = ExactWriter()
    spec = plant.root.user_spec
    assert isinstance(spec, AgentSpec)  # noqa: S101  (every document makes one of these)
    root = msgspec.structs.replace(
        plant.root, user_spec=msgspec.structs.replace(spec, bridges=(), processes=())
    )
    small = (root, plant.settings, plant.diagnostics, plant.log, plant.notify)
    yield Planned(
        plan=plan,
        plant=writer.write((*small, plant.listen, plant.traces)),
        vault=plant.vault.contents(),
        bridges=len(spec.bridges),
        processes=len(spec.processes),
    )
    before = _spec(running)
    pairs: list[tuple[tuple[Any, ...], tuple[Any, ...]]] = [
        (spec.bridges, before.bridges),
        (spec.processes, before.processes),
    ]
    for ours, theirs in pairs:
        known = {entry.name: number for number, entry in enumerate(theirs)}
        plain: list[Any] = []
        for entry in ours:
            number = known.get(entry.name)
            alike = number is not None and theirs[number] == entry
            plain.append(number if alike else writer.write(entry))
        for start in range(0, len(plain), CHUNK):
            yield PlantEntries(plain[start : start + CHUNK])


class PlantReader:
    """Takes these messages in order."""

    def __init__(self, running: ChildSpec | None, find: Find, key: bytes) -> None:
        """`find` gives the classes of data by name; `key` is that of the vault."""
        self._before = _spec(running)
        self._reader = ExactReader(find)
        self._key = key

    def read(
        self, first: Planned, following: Callable[[], PlantEntries], rest: Callable[[], None]
    ) -> Plant:
        """The plant; `rest` is called between two pieces of work."""
        root, settings, diagnostics, log, notify, listen, traces = self._reader.read(first.plant)
        bridges = self._entries(first.bridges, self._before.bridges, following, rest)
        processes = self._entries(first.processes, self._before.processes, following, rest)
        spec = msgspec.structs.replace(root.user_spec, bridges=bridges, processes=processes)
        return Plant(
            root=msgspec.structs.replace(root, user_spec=spec),
            settings=settings,
            vault=Vault.of(first.vault, self._key),
            diagnostics=diagnostics,
            log=log,
            notify=notify,
            listen=listen,
            traces=traces,
        )

    def _entries(
        self,
        count: int,
        before: tuple[Any, ...],
        following: Callable[[], PlantEntries],
        rest: Callable[[], None],
    ) -> tuple[Any, ...]:
        found: list[Any] = []
        while len(found) < count:
            for plain in following().plain:
                alike = plain.__class__ is int
                found.append(before[plain] if alike else self._reader.read(plain))
                rest()
        return tuple(found)


def _spec(root: ChildSpec | None) -> AgentSpec:
    spec = None if root is None else root.user_spec
    return spec if isinstance(spec, AgentSpec) else AgentSpec()
