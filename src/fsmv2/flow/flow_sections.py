"""`read:` and `write:` of a bridge: what a document may say of a flow, and the configs it means.

The keys below `input:` and `output:` are those of the registry, and what stands below each is the
config of that protocol itself: it is decoded once, when its templates were rendered.
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec

from fsmv2.errors import SpecError
from fsmv2.flow.commands.command_config import CommandSection, resolve_commands
from fsmv2.flow.device import Device
from fsmv2.flow.flow_config import AnySink, AnySource
from fsmv2.flow.output import FlowPlace
from fsmv2.flow.outputs.uns.uns_config import UnsSection
from fsmv2.flow.registry import COMMAND_OUTPUTS, INPUTS, OUTPUTS
from fsmv2.model.decoder import Node, OneOf, decode

T = TypeVar("T")

OF_READ_INPUT = OneOf(
    choices={kind.key: kind.config for kind in INPUTS},
    summary="`input:` where a flow reads.",
)
OF_READ_OUTPUT = OneOf(
    choices={kind.key: kind.section for kind in OUTPUTS},
    default="uns",
    summary="`output:` where a flow publishes.",
)
OF_WRITE_INPUT = OneOf(
    choices={"commands": CommandSection},
    default="commands",
    summary="`input:` below `write:`, where values come from.",
)
OF_WRITE_OUTPUT = OneOf(
    choices={kind.key: kind.config for kind in COMMAND_OUTPUTS},
    summary="`output:` below `write:`, where they are written.",
)


class ReadSection(msgspec.Struct, frozen=True, kw_only=True):
    """`read:` the data flow from the device."""

    input: Annotated[Any, OF_READ_INPUT]
    """The device or source: one of the protocols below, with what is read from it."""
    output: Annotated[Any, OF_READ_OUTPUT] = UnsSection()
    """Where the values are published; left out, in the Unified Namespace with its defaults."""


class WriteSection(msgspec.Struct, frozen=True, kw_only=True):
    """`write:` the data flow to the device; without it, nothing is ever written."""

    output: Annotated[Any, OF_WRITE_OUTPUT]
    """The device, and the only tags of it that may be written."""
    input: Annotated[Any, OF_WRITE_INPUT] = CommandSection()
    """Where the commands come from; left out, they are received below the location of the
    bridge."""


class FlowEndpoints(NamedTuple):
    """Where a flow comes from, and where it leads."""

    input: AnySource
    output: AnySink


def resolve(section: ReadSection | WriteSection, place: FlowPlace) -> FlowEndpoints:
    """The configs that a section means at a place; SpecError names every problem of one of them."""
    if isinstance(section, ReadSection):
        kind = next(kind for kind in OUTPUTS if isinstance(section.output, kind.section))
        return FlowEndpoints(section.input, kind.resolve(section.output, place))
    return FlowEndpoints(resolve_commands(section.input, place), section.output)


def read_flow(rendered: Any, place: FlowPlace) -> FlowEndpoints:
    """From a rendered `read:`; SpecError names every problem, with the path of each."""
    return resolve(_decoded(rendered, ReadSection, "read"), place)


def write_flow(rendered: Any, place: FlowPlace) -> FlowEndpoints:
    """From a rendered `write:`; SpecError names every problem, with the path of each."""
    return resolve(_decoded(rendered, WriteSection, "write"), place)


def read_device(rendered: Any) -> Device:
    """From a rendered `connection:`; SpecError names every problem, with the path of each."""
    return _decoded(rendered, Device, "connection")


def _decoded(rendered: Any, type_: type[T], path: str) -> T:
    """`rendered`: plain data, or nodes of it that may be decoded in part already."""
    node = rendered if isinstance(rendered, Node) else Node.from_data(rendered, path)
    section, problems = decode(node, type_)
    if section is None:
        lines = [f"{d.path}: {d.message} {d.fix}".rstrip() for d in problems]
        raise SpecError("; ".join(lines))
    return section
