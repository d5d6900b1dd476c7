"""Moving data: what a flow is, the engine that runs flows, inputs and outputs. Knows no supervisor.

config: what a flow is to do.        engine: the protocol.   asyncio_engine: the one that ships.
flow, sample, stats: one flow.       modbus, uns: input and output.   write: the way back.
"""

from fsmv2.flow.asyncio_engine import AsyncioEngine
from fsmv2.flow.config import FlowConfig, ModbusInput, UnsOutput
from fsmv2.flow.engine import AnyConfig, Engine, OnAccepted, Refusal, Refusing, nobody_allows
from fsmv2.flow.modbus.connection import DeviceStatus
from fsmv2.flow.register import Register
from fsmv2.flow.stats import FlowStats, WriteStats
from fsmv2.flow.uns.login import Login
from fsmv2.flow.uns.subject import command_subject, subject_from, topic_of
from fsmv2.flow.write.config import CommandInput, ModbusOutput, WriteConfig, WriteRegister

__all__ = [
    "AnyConfig",
    "AsyncioEngine",
    "CommandInput",
    "DeviceStatus",
    "Engine",
    "FlowConfig",
    "FlowStats",
    "Login",
    "ModbusInput",
    "ModbusOutput",
    "OnAccepted",
    "Refusal",
    "Refusing",
    "Register",
    "UnsOutput",
    "WriteConfig",
    "WriteRegister",
    "WriteStats",
    "command_subject",
    "nobody_allows",
    "subject_from",
    "topic_of",
]
