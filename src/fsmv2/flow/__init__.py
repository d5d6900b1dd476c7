"""Moving data: what a flow is, the engine that runs flows, inputs and outputs. Knows no supervisor.

flow_config: what a flow is to do.   engine: the protocol.   asyncio_engine: the one that ships.
flow, sample, stats: one flow.       inputs, outputs: a package for each protocol.
commands: the way back, from commands to a device.
"""

from fsmv2.flow.asyncio_engine import AsyncioEngine
from fsmv2.flow.commands.write_config import CommandInput, ModbusOutput, WriteConfig, WriteRegister
from fsmv2.flow.engine import AnyConfig, Engine, OnAccepted, Refusal, Refusing, nobody_allows
from fsmv2.flow.flow_config import FlowConfig, ModbusInput, UnsOutput
from fsmv2.flow.inputs.modbus.modbus_connection import DeviceStatus
from fsmv2.flow.inputs.modbus.register import Register
from fsmv2.flow.outputs.uns.login import Login
from fsmv2.flow.outputs.uns.subject import command_subject, subject_from, topic_of
from fsmv2.flow.stats import FlowStats, WriteStats

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
