"""Look at the broker without changing anything: is it ours, is it ready, and if not, why.

Identity first: the recorded process lives, with the same start time, and the server on the port
says the random name that we gave it. A port alone proves nothing.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Literal

import msgspec

from fsmv2 import ObservedState
from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.builtin.broker.broker_record import BrokerRecord, is_alive, read_record
from fsmv2.builtin.broker.credentials import known_credentials
from fsmv2.builtin.broker.handshake import Greeting, greet, mqtt_answers
from fsmv2.builtin.broker.own_servers import server_of_pid_file
from fsmv2.builtin.broker.ports import remembered_ports
from fsmv2.builtin.broker.server_config import digest
from fsmv2.flow.nats.login import Login
from fsmv2.flow.nats.nats_client import NatsClient, stream_exists
from fsmv2.host.in_thread import in_thread
from fsmv2.host.socket_owner import holder_of

LOOK_WITHIN = 2.0
"""Seconds for a look at a broker of the user's."""
STREAM = "UMH"
"""The stream that is asked for: whether it is there does not matter, an answer does."""

State = Literal["absent", "starting", "ready", "unresponsive", "outdated", "foreign"]


class BrokerObserved(ObservedState):
    """What a look found. `reason` is a sentence for people; `pid` 0 when there is none of ours.

    `status` absent: none of ours runs. starting: ours runs and was never ready yet. ready: it
    answers on both protocols and JetStream works. unresponsive: it was ready and does not answer as
    it should. outdated: ours, but not with this config, or not on record; a start ends it. foreign:
    somebody else has the port.
    """

    status: str = "absent"
    reason: str = ""
    pid: int = 0
    port: int = 0
    mqtt_port: int = 0
    version: str = ""
    started_at: float = 0.0

    @property
    def ready(self) -> bool:
        """Whether it answers on both protocols and JetStream works."""
        return self.status == "ready"

    @property
    def exists(self) -> bool:
        """Whether a process of ours runs, well or not."""
        return self.pid != 0 and self.status != "absent"


async def probe(config: BrokerConfig) -> BrokerObserved:
    """Look at the embedded broker of this state directory. A few milliseconds; at most 2 s."""
    record = await in_thread(lambda: read_record(config))
    if record is None or not is_alive(config, record):
        return await _without_ours(config, record)
    config = msgspec.structs.replace(
        config,
        port=config.port or record.port,
        mqtt_port=config.mqtt_port or record.mqtt_port,
    )
    own = await in_thread(partial(known_credentials, config))
    if own is None or record.digest != digest(config, own):
        lost = "" if own else ", and without credentials"
        return _ours(record, "outdated", f"pid {record.pid} runs with an earlier config{lost}")
    greeting = await greet(config.host, record.port, name=record.name, own=own)
    not_yet: State = "unresponsive" if record.ready else "starting"
    if not isinstance(greeting, Greeting):
        return _ours(record, not_yet, f"pid {record.pid} runs but {greeting.reason}")
    if greeting.name != record.name:
        return foreign(config, record.port)
    if greeting.refused:
        return _ours(record, not_yet, "it refuses its own credentials", greeting)
    if not greeting.jetstream:
        return _ours(record, not_yet, "JetStream does not answer", greeting)
    if not await mqtt_answers(config.host, record.mqtt_port):
        reason = f"the MQTT gateway on port {record.mqtt_port} does not answer"
        return _ours(record, not_yet, reason, greeting)
    reason = f"pid {record.pid} answers on {config.host}:{record.port}"
    return _ours(record, "ready", reason, greeting)


async def probe_url(url: str, login: Login) -> BrokerObserved:
    """Look at a broker of the user's as a flow would: with the same login, the same client."""
    client = NatsClient(url, login)
    try:
        async with asyncio.timeout(LOOK_WITHIN):
            await client.connect()
            await stream_exists(client.nats, STREAM)
    except Exception as error:  # noqa: BLE001  (whatever the client raises says what is wrong)
        return BrokerObserved(status="unresponsive", reason=client.reason_of(error))
    finally:
        await client.close()
    info = client.nats._server_info
    return BrokerObserved(
        status="ready",
        reason=f"{client.address} answers",
        version=str(info.get("version", "")),
        port=client.address.port if client.address is not None else 0,
    )


def foreign(config: BrokerConfig, port: int) -> BrokerObserved:
    """The status for a port that somebody else has taken."""
    holder = holder_of(port)
    by = f" by {holder}" if holder else " by another program"
    return BrokerObserved(
        status="foreign",
        reason=f"port {port} of {config.host} is taken{by}; stop that program, or set broker.port",
    )


async def _without_ours(config: BrokerConfig, record: BrokerRecord | None) -> BrokerObserved:
    """The status when the recorded server does not live, or none is on record."""
    lost = await in_thread(lambda: server_of_pid_file(config))
    if lost is not None:
        reason = f"pid {lost} is a server started by fsmv2 that is not on record; a start ends it"
        return BrokerObserved(status="outdated", reason=reason, pid=lost)
    # The last threads of a server that is ending may still hold its port.
    ending = record is not None and record.process.is_zombie
    port = config.port or (await in_thread(lambda: remembered_ports(config.directory))).port
    if port and not ending:
        greeting = await greet(config.host, port)
        if isinstance(greeting, Greeting) or not greeting.nobody:
            return foreign(config, port)
    if record is None:
        return BrokerObserved(status="absent", reason="not running")
    return BrokerObserved(status="absent", reason=f"pid {record.pid} {record.process.how_ended}")


def _ours(
    record: BrokerRecord, state: State, reason: str, greeting: Greeting | None = None
) -> BrokerObserved:
    return BrokerObserved(
        status=state,
        reason=reason,
        pid=record.pid,
        version=greeting.version if greeting else "",
        started_at=record.started_at,
        port=record.port,
        mqtt_port=record.mqtt_port,
    )
