"""Moving data: what a flow is, the engine that runs flows, inputs and outputs. Knows no supervisor.

flow_config: what a flow is to do.   engine: the protocol.   asyncio_engine: the one that ships.
flow, sample, stats: one flow.       input, output, tag: what it knows of protocols.
registry: every protocol, by key.    inputs, outputs: a package for each.
flow_sections, section_template: what documents say.   commands: the way back, to a device.
"""

from fsmv2.flow.asyncio_engine import AsyncioEngine
from fsmv2.flow.commands.command_config import CommandInput
from fsmv2.flow.commands.refusal import Refusal, nobody_allows
from fsmv2.flow.device import Device, DeviceStatus, device_claim
from fsmv2.flow.device_looks import looking
from fsmv2.flow.engine import Engine, OnAccepted, Refusing
from fsmv2.flow.flow_config import (
    AnyConfig,
    AnySink,
    AnySource,
    FlowConfig,
    WriteConfig,
    flow_config,
)
from fsmv2.flow.flow_sections import ReadSection, WriteSection, read_device, read_flow, write_flow
from fsmv2.flow.input import slowest_sample
from fsmv2.flow.inputs.modbus.modbus_config import ModbusInput
from fsmv2.flow.inputs.modbus.register import Register
from fsmv2.flow.nats.login import Login
from fsmv2.flow.output import FlowPlace
from fsmv2.flow.outputs.modbus.modbus_write_config import ModbusOutput
from fsmv2.flow.outputs.modbus.write_register import WriteRegister
from fsmv2.flow.outputs.uns.uns_config import UnsOutput
from fsmv2.flow.registry import claims_of, reach_of
from fsmv2.flow.stats import FlowStats, WriteStats
from fsmv2.flow.subject import command_subject, subject_from, topic_of

__all__ = [
    "AnyConfig",
    "AnySink",
    "AnySource",
    "AsyncioEngine",
    "CommandInput",
    "Device",
    "DeviceStatus",
    "Engine",
    "FlowConfig",
    "FlowPlace",
    "FlowStats",
    "Login",
    "ModbusInput",
    "ModbusOutput",
    "OnAccepted",
    "ReadSection",
    "Refusal",
    "Refusing",
    "Register",
    "UnsOutput",
    "WriteConfig",
    "WriteRegister",
    "WriteSection",
    "WriteStats",
    "claims_of",
    "command_subject",
    "device_claim",
    "flow_config",
    "looking",
    "nobody_allows",
    "reach_of",
    "read_device",
    "read_flow",
    "slowest_sample",
    "subject_from",
    "topic_of",
    "write_flow",
]
