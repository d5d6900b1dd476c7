"""The URL of a broker, taken apart: `nats://user:password@host:4222`, `tls://…`, or a host alone.

User and password are percent-decoded here, once, and travel on their own: nothing puts them into a
URL again, and no text that is shown has them.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

import msgspec

from fsmv2.errors import SpecError
from fsmv2.model.network_address import NoAddressError, read_host_and_port

SCHEMES = ("nats", "tls")
PORT = 4222
_ANOTHER = re.compile(r",\s*[a-z]+://")
"""Where the next of several servers begins; whoever has this in a password percent-encodes it."""
_EXPECTED = "Write nats://host:4222, or tls://host:4222."


class BrokerAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a broker is, and the user that its URL names. `str()` shows no part of the latter.

    A user without password is a token, or both in one with a colon between them.
    """

    host: str
    port: int = PORT
    tls: bool = False
    user: str = ""
    password: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'tls' if self.tls else 'nats'}://{host}:{self.port}"

    def __repr__(self) -> str:
        return f"<BrokerAddress {self}>"


def split_url(url: str) -> tuple[str, str, str]:
    """Scheme, what stands before the `@`, and the rest: nothing is decoded yet.

    The last `@` counts: a password that was put in as it is may contain one, a host may not.
    """
    scheme, found, rest = url.partition("://")
    if not found:
        scheme, rest = "nats", url
    before, _, after = rest.rpartition("@")
    return scheme, before, after


def parse_address(url: str) -> BrokerAddress:
    """The parts of a URL. SpecError: what is wrong with it; no part of a password is in it."""
    scheme, before, after = split_url(url)
    if scheme not in SCHEMES:
        raise SpecError("the broker's URL begins with neither nats:// nor tls://.", fix=_EXPECTED)
    if "," in after or _ANOTHER.search(before):
        raise SpecError("the broker's URL names several servers.", fix="Name one of them.")
    try:
        host, port = read_host_and_port(after.removesuffix("/"), default_port=PORT)
    except NoAddressError as error:
        fix = error.fix
        if set(after) & set("/?#"):  # perhaps of a password, of which nothing is quoted
            fix = f"{_EXPECTED} A password goes into `password:`."
        raise SpecError(f"the host of the broker's URL {error.message}", fix=fix) from None
    user, _, password = before.partition(":")
    return BrokerAddress(
        host=host,
        port=port,
        tls=scheme == "tls",
        user=unquote(user),
        password=unquote(password),
    )
