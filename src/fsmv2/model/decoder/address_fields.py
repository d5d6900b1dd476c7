"""Types of a document for addresses, and their reader: one parser for every section."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any

import msgspec

from fsmv2.model.collector_url import read_collector_url
from fsmv2.model.decoder.display import shown
from fsmv2.model.decoder.node import Node
from fsmv2.model.decoder.scalars import BAD, Problems, Text
from fsmv2.model.decoder.value_fixes import text_fix
from fsmv2.model.listen_address import read_listen_address
from fsmv2.model.network_address import (
    MODBUS_PORT,
    NoAddressError,
    read_host,
    read_host_and_port,
)
from fsmv2.model.secrets.vault import holds_secret

NO_ADDRESS = "FSM0150"


_HOST_OF = re.compile(r"Write `host: ([^`]+)` and ")


class AddressForm(msgspec.Struct, frozen=True):
    """What of an address is written at a place."""

    read: Callable[[str], Any]


Host = Annotated[str, AddressForm(read_host), msgspec.Meta(min_length=1)]
"""An IPv4 or IPv6 address, or the name of a host."""
HostAndPort = Annotated[
    str,
    AddressForm(partial(read_host_and_port, default_port=MODBUS_PORT)),
    msgspec.Meta(description="host:port, such as 10.0.0.5:502"),
]
"""The same with a port, 502 if there is none."""


ListenAddress = Annotated[
    str,
    AddressForm(read_listen_address),
    msgspec.Meta(description="host:port of this machine alone, such as 127.0.0.1:9410"),
]
"""Where something of ours listens; port 0 is a free one."""


CollectorUrl = Annotated[
    str,
    AddressForm(read_collector_url),
    msgspec.Meta(description="a URL such as http://127.0.0.1:4318"),
]
"""Where telemetry is sent to."""


class AddressText(Text):
    """A text that must be an address."""

    def __init__(self, form: AddressForm, metas: Sequence[msgspec.Meta] = ()) -> None:
        super().__init__(metas)
        self._form = form
        described = (meta.description for meta in metas if meta.description)
        self.expected = next(described, "the name or the address of a host")

    def _read(self, node: Node, problems: Problems) -> Any:
        """The text as it is written."""
        value = super()._read(node, problems)
        if value is BAD or holds_secret(value):  # nobody knows yet what will stand there
            return value
        try:
            self._form.read(value)
        except NoAddressError as error:
            fix = (node.rendered and text_fix(node)) or error.fix
            if node.origin is not None and (alone := _HOST_OF.match(fix)) is not None:
                fix = f"Write {alone[1]}; the port has a variable of its own."
            if node.rendered and node.origin is None and _HOST_OF.match(fix) is not None:
                fix = "Leave the port out of this template; it has a key of its own, `port:`."
            elif node.rendered and node.origin is None:
                fix += " It comes from a variable in this template."
            problems.append(node.problem(NO_ADDRESS, f"{shown(value)} {error.message}", fix=fix))
            return BAD
        return value
