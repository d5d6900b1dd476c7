"""What a flow is to do, fully resolved: frozen data handed to an engine.

Documents and templates are read elsewhere; here are only values.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import msgspec

from fsmv2.errors import SpecError
from fsmv2.flow.commands.command_config import CommandInput
from fsmv2.flow.commands.command_output import CommandOutputConfig
from fsmv2.flow.input import InputConfig
from fsmv2.flow.output import OutputConfig
from fsmv2.flow.registry import COMMAND_OUTPUTS, INPUTS, OUTPUTS

if TYPE_CHECKING:
    AnyInput = InputConfig
    AnyOutput = OutputConfig
    AnyCommandOutput = CommandOutputConfig
    AnySource = InputConfig | CommandInput
    AnySink = OutputConfig | CommandOutputConfig
else:  # the registered ones, told apart by their tags
    AnyInput = reduce(or_, INPUTS.configs)
    """The config of an input, of any protocol."""
    AnyOutput = reduce(or_, OUTPUTS.configs)
    AnyCommandOutput = reduce(or_, COMMAND_OUTPUTS.configs)
    AnySource = AnyInput | CommandInput
    """Where a flow comes from."""
    AnySink = AnyOutput | AnyCommandOutput
    """Where a flow leads."""


class FlowConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One flow. `name` identifies it in the engine and in message ids: the path of its worker."""

    name: str
    input: AnyInput
    """Where it reads."""
    output: AnyOutput
    """Where it publishes."""


class WriteConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One write flow. `name` identifies it in the engine: the path of its worker."""

    name: str
    input: CommandInput
    """Where commands come from."""
    output: AnyCommandOutput
    """Where values are written."""


AnyConfig = FlowConfig | WriteConfig
"""A flow that reads, or one that writes."""


def flow_config(name: str, source: AnySource, sink: AnySink) -> AnyConfig:
    """The flow from one to the other; SpecError when they do not fit each other."""
    if isinstance(source, CommandInput):
        if COMMAND_OUTPUTS.has(sink):
            return WriteConfig(name=name, input=source, output=sink)  # type: ignore[arg-type]
    elif OUTPUTS.has(sink):
        return FlowConfig(name=name, input=source, output=sink)  # type: ignore[arg-type]
    raise SpecError(
        f"a data flow leads from {_keys(INPUTS.by_key)} to {_keys(OUTPUTS.by_key)} or from "
        f"commands to {_keys(COMMAND_OUTPUTS.by_key)}, not from {type(source).__name__} to "
        f"{type(sink).__name__}."
    )


def _keys(keys: Iterable[str]) -> str:
    return " or ".join(keys)
