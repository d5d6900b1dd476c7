"""A document with one bridge, and what it declares."""

from __future__ import annotations

from fsmv2 import WorkerFactory
from fsmv2.builtin import register_builtins
from fsmv2.flow import AsyncioEngine
from fsmv2.plant import parse_plant
from fsmv2.runtime import expand

BRIDGE = """\
agent: {name: edge, location: {enterprise: acme, site: cologne}}
templates:
  plc:
    connection: {host: "{{ .IP }}", port: "{{ .PORT }}"}
    read:
      input:
        modbus:
          address: "{{ .IP }}:{{ .PORT }}"
          registers: [{name: speed, address: 0}]
bridges:
  - {name: filler, template: plc, location: {area: filler}, variables: {IP: 10.0.0.5, PORT: 502}}
"""


def planned(text: str) -> dict[str, str]:
    """Path → problem of the whole planned tree."""
    factory = WorkerFactory()
    register_builtins(factory, AsyncioEngine())
    return {node.path: node.problem for node in expand(parse_plant(text).root, factory)}


WRITE = """\
    write:
      output:
        modbus:
          address: "{{ .IP }}:{{ .PORT }}"
          registers: [{name: setpoint, address: 7, max: "{{ .MAX }}"}]
bridges:
  - name: filler
    template: plc
    location: {area: filler}
    variables: {IP: 10.0.0.5, PORT: 502, MAX: 80}
"""
