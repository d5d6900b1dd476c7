"""The built-in worker types.

agent, broker, bridge, connection, dataflow, process: one worker each.
registration: all of them in one factory.   bridge_sections: rendered and decoded, remembered.
"""

from __future__ import annotations

from fsmv2.builtin.agent import Agent
from fsmv2.builtin.bridge import Bridge
from fsmv2.builtin.broker.broker_worker import Broker
from fsmv2.builtin.connection import Connection
from fsmv2.builtin.dataflow import DataFlow
from fsmv2.builtin.process import Process, ProcessSpec, Ready
from fsmv2.builtin.registration import Builtins, builtins, register_builtins

__all__ = [
    "Agent",
    "Bridge",
    "Broker",
    "Builtins",
    "Connection",
    "DataFlow",
    "Process",
    "ProcessSpec",
    "Ready",
    "builtins",
    "register_builtins",
]
