"""Who may do what at the embedded broker: old clients, ourselves, users of the document."""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import aiomqtt
import msgspec
import nats
import nats.errors
import paho.mqtt.client as paho
import pytest
from old_clients import mosquitto

from broker_url import connect_url
from fsmv2.builtin.broker import server
from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.builtin.broker.broker_record import read_record, write_record
from fsmv2.builtin.broker.broker_status import probe
from fsmv2.builtin.broker.credentials import (
    credentials_file,
    known_credentials,
)
from fsmv2.builtin.broker.server import start
from fsmv2.builtin.broker.server_config import render
from fsmv2.errors import SpecError
from fsmv2.flow import Login
from fsmv2.flow.nats.login import Credentials
from fsmv2.flow.nats.nats_client import NatsClient

pytestmark = pytest.mark.real

COMMAND = "cmd.v1.acme._write.setpoint"
PASSWORD = "p@ss" + '"w}d'
V311 = aiomqtt.ProtocolVersion.V311


class Heard:
    """All that is published at the broker, its own affairs apart."""

    def __init__(self) -> None:
        self.subjects: list[str] = []

    async def take(self, message: nats.aio.msg.Msg) -> None:
        """Note a message."""
        if not message.subject.startswith(("$", "_INBOX")):
            self.subjects.append(message.subject)


async def owner(config: BrokerConfig, heard: Heard) -> nats.NATS:
    """A client with all rights that hears everything."""
    client = await nats.connect(connect_url(config))
    await client.subscribe(">", cb=heard.take)
    await client.flush()
    return client


async def test_an_anonymous_nats_client_reads_what_was_measured_and_publishes_nothing(
    config: BrokerConfig,
) -> None:
    await start(config)
    heard, said = Heard(), []

    async def refused(error: Exception) -> None:
        said.append(str(error))

    own = await owner(config, heard)
    anyone = await nats.connect(f"nats://127.0.0.1:{config.port}", error_cb=refused)
    measured = await anyone.subscribe("umh.v1.>")
    for subject in (COMMAND, "umh.v1.acme._raw.t", "$JS.API.STREAM.DELETE.UMH", "$MQTT.rmsgs.x"):
        await anyone.publish(subject, b"1")
    for subject in (">", "cmd.v1.>", "_INBOX.>", "$SYS.>"):
        await anyone.subscribe(subject)
    await anyone.flush()
    async with asyncio.timeout(20):
        while True:  # until the subscription is there: a flush may overtake what waits to be sent
            await own.publish("umh.v1.acme._raw.t", b"2")
            with contextlib.suppress(nats.errors.TimeoutError):
                assert (await measured.next_msg(1)).data == b"2"
                break
    with pytest.raises((TimeoutError, nats.errors.Error)):
        await anyone.request("umh.v1.ask", b"", timeout=0.2)
    assert {*heard.subjects} == {"umh.v1.acme._raw.t"}
    assert len([text for text in said if "violation for publish" in text]) >= 4
    assert len([text for text in said if "violation for subscription" in text]) >= 4
    await anyone.close()
    await own.close()


async def test_an_anonymous_mqtt_client_reads_what_was_measured_and_publishes_nothing(
    config: BrokerConfig,
) -> None:
    """Wills and retained messages included; a refused QoS 1 publish is acknowledged, too."""
    await start(config)
    heard = Heard()
    own = await owner(config, heard)
    await leave_a_will(config, COMMAND.replace(".", "/"))
    async with aiomqtt.Client("127.0.0.1", config.mqtt_port, protocol=V311) as client:
        for topic, granted in (("umh/v1/#", True), ("#", False), ("cmd/v1/#", False)):
            codes = await client.subscribe(topic, qos=1)
            assert all(code.value < 3 for code in codes) is granted, topic  # type: ignore[union-attr]
        await client.publish(COMMAND.replace(".", "/"), b"1", qos=1)
        await client.publish(COMMAND.replace(".", "/"), b"1", qos=0, retain=True)
        await own.publish("umh.v1.acme._raw.t", b"2")
        async with asyncio.timeout(5):
            message = await anext(aiter(client.messages))
        assert (str(message.topic), message.payload) == ("umh/v1/acme/_raw/t", b"2")
    await own.publish("umh.v1.acme._raw.last", b"3")
    await all_heard(heard, 2)
    assert heard.subjects == ["umh.v1.acme._raw.t", "umh.v1.acme._raw.last"]
    await own.close()


async def all_heard(heard: Heard, count: int) -> None:
    """What was published arrives in a task of the client, after a flush as well."""
    async with asyncio.timeout(20):
        while len(heard.subjects) < count:  # noqa: ASYNC110  (it only keeps a list)
            await asyncio.sleep(0.01)


async def leave_a_will(config: BrokerConfig, topic: str) -> None:
    """Connect with a will (retained, QoS 1) and break off, so that it is due."""
    will = topic.encode()
    parts = [b"\0\4MQTT\4\x2e\0\5", b"\0\4mine", len(will).to_bytes(2) + will, b"\0\0011"]
    body = b"".join(parts)
    reader, writer = await asyncio.open_connection("127.0.0.1", config.mqtt_port)
    writer.write(b"\x10" + bytes([len(body)]) + body)
    assert (await reader.readexactly(4))[3] == 0
    writer.transport.abort()


def test_paho_with_its_defaults_subscribes_and_receives(config: BrokerConfig) -> None:
    asyncio.run(start(config))
    got: list[bytes] = []
    client = paho.Client(paho.CallbackAPIVersion.VERSION2)
    client.on_message = lambda _c, _u, message: got.append(message.payload)
    client.connect("127.0.0.1", config.mqtt_port)
    client.subscribe("umh/v1/#", 1)
    client.on_subscribe = lambda c, *_: c.user_data_set("subscribed")
    while client.user_data_get() is None:
        client.loop(0.1)

    async def publish() -> None:
        own = await nats.connect(connect_url(config))
        await own.publish("umh.v1.acme._raw.t", b"7")
        await own.close()

    asyncio.run(publish())
    for _ in range(100):
        if client.loop(0.1) or got:
            break
    client.disconnect()
    assert got == [b"7"]


async def test_mosquitto_sub_receives(config: BrokerConfig) -> None:
    program = mosquitto()
    await start(config)
    where = ["-h", "127.0.0.1", "-p", str(config.mqtt_port)]
    running = await asyncio.create_subprocess_exec(
        *program, *where, "-t", "umh/v1/#", "-C", "1", stdout=subprocess.PIPE
    )
    ended = asyncio.create_task(running.communicate())
    own = await nats.connect(connect_url(config))
    async with asyncio.timeout(20):
        while not ended.done():  # until it has subscribed
            await own.publish("umh.v1.acme._raw.t", b"8")
            await asyncio.wait([ended], timeout=0.05)
    assert ended.result()[0].strip() == b"8"
    await own.close()


async def test_a_user_of_the_document_may_publish_and_a_wrong_password_may_not(
    configure: Callable[..., BrokerConfig],
) -> None:
    config = configure(users={"hmi": PASSWORD})
    await start(config)
    heard = Heard()
    own = await owner(config, heard)
    writer = await nats.connect(f"nats://127.0.0.1:{config.port}", user="hmi", password=PASSWORD)
    await writer.publish(COMMAND, b"1")
    await writer.close()
    async with aiomqtt.Client(
        "127.0.0.1", config.mqtt_port, username="hmi", password=PASSWORD, protocol=V311
    ) as client:
        await client.publish(COMMAND.replace(".", "/"), b"1", qos=1)
    with pytest.raises(aiomqtt.MqttError):
        async with aiomqtt.Client(
            "127.0.0.1", config.mqtt_port, username="hmi", password=PASSWORD[1:]
        ):
            pass
    await all_heard(heard, 2)
    assert heard.subjects == [COMMAND, COMMAND]
    await own.close()


async def test_the_credentials_are_private_and_kept_when_the_broker_is_adopted(
    config: BrokerConfig,
) -> None:
    first = await start(config)
    before = known_credentials(config)
    assert before is not None
    assert stat.S_IMODE(credentials_file(config).stat().st_mode) == 0o600
    assert before.password not in repr(before)
    assert (await start(config)).pid == first.pid
    assert known_credentials(config) == before


async def test_lost_credentials_are_made_anew_with_one_restart(config: BrokerConfig) -> None:
    first = await start(config)
    before = known_credentials(config)
    credentials_file(config).unlink()
    assert (await probe(config)).status == "outdated"
    again = await start(config)
    assert again.pid != first.pid
    assert known_credentials(config) not in (None, before)
    assert (await start(config)).pid == again.pid


async def test_a_broker_of_an_earlier_version_is_restarted_once_and_its_data_is_kept(
    config: BrokerConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Earlier versions had no users: what such a server stored is there afterwards."""

    def earlier(config: BrokerConfig, name: str, own: Credentials) -> str:
        return render(config, name, own).partition("no_auth_user")[0]

    monkeypatch.setattr(server, "render", earlier)
    await start(config)
    monkeypatch.undo()
    credentials_file(config).unlink()
    record = read_record(config)
    assert record is not None
    write_record(config, msgspec.structs.replace(record, digest="0" * 16))
    client = await nats.connect(f"nats://127.0.0.1:{config.port}")
    stream = client.jetstream()
    await stream.add_stream(name="UMH", subjects=["umh.v1.>"])
    await stream.publish("umh.v1.acme._raw.t", b"kept")
    await client.close()
    status = await start(config)
    assert status.pid != record.pid
    assert (await start(config)).pid == status.pid, "once"
    owned = await nats.connect(connect_url(config))
    message = await owned.jetstream().get_last_msg("UMH", "umh.v1.acme._raw.t")
    assert message.data == b"kept"
    await owned.close()


async def test_a_server_of_another_user_on_our_port_is_shown_no_password(
    config: BrokerConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name may be right: names are no secret. Here it is we who are somebody else."""
    await start(config)
    login = Login(file=str(credentials_file(config)))
    url = f"nats://127.0.0.1:{config.port}"
    ours = NatsClient(url, login, server=config.identity)
    await ours.connect()
    await ours.close()
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    theirs = NatsClient(url, login, server=config.identity)
    with pytest.raises(ConnectionError, match="a program of another user"):
        await theirs.connect()
    await theirs.close()


def test_a_user_of_a_document_can_neither_be_ourselves_nor_nobody(tmp_path: Path) -> None:
    for name in ("fsmv2", "anonymous", " ", "a\nb"):
        with pytest.raises(SpecError, match=r"broker\.users"):
            BrokerConfig(state_dir=str(tmp_path), users={name: "p"})
