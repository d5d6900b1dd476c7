"""The state mappings of the built-in types leave no state of a parent to chance."""

from __future__ import annotations

from fsmv2 import WorkerFactory
from fsmv2.builtin import register_builtins
from fsmv2.core import Core, Declared
from fsmv2.flow import AsyncioEngine
from fsmv2.plant import parse_plant

PLANT = """\
agent: {name: edge, location: {enterprise: acme}}
broker: {embedded: true}
templates:
  plc:
    connection: {host: 127.0.0.1, port: 502}
    read:
      input:
        modbus:
          address: "127.0.0.1:502"
          every: 1s
          registers: [{name: t, address: 0, type: int16}]
      output: {uns: {contract: _raw}}
bridges:
  - {name: filler, template: plc}
"""


def test_a_plant_is_declared_without_a_warning_of_its_mappings() -> None:
    factory = WorkerFactory()
    register_builtins(factory, AsyncioEngine())
    plant = parse_plant(PLANT)
    core = Core(factory, plant.settings)
    core.handle(Declared(plant.root, plant.root.user_spec.variables.global_, "test"), 0.0)
    core.run(0.0)
    mapped = [path for path, s in core.by_path.items() if s.declared.state_mapping]
    assert {"edge/filler/connection", "edge/filler/dfc_read"} <= set(mapped)
    assert core.uncovered == set()
