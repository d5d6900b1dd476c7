"""Every input and output there is: one line each. Engine, documents and pages know them by this."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Generic, Protocol, TypeVar

from fsmv2.flow.commands.command_config import CommandInput
from fsmv2.flow.device import Reach, device_claim
from fsmv2.flow.inputs.generate.generate_input import GENERATE
from fsmv2.flow.inputs.modbus.modbus_input import MODBUS
from fsmv2.flow.outputs.modbus.modbus_output import MODBUS_WRITES
from fsmv2.flow.outputs.uns.uns_output import UNS
from fsmv2.flow.tagged_kind import TaggedKind


class Kind(Protocol):
    """What every entry has."""

    @property
    def key(self) -> str: ...
    @property
    def config(self) -> type[Any]: ...


K = TypeVar("K", bound=Kind)


class Registry(Generic[K]):
    """Entries by key, and by the config that a flow was handed."""

    def __init__(self, *kinds: K) -> None:
        self.by_key: Mapping[str, K] = {kind.key: kind for kind in kinds}
        self._by_config: Mapping[type[Any], K] = {kind.config: kind for kind in kinds}

    def __iter__(self) -> Iterator[K]:
        return iter(self.by_key.values())

    def of(self, config: object) -> K:
        """The entry of a config; KeyError when it is none of these."""
        return self._by_config[type(config)]

    def has(self, config: object) -> bool:
        """Whether a config is one of these."""
        return type(config) in self._by_config

    @property
    def configs(self) -> tuple[type[Any], ...]:
        """The type of each."""
        return tuple(self._by_config)


INPUTS = Registry(
    MODBUS,
    GENERATE,
)
OUTPUTS = Registry(
    UNS,
)
COMMAND_OUTPUTS = Registry(
    MODBUS_WRITES,
)


def tagged_end(source: object, sink: object) -> tuple[TaggedKind, Any]:
    """The end of a flow that has tags, a device perhaps, and its config.

    Where it reads; or, when it is handed commands, what it writes to.
    """
    if COMMAND_OUTPUTS.has(sink):
        return COMMAND_OUTPUTS.of(sink), sink
    return INPUTS.of(source), source


def reach_of(source: object, sink: object) -> Reach | None:
    """The device that a flow connects to; None: it connects to none."""
    kind, config = tagged_end(source, sink)
    return kind.reaches(config)


def claims_of(source: object, sink: object) -> tuple[str, ...]:
    """What a flow has for itself: its device, and where it publishes or receives commands.

    Not tag by tag: two flows of one location differ by their tags, which may be thousands.
    """
    reach = reach_of(source, sink)
    device = () if reach is None else (device_claim(reach.host, reach.port),)
    if isinstance(source, CommandInput):
        return (*device, f"the commands on {source.subject}")
    return (*device, *(OUTPUTS.of(sink).claims(sink) if OUTPUTS.has(sink) else ()))
