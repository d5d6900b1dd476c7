"""The sections of a plant's document: their keys, types and ranges; and what workers make of them.

One set of types serves twice: for the document as it is written, where a value may still be a
template, and for the same section rendered, where it may not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeVar, cast

import msgspec

from fsmv2 import EngineSettings, SpecError
from fsmv2.builtin.connection import ConnectionSpec
from fsmv2.builtin.dataflow import DataFlowSpec
from fsmv2.builtin.process.section import BackoffSection, ProcessSection, ReadySection
from fsmv2.document import Duration, Host, HostAndPort, Node, Templated, decode
from fsmv2.flow import (
    CommandInput,
    Login,
    ModbusInput,
    ModbusOutput,
    Register,
    UnsOutput,
    WriteRegister,
    command_subject,
    subject_from,
)
from fsmv2.flow.inputs.modbus.register import Kind, Order, ValueType
from fsmv2.model import has_first_level
from fsmv2.model.network_address import MODBUS_PORT, read_host_and_port
from fsmv2.model.secrets.vault import holds_secret

__all__ = ["BackoffSection", "ProcessSection", "ReadySection"]  # of this document, too

T = TypeVar("T")

Name = Annotated[str, msgspec.Meta(min_length=1)]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Subject = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^([^/]*|[^.]*)$",
        description="a subject with dots or an MQTT topic with slashes",
    ),
]
PortOrChosen = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Address = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Seconds = Annotated[Duration, msgspec.Meta(gt=0)]
Pause = Annotated[Duration, msgspec.Meta(ge=0)]
Band = Annotated[float, msgspec.Meta(ge=0)]
Interval = Annotated[Duration, msgspec.Meta(ge=0.01)]


class AgentSection(msgspec.Struct, frozen=True, kw_only=True):
    """`agent:` the name of the tree's root, and where it stands."""

    name: Name
    location: Any = None


class BrokerSection(msgspec.Struct, frozen=True, kw_only=True):
    """`broker:` an embedded broker, or the `url` of one that runs already. Port 0: chosen.

    `user`, `password`, `token`, `ca_file` go with `url`; `users` are those of the embedded one.
    """

    embedded: bool = True
    url: Templated[str] | None = None
    port: PortOrChosen = 0
    mqtt_port: PortOrChosen = 0
    user: Templated[str] = ""
    password: Templated[str] = ""
    token: Templated[str] = ""
    ca_file: Templated[str] = ""
    users: dict[str, Templated[Name]] = {}
    sync_interval: Annotated[Duration, msgspec.Meta(ge=0)] = 10.0
    max_store_mb: Annotated[int, msgspec.Meta(ge=10)] = 10240


class ConnectionSection(msgspec.Struct, frozen=True, kw_only=True):
    """`connection:` the device, as TCP sees it."""

    host: Templated[Host]
    port: Templated[Port]
    timeout: Templated[Seconds] = 1.0
    slow: Templated[Seconds] = 0.5


class RegisterSection(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `registers:`, a tag."""

    name: Templated[Name]
    address: Templated[Address]
    kind: Templated[Kind] = "holding"
    type: Templated[ValueType] = "uint16"
    length: Templated[Annotated[int, msgspec.Meta(ge=0, le=125)]] = 0
    scale: Templated[float] | None = None
    offset: Templated[float] = 0.0
    virtual_path: Templated[str] = ""
    word_order: Templated[Order] | None = None
    byte_order: Templated[Order] | None = None
    rename: Templated[str] = ""
    deadband: Templated[Band] | None = None
    deadband_percent: Templated[Band] | None = None
    min_interval: Templated[Pause] = 0.0


class ModbusSection(msgspec.Struct, frozen=True, kw_only=True):
    """`modbus:` a Modbus TCP device and the tags to read."""

    address: Templated[HostAndPort]
    registers: Annotated[list[RegisterSection], msgspec.Meta(min_length=1)]
    every: Templated[Interval] = 1.0
    unit: Templated[Annotated[int, msgspec.Meta(ge=0, le=255)]] = 1
    timeout: Templated[Seconds] = 1.0
    request_gap: Templated[Pause] = 0.0
    word_order: Templated[Order] = "big"
    byte_order: Templated[Order] = "big"
    max_gap: Templated[Annotated[int, msgspec.Meta(ge=0, le=100)]] = 8


class InputSection(msgspec.Struct, frozen=True, kw_only=True):
    """`input:` where a flow reads."""

    modbus: ModbusSection


class UnsSection(msgspec.Struct, frozen=True, kw_only=True):
    """`uns:` how samples stand in the Unified Namespace."""

    contract: Templated[Name] = "_raw"
    retain: Templated[bool] = False


class OutputSection(msgspec.Struct, frozen=True, kw_only=True):
    """`output:` where a flow publishes."""

    uns: UnsSection = UnsSection()


class ReadSection(msgspec.Struct, frozen=True, kw_only=True):
    """`read:` the data flow from the device."""

    input: InputSection
    output: OutputSection = OutputSection()


class WriteRegisterSection(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `registers:` below `write:`, a tag that may be written."""

    name: Templated[Name]
    address: Templated[Address]
    kind: Templated[Literal["holding", "coil"]] = "holding"
    type: Templated[ValueType] = "uint16"
    length: Templated[Annotated[int, msgspec.Meta(ge=0, le=125)]] = 0
    scale: Templated[float] | None = None
    offset: Templated[float] = 0.0
    min: Templated[int | float] | None = None
    max: Templated[int | float] | None = None
    read_back: Templated[bool] = False
    virtual_path: Templated[str] = ""
    word_order: Templated[Order] | None = None
    byte_order: Templated[Order] | None = None


class WriteModbusSection(msgspec.Struct, frozen=True, kw_only=True):
    """`modbus:` below `write:`, a Modbus TCP device and the only tags of it that may be written."""

    address: Templated[HostAndPort]
    registers: list[WriteRegisterSection]
    unit: Templated[Annotated[int, msgspec.Meta(ge=0, le=255)]] = 1
    timeout: Templated[Seconds] = 1.0
    request_gap: Templated[Pause] = 0.0
    word_order: Templated[Order] = "big"
    byte_order: Templated[Order] = "big"


class CommandsSection(msgspec.Struct, frozen=True, kw_only=True):
    """`commands:` where commands come from: a NATS subject, or the same as an MQTT topic."""

    subject: Templated[Subject] = ""
    max_age: Templated[Seconds] = 5.0
    clock_tolerance: Templated[Seconds] = 2.0
    queue: Templated[Annotated[int, msgspec.Meta(ge=1, le=100_000)]] = 100


class WriteInputSection(msgspec.Struct, frozen=True, kw_only=True):
    """`input:` below `write:`, where values come from."""

    commands: CommandsSection = CommandsSection()


class WriteOutputSection(msgspec.Struct, frozen=True, kw_only=True):
    """`output:` below `write:`, where they are written."""

    modbus: WriteModbusSection


class WriteSection(msgspec.Struct, frozen=True, kw_only=True):
    """`write:` the data flow to the device; without it, nothing is ever written."""

    output: WriteOutputSection
    input: WriteInputSection = WriteInputSection()


class TemplateSection(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of `templates:`; what bridges made from it share."""

    connection: ConnectionSection
    read: ReadSection | None = None
    write: WriteSection | None = None


class BridgeSection(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of `bridges:`; sections written here take the place of the template's."""

    name: Name
    template: str | None = None
    connection: ConnectionSection | None = None
    read: ReadSection | None = None
    write: WriteSection | None = None
    location: Any = None
    variables: dict[str, Any] = {}
    enabled: bool = True
    detect_only: bool = False
    state: Literal["active", "stopped"] = "active"


class ActionSection(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `actions:`, what an action is to be instead of what its type says."""

    timeout: Seconds | None = None
    retries: Annotated[int, msgspec.Meta(ge=0)] | None = None


class TypeSection(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `types:`, what a worker type is to be instead of what it says itself."""

    interval: Seconds | None = None
    observe_timeout: Seconds | None = None
    update_policy: Literal["recreate", "in_place"] | None = None
    actions: dict[str, ActionSection] = {}
    backoff: BackoffSection = BackoffSection()


def _setting(field: msgspec.structs.FieldInfo) -> Any:
    if field.name == "types":
        return dict[str, TypeSection], {}
    if field.type is bool:
        return bool, field.default
    if field.type is int:
        least = 0 if field.name == "journal_mb" else 1
        return Annotated[int, msgspec.Meta(ge=least)], field.default
    if field.name == "backoff_jitter":
        return Annotated[float, msgspec.Meta(ge=0, le=1)], field.default
    rate = field.name.endswith("per_second")
    return Annotated[float, msgspec.Meta(gt=0)] if rate else Seconds, field.default


if TYPE_CHECKING:
    EngineSection = EngineSettings
else:  # the same fields, as they are written in a document
    EngineSection = msgspec.defstruct(
        "EngineSection",
        [(field.name, *_setting(field)) for field in msgspec.structs.fields(EngineSettings)],
        frozen=True,
        kw_only=True,
        module=__name__,
        namespace={
            "__doc__": "`engine:` the engine's settings, read when it starts; "
            "see [what each is for](settings.md)."
        },
    )


def engine_settings(section: EngineSettings) -> EngineSettings:
    """The settings of a section; SpecError names those that do not fit together."""
    given = {name: getattr(section, name) for name in section.__struct_fields__}
    wanted = next(f.type for f in msgspec.structs.fields(EngineSettings) if f.name == "types")
    given["types"] = msgspec.convert(msgspec.to_builtins(section.types), wanted)
    return EngineSettings(**given)


class GroupSection(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of `groups:`; processes, bridges or the broker that are restarted together."""

    strategy: Literal["one_for_all", "rest_for_one"]
    members: Annotated[list[str], msgspec.Meta(min_length=2)]


class PlantSection(msgspec.Struct, frozen=True, kw_only=True, rename={"global_": "global"}):
    """The whole document."""

    ALIASES: ClassVar[Mapping[str, str]] = {"protocolConverter": "bridges"}

    agent: AgentSection
    global_: dict[str, Any] = {}
    broker: BrokerSection = BrokerSection()
    engine: EngineSection = EngineSection()
    templates: dict[str, TemplateSection] = {}
    bridges: list[BridgeSection] = []
    processes: dict[str, ProcessSection] = {}
    groups: list[GroupSection] = []


# ---- rendered sections, as workers take them ----------------------------------------------------


def connection_from(rendered: Any) -> ConnectionSpec:
    """The spec of a bridge's connection; SpecError names every problem of the rendered section."""
    section = read_section(rendered, ConnectionSection, "connection")
    return ConnectionSpec(
        host=section.host,
        port=section.port,
        timeout=section.timeout,
        slow_ms=section.slow * 1000,
    )


def dataflow_from(
    rendered: Any,
    *,
    location_path: str,
    broker_url: str,
    broker_server: str = "",
    broker_login: Login = Login(),  # noqa: B008  (frozen)
) -> DataFlowSpec:
    """The spec of a bridge's data flow; SpecError names every problem of the rendered section."""
    section = read_section(rendered, ReadSection, "read")
    return DataFlowSpec(
        input=_modbus(section.input.modbus),
        output=UnsOutput(
            url=broker_url,
            server=broker_server,
            login=broker_login,
            location_path=location_path,
            contract=section.output.uns.contract,
            retain=section.output.uns.retain,
        ),
    )


def writing_from(
    rendered: Any,
    *,
    location_path: str,
    broker_url: str,
    broker_server: str = "",
    broker_login: Login = Login(),  # noqa: B008  (frozen)
    memory: str = "",
) -> DataFlowSpec:
    """The spec of a bridge's flow to the device; SpecError names every problem of the section."""
    section = read_section(rendered, WriteSection, "write")
    commands, modbus = section.input.commands, section.output.modbus
    host, port = _device(modbus.address)
    if not commands.subject and not has_first_level(location_path):
        found = "has no enterprise" if location_path else "is empty"
        raise SpecError(f"write: the location {found}, and commands are heard below it.")
    return DataFlowSpec(
        input=CommandInput(
            url=broker_url,
            server=broker_server,
            login=broker_login,
            subject=subject_from(commands.subject) or command_subject(location_path),
            max_age=commands.max_age,
            clock_tolerance=commands.clock_tolerance,
            queue=commands.queue,
            memory=memory,
        ),
        output=ModbusOutput(
            host=host,
            port=port,
            unit=modbus.unit,
            timeout=modbus.timeout,
            request_gap=modbus.request_gap,
            registers=tuple(
                WriteRegister(
                    **{name: getattr(r, name) for name in WriteRegister.__struct_fields__}
                )
                for r in modbus.registers
            ),
            word_order=modbus.word_order,
            byte_order=modbus.byte_order,
        ),
    )


def read_section(rendered: Any, type_: type[T], path: str) -> T:
    """A rendered section as its type; SpecError names every problem, with the path of each."""
    section, problems = decode(Node.from_data(rendered, path), type_)
    if problems:
        lines = [f"{d.path}: {d.message} {d.fix}".rstrip() for d in problems]
        raise SpecError("; ".join(lines))
    return cast("T", section)


def _modbus(section: ModbusSection) -> ModbusInput:
    host, port = _device(section.address)
    return ModbusInput(
        host=host,
        port=port,
        unit=section.unit,
        every=section.every,
        timeout=section.timeout,
        request_gap=section.request_gap,
        registers=tuple(
            Register(**{name: getattr(r, name) for name in Register.__struct_fields__})
            for r in section.registers
        ),
        word_order=section.word_order,
        byte_order=section.byte_order,
        max_gap=section.max_gap,
    )


def _device(address: str) -> tuple[str, int]:
    """Host and port; of an address with a secret in it the host is known only when it is used."""
    if not holds_secret(address):
        return read_host_and_port(address, default_port=MODBUS_PORT)
    host, _, port = address.rpartition(":")
    return (host, int(port)) if port.isdecimal() else (address, MODBUS_PORT)
