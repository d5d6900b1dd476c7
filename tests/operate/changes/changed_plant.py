"""Simulated plants, and the plan of a change of their document."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from fsmv2.core import Core
from fsmv2.core.checkpoint.restore import CheckpointReader
from fsmv2.core.checkpoint.take import checkpoint
from fsmv2.operate.changes.change_plan import Action, ChangePlan, WorkerChange
from fsmv2.operate.changes.document_settings import DocumentSettings
from fsmv2.operate.changes.plan_comparison import compare
from fsmv2.plant import Plant, load_contents
from fsmv2.runtime.journal.data_types import DataTypes
from fsmv2.testing import PlantSurroundings, Simulation, register_simulated
from fsmv2.worker import WorkerFactory

PLANT = """
agent: {name: plant, location: {enterprise: acme, site: north}}
global: {EVERY: 1s, UNIT: c}
broker: {url: "nats://127.0.0.1:4222"}
templates:
  press:
    connection: {host: "{{ .IP }}", port: 502}
    read:
      input:
        modbus:
          address: "{{ .IP }}:502"
          every: "{{ .global.EVERY }}"
          registers:
            - {name: speed, address: "{{ .REGISTER }}", type: uint16}
      output: {uns: {}}
bridges:
  - name: filler
    template: press
    location: {area: filling}
    variables: {IP: 10.0.0.1, REGISTER: 1}
  - name: capper
    template: press
    location: {area: capping}
    variables: {IP: 10.0.0.2, REGISTER: 1}
processes:
  first: {command: [/bin/one, "{{ .LEVEL }}"], variables: {LEVEL: 1}}
  second: {command: [/bin/two], requires: [first]}
  third: {command: [/bin/three, "{{ .global.UNIT }}"]}
"""


def plant(text: str, *, like: Plant | None = None) -> Plant:
    """The plant of a text; its secrets have the tokens of those in `like` where they are equal."""
    key = None if like is None else like.vault.key
    return load_contents(Path("/plants/plant.yaml"), {"": text.encode()}, secrets_key=key)


@contextlib.contextmanager
def running(text: str | Plant = PLANT, *, seconds: float = 30.0) -> Iterator[Simulation]:
    """The plant of a document, up."""
    made, factory = plant(text) if isinstance(text, str) else text, WorkerFactory()
    register_simulated(factory, PlantSurroundings())
    with Simulation(made.root, factory, settings=made.settings, secrets=made.vault) as sim:
        sim.run(seconds)
        yield sim


def restored(sim: Simulation) -> Core:
    """A core that decides as that of the simulation would."""
    taken, factory = checkpoint(sim.core), sim.core.factory
    reader = CheckpointReader(taken.head, factory, DataTypes(factory))
    for part in taken.parts():
        reader.take(part)
    return reader.core


def planned(sim: Simulation, text: str | Plant, *, before: str = PLANT) -> ChangePlan:
    """What the document would do to the plant that runs."""
    made = plant(text) if isinstance(text, str) else text
    return compare(
        restored(sim),
        restored(sim),
        made.root,
        settings_before=DocumentSettings.of(plant(before)),
        settings_after=DocumentSettings.of(made),
    )


def actions(plan: ChangePlan) -> dict[str, Action]:
    """What would be done to whom."""
    return {one.path: one.action for one in plan.workers}


def change_of(plan: ChangePlan, path: str) -> WorkerChange:
    """What would be done to the worker at `path`."""
    return next(one for one in plan.workers if one.path == path)
