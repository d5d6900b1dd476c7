"""Just enough of both protocols to be sure that a broker answers; used by probe.

The server's greeting (INFO) names it, a request to the JetStream API has to be answered, and the
MQTT gateway has to accept a connection. No client library: it would reconnect and retry, and a look
must do neither.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec

from fsmv2 import NameLookupError, resolve
from fsmv2.flow.nats.login import Credentials
from fsmv2.flow.nats.peer import is_another_users

WITHIN = 1.0
"""Seconds for one exchange."""

INBOX = b"_INBOX.fsmv2.probe"

MQTT_CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x05\x00\x00"
"""CONNECT of MQTT 3.1.1: clean session, keep-alive 5 s, and no client id: the server makes one up.
A fixed id would have two looks at one time throw each other out."""
MQTT_DISCONNECT = b"\xe0\x00"


class Connect(msgspec.Struct, frozen=True, rename={"password": "pass"}):
    """The fields of NATS's CONNECT that are given."""

    user: str
    password: str
    verbose: bool = False
    pedantic: bool = False
    headers: bool = True
    no_responders: bool = True


class Info(msgspec.Struct, frozen=True):
    """The fields of NATS's INFO that are looked at."""

    server_name: str = ""
    version: str = ""
    jetstream: bool = False


class Greeting(msgspec.Struct, frozen=True):
    """What a NATS server said of itself; `jetstream` is whether its API answered.

    `refused`: it did not, because it does not take the credentials.
    """

    name: str
    version: str
    jetstream: bool = False
    refused: bool = False


class Trouble(msgspec.Struct, frozen=True):
    """Why there is no greeting; `nobody`: because nobody listens there at all."""

    reason: str
    nobody: bool = False


async def greet(
    host: str, port: int, *, name: str = "", own: Credentials | None = None
) -> Greeting | Trouble:
    """Ask the NATS server there who it is; the one called `name`, too, whether JetStream works.

    Only that one is shown the credentials, and only if it runs as our user.
    """
    try:
        await resolve(host, port, timeout=WITHIN)
        async with asyncio.timeout(WITHIN), _connected(host, port) as (reader, writer):
            line = await reader.readline()
            if not line.startswith(b"INFO "):
                return Trouble("what answers is not a NATS server")
            info = msgspec.json.decode(line[5:], type=Info)
            greeting = Greeting(info.server_name, info.version)
            if own is None or info.server_name != name or is_another_users(writer):
                return greeting
            refused, works = False, False
            if info.jetstream:
                refused, works = await _ask_jetstream(reader, writer, own)
            return msgspec.structs.replace(greeting, jetstream=works, refused=refused)
    except NameLookupError as error:
        return Trouble(f"cannot be found: {error}")
    except TimeoutError:
        return Trouble(f"does not answer within {WITHIN:g} s")
    except ConnectionRefusedError:
        return Trouble("refuses the connection", nobody=True)
    except (OSError, ValueError) as error:
        return Trouble(f"cannot be asked: {error}")


async def mqtt_answers(host: str, port: int) -> bool:
    """Whether an MQTT 3.1.1 connection is accepted there (CONNACK, code 0)."""
    try:
        async with asyncio.timeout(WITHIN), _connected(host, port) as (reader, writer):
            writer.write(MQTT_CONNECT)
            await writer.drain()
            answer = await reader.readexactly(4)
            writer.write(MQTT_DISCONNECT)  # so that the session leaves no trace
            return answer[0] == 0x20 and answer[3] == 0
    except (OSError, TimeoutError, EOFError):
        return False


async def _ask_jetstream(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, own: Credentials
) -> tuple[bool, bool]:
    """Ask for its account figures: are we refused, does it answer? Any but an error will do."""
    connect = Connect(user=own.user, password=own.password)
    writer.write(b"CONNECT " + msgspec.json.encode(connect) + b"\r\nSUB " + INBOX + b" 1\r\n")
    writer.write(b"PUB $JS.API.INFO " + INBOX + b" 0\r\n\r\n")
    await writer.drain()
    try:
        async with asyncio.timeout(WITHIN / 2):
            while line := await reader.readline():
                if line.startswith(b"MSG "):
                    size = int(line.split()[-1])
                    return False, b'"error"' not in await reader.readexactly(size)
                if line.startswith((b"HMSG ", b"-ERR")):
                    return b"authorization" in line.lower(), False
    except (TimeoutError, EOFError):
        pass
    return False, False


@contextlib.asynccontextmanager
async def _connected(
    host: str, port: int
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(0.2):
                await writer.wait_closed()
