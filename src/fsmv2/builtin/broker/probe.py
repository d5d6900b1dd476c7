"""Look at the broker without changing anything: is it ours, is it ready, and if not, why.

Speaks just enough of both protocols to be sure: the server's greeting (INFO) names it, a request to
the JetStream API has to be answered, and the MQTT gateway has to accept a connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from fsmv2.builtin.broker.config import BrokerConfig
from fsmv2.builtin.broker.record import holder_of, is_alive, read_record

WITHIN = 1.0
"""Seconds for one look."""

MQTT_CONNECT = b"\x10\x19\x00\x04MQTT\x04\x02\x00\x05\x00\x0dfsmv2-probe-0"
"""CONNECT of MQTT 3.1.1: clean session, keep-alive 5 s, a client id of 13 bytes."""

State = Literal["absent", "starting", "ready", "unresponsive", "foreign"]


class BrokerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What a look found. `reason` is a sentence for people; `pid` 0 when there is none of ours."""

    state: State
    reason: str
    pid: int = 0
    name: str = ""
    version: str = ""
    started_at: float = 0.0
    port: int = 0
    mqtt_port: int = 0

    @property
    def ready(self) -> bool:
        """Whether it answers on both protocols and JetStream works."""
        return self.state == "ready"


class Greeting(msgspec.Struct, frozen=True):
    """What a server on a port said of itself."""

    name: str
    version: str
    jetstream: bool


async def probe(config: BrokerConfig) -> BrokerStatus:
    """Look at the embedded broker of this state directory."""
    record = read_record(config)
    greeting, trouble = await _greet(config.host, config.port)
    if record is None or not is_alive(record):
        if greeting is not None:
            return foreign(config, config.port)
        gone = "not running" if record is None else f"pid {record.pid} has ended"
        return BrokerStatus(state="absent", reason=gone)
    known = {
        "pid": record.pid,
        "name": record.name,
        "started_at": record.started_at,
        "port": record.port,
        "mqtt_port": record.mqtt_port,
    }
    if greeting is None:
        reason = f"pid {record.pid} runs but {trouble}"
        return BrokerStatus(state="unresponsive", reason=reason, **known)  # type: ignore[arg-type]
    if greeting.name != record.name:
        return foreign(config, config.port)
    state: State = "ready"
    reason = f"pid {record.pid} answers on {config.host}:{config.port}"
    if not greeting.jetstream:
        state, reason = "starting", "JetStream is not ready yet"
    elif not await mqtt_answers(config.host, config.mqtt_port):
        state, reason = "starting", f"the MQTT gateway on port {config.mqtt_port} does not answer"
    return BrokerStatus(state=state, reason=reason, version=greeting.version, **known)  # type: ignore[arg-type]


async def probe_url(url: str) -> BrokerStatus:
    """Look at a broker of the user's, by its URL."""
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 4222
    greeting, trouble = await _greet(host, port)
    if greeting is None:
        return BrokerStatus(state="unresponsive", reason=f"{host}:{port} {trouble}")
    state: State = "ready" if greeting.jetstream else "starting"
    reason = f"{host}:{port} answers" if state == "ready" else "JetStream does not answer there"
    return BrokerStatus(
        state=state, reason=reason, name=greeting.name, version=greeting.version, port=port
    )


def foreign(config: BrokerConfig, port: int) -> BrokerStatus:
    """The status for a port that somebody else has taken."""
    holder = holder_of(port)
    by = f" by {holder}" if holder else " by another program"
    return BrokerStatus(
        state="foreign",
        reason=f"port {port} of {config.host} is taken{by}; end it, or set broker.port",
    )


async def _greet(host: str, port: int) -> tuple[Greeting | None, str]:
    """The greeting of the server there, or None and why not."""
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(WITHIN):
            reader, writer = await asyncio.open_connection(host, port)
            line = await reader.readline()
            if not line.startswith(b"INFO "):
                return None, "what answers is not a NATS server"
            info = json.loads(line[5:])
            name, version = str(info.get("server_name", "")), str(info.get("version", ""))
            jetstream = bool(info.get("jetstream")) and await _jetstream_answers(reader, writer)
            return Greeting(name, version, jetstream), ""
    except TimeoutError:
        return None, f"does not answer within {WITHIN:g} s"
    except (OSError, ValueError) as error:
        refused = isinstance(error, ConnectionRefusedError)
        return None, "refuses the connection" if refused else f"cannot be asked: {error}"
    finally:
        await _close(writer)


async def _jetstream_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Ask the JetStream API for its account figures; any answer without error will do."""
    inbox = "_INBOX.fsmv2.probe"
    options = json.dumps(
        {"verbose": False, "pedantic": False, "headers": True, "no_responders": True}
    )
    writer.write(
        f"CONNECT {options}\r\nSUB {inbox} 1\r\nPUB $JS.API.INFO {inbox} 0\r\n\r\n".encode()
    )
    await writer.drain()
    try:
        async with asyncio.timeout(WITHIN / 2):
            while line := await reader.readline():
                if line.startswith(b"MSG "):
                    size = int(line.split()[-1])
                    return b'"error"' not in await reader.readexactly(size)
                if line.startswith((b"HMSG ", b"-ERR")):
                    return False
    except (TimeoutError, asyncio.IncompleteReadError):
        pass
    return False


async def mqtt_answers(host: str, port: int) -> bool:
    """Whether an MQTT 3.1.1 connection is accepted there (CONNACK, code 0)."""
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(WITHIN / 2):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(MQTT_CONNECT)
            await writer.drain()
            answer = await reader.readexactly(4)
            writer.write(b"\xe0\x00")  # DISCONNECT, so that the session leaves no trace
            return answer[0] == 0x20 and answer[3] == 0
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False
    finally:
        await _close(writer)


async def _close(writer: asyncio.StreamWriter | None) -> None:
    if writer is not None:
        writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(0.2):
                await writer.wait_closed()
