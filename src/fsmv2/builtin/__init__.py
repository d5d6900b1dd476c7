"""The built-in worker types, and the document that declares a plant of them.

agent, broker, bridge, connection, dataflow, process: one worker each.
kit: all of them in one factory.
plant: the document → the root of the tree.   sections, places, rendering: its keys and rules.
"""

from __future__ import annotations

from fsmv2.builtin.agent import Agent
from fsmv2.builtin.bridge import Bridge
from fsmv2.builtin.broker.worker import Broker
from fsmv2.builtin.connection import Connection
from fsmv2.builtin.dataflow import DataFlow
from fsmv2.builtin.kit import Builtins, builtins, register_builtins
from fsmv2.builtin.plant import Plant, load_document, load_plant, parse_plant
from fsmv2.builtin.process import Process, ProcessSpec, Ready

__all__ = [
    "Agent",
    "Bridge",
    "Broker",
    "Builtins",
    "Connection",
    "DataFlow",
    "Plant",
    "Process",
    "ProcessSpec",
    "Ready",
    "builtins",
    "load_document",
    "load_plant",
    "parse_plant",
    "register_builtins",
]
