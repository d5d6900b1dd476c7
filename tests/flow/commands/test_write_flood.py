"""What a write flow does with messages as they are read: cheap, bounded, and as old as they are."""

from __future__ import annotations

import asyncio
import socket
import time
from types import SimpleNamespace
from typing import Any

import pytest

from fsmv2.flow import CommandInput, ModbusOutput, WriteConfig, WriteRegister
from fsmv2.flow.commands import command_listener as write_flow
from fsmv2.flow.commands.command_flow import WriteFlow
from fsmv2.flow.commands.executed_commands import SeenCommands
from fsmv2.flow.commands.outbox import ROOM, TOGETHER
from fsmv2.flow.commands.write_command import request_of
from fsmv2.flow.nats.arrival import Arrivals, id_of
from fsmv2.flow.nats.message_age import steady
from fsmv2.flow.nats.nats_connection import NatsMessage

SUBJECT = "cmd.v1.acme._write"


class Sent:
    """A connection that keeps what is sent."""

    error = ""

    def __init__(self) -> None:
        self.batches: list[list[tuple[str, bytes]]] = []
        self.up = asyncio.Event()

    async def send(self, messages: Any) -> None:
        self.batches.append(list(messages))

    def listens(self, _who: object) -> bool:
        return True


def made(refusal: str = "", **limits: Any) -> tuple[WriteFlow, Sent]:
    """A flow to a device that it has no need to reach here."""
    sent: Any = Sent()
    config = WriteConfig(
        name="x",
        input=CommandInput(url="nats://127.0.0.1:1", subject=SUBJECT, **limits),
        output=ModbusOutput(
            address="127.0.0.1",
            registers=(
                WriteRegister(name="speed", address=0),
                WriteRegister(name="level", address=1, type="float64"),
                WriteRegister(name="text", address=9, type="string", length=4),
                WriteRegister(name="lamp", address=1, kind="coil", type="bool"),
            ),
        ),
    )
    device: Any = SimpleNamespace(error="", connected=True, reached=True)
    return WriteFlow(config, sent, sent, device, SeenCommands(), lambda: refusal), sent


def hear(flow: WriteFlow, tag: str, payload: bytes, *, ago: float = 0.0, **more: Any) -> None:
    given = {"reply": "inbox.1", "id": "", **more}
    flow._receive(NatsMessage(f"{SUBJECT}.{tag}", payload, since=steady() - ago, **given))


def test_h77_a_flood_is_refused_early_counted_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 60,000 to a tag that does not exist few are read and answered, and all are counted."""
    read, hints = [], []
    monkeypatch.setattr(write_flow, "request_of", lambda *_: read.append(1) or request_of(b"1"))
    monkeypatch.setattr(write_flow, "suggest", lambda *_: hints.append(1) or "")
    flow, _ = made()
    for _ in range(60_000):
        hear(flow, "junk", b"1")
    writes = flow.stats().writes
    assert writes is not None
    assert (writes.refused_total, writes.unanswered_total) == (60_000, 60_000 - ROOM)
    assert (len(read), len(hints), flow.depth) == (ROOM, ROOM, 0)
    assert writes.last_error == "junk: there is no tag 'junk' that may be written."


def test_h77_a_flood_to_a_tag_that_exists_is_not_read_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When no further command can wait it does not matter what it says; nor when all are late."""
    read: list[int] = []
    monkeypatch.setattr(
        write_flow, "request_of", lambda *given: read.append(1) or request_of(*given)
    )
    flow, _ = made()
    for _ in range(60_000):
        hear(flow, "speed", b"1")
    writes = flow.stats().writes
    assert writes is not None
    assert (flow.depth, writes.refused_total) == (100, 60_000 - 100)
    assert len(read) == 100 + ROOM
    assert "100 writes are waiting already" in writes.last_error
    flow._queue.clear()
    hear(flow, "speed", b"1", ago=6)
    assert "it waited for 6.0 s" in flow._writes.last_error
    hear(flow, "speed", b"1")
    assert (flow.depth, len(read)) == (1, 101 + ROOM), "one that can be executed is taken"


async def test_h77_answers_to_a_flood_are_sent_together_and_a_real_one_beside_them() -> None:
    flow, sent = made()
    sending = asyncio.get_running_loop().create_task(flow._outbox.run())
    for _ in range(ROOM + 10):
        hear(flow, "junk", b"1")
    await flow._outbox.emptied(10)
    assert [len(batch) for batch in sent.batches] == [TOGETHER] * (ROOM // TOGETHER)
    hear(flow, "speed", b"x")
    await flow._outbox.emptied(10)
    assert b"the payload is not JSON" in sent.batches[-1][0][1]
    sending.cancel()


def test_h77_the_age_of_a_command_counts_from_when_it_may_have_come() -> None:
    """It lay in the socket, behind others; at its arrival, and again when its turn comes."""
    flow, _ = made()
    hear(flow, "speed", b"1", ago=5.5)
    writes = flow.stats().writes
    assert writes is not None
    assert (writes.refused_total, flow.depth) == (1, 0)
    assert "it waited for 5.5 s" in writes.last_error
    hear(flow, "speed", b"1", ago=4.0)
    assert flow.depth == 1
    command = flow._queue[0]
    assert flow._forbidden(command) == ""
    command.arrived -= 2.0
    assert "it waited for 6.0 s" in flow._forbidden(command)


@pytest.mark.parametrize("jump", [-3600.0, -6.0, 6.0, 3600.0])
def test_h77_no_jump_of_the_clock_makes_a_command_that_waits_fresh_or_old(
    monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    """The clock of the wall is asked once, when the command is read; from then on its age grows."""
    real = time.time
    flow, _ = made()
    hear(flow, "speed", b'{"value": 1, "timestamp_ms": %d}' % ((real() - 3.0) * 1000))
    (command,) = flow._queue
    monkeypatch.setattr(time, "time", lambda: real() + jump)
    assert flow._forbidden(command) == ""
    later = steady() + 2.5
    monkeypatch.setattr("fsmv2.flow.commands.command_flow.steady", lambda: later)
    assert "it is 5.5 s old, more than the 5 s allowed" in flow._forbidden(command)


class Reading:
    """A client whose socket is one end of a pair."""

    def __init__(self, end: socket.socket) -> None:
        self.seen: list[bytes] = []
        self.buffer = bytearray()
        self._pongs: list[asyncio.Future[bool]] = []
        self._transport = SimpleNamespace(
            read=self.read,
            _io_reader=SimpleNamespace(_buffer=self.buffer),
            _io_writer=SimpleNamespace(get_extra_info=lambda _: end),
        )

    async def read(self, _size: int) -> bytes:
        return b"some"

    async def _process_msg(self, sid: int, *_: bytes | None) -> None:
        self.seen.append(b"%d" % sid)

    async def _process_pong(self) -> None:
        self._pongs.pop(0).set_result(True)


async def test_h77_who_reads_without_a_pause_knows_since_when(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As long as there is something to read, what is read may have been there from the first on."""
    now = 100.0
    monkeypatch.setattr("fsmv2.flow.nats.arrival.steady", lambda: now)
    mine, theirs = socket.socketpair()
    with mine, theirs:
        client: Any = Reading(mine)
        arrivals = Arrivals(client)
        now = 110.0
        client._pings_outstanding = 3
        await client._transport.read(1)
        assert client._pings_outstanding == 0, "the answer to a ping may be far behind in a flood"
        assert arrivals.since == 110.0, "nothing was there: it has come now"
        theirs.send(b"more")
        now = 111.0
        await client._transport.read(1)
        assert arrivals.since == 110.0, "in the socket"
        mine.recv(4)
        client.buffer += b"more"
        now = 112.0
        await client._transport.read(1)
        assert arrivals.since == 110.0, "in the buffer of the reader"
        client.buffer.clear()
        await client._transport.read(1)
        assert arrivals.since == 112.0


async def test_h77_messages_are_taken_where_they_are_read() -> None:
    """Those of others go the client's own way; bytes that are no text end nothing."""
    mine, theirs = socket.socketpair()
    with mine, theirs:
        client: Any = Reading(mine)
        arrivals, taken = Arrivals(client), []
        arrivals.take(SimpleNamespace(_id=7), lambda *message: taken.append(message))
        await client._process_msg(7, b"a.\xff", b"", b"1", b"NATS/1.0\r\nNats-Msg-Id: x\r\n\r\n")
        await client._process_msg(8, b"b", b"", b"2", None)
        assert taken == [("a.\ufffd", b"1", "", "x")]
        assert client.seen == [b"8"]


async def test_h77_a_late_answer_to_a_ping_does_not_end_the_reading() -> None:
    """The client would set the result of a future that was cancelled when its time was over."""
    mine, theirs = socket.socketpair()
    with mine, theirs:
        client: Any = Reading(mine)
        Arrivals(client)
        loop = asyncio.get_running_loop()
        late, next_one = loop.create_future(), loop.create_future()
        late.cancel()
        client._pongs += [late, next_one]
        await client._process_pong()
        assert not next_one.done(), "it was the answer to the first"
        await client._process_pong()
        assert next_one.result() is True


@pytest.mark.parametrize(
    ("headers", "id_"),
    [
        (None, ""),
        (b"NATS/1.0\r\n\r\n", ""),
        (b"NATS/1.0 503\r\n\r\n", ""),
        (b"NATS/1.0\r\nx: y\r\nNATS-msg-id:  a b \r\n\r\n", "a b"),
        (b"NATS/1.0\r\nnats-msg-id\r\n", ""),
        (b"\xff\xfe\r\n:\r\nNats-Msg-Id:\xff", "\ufffd"),
    ],
    ids=str,
)
def test_ids_in_headers_of_any_form(headers: bytes | None, id_: str) -> None:
    assert id_of(headers) == id_


HOSTILE = [
    b"",
    b"NaN",
    b"-Infinity",
    b"1e400",
    b"-1e999999999",
    b"1e-999999999",
    b"1" * 400,
    b"1" * 8000,
    b"-" + b"9" * 99,
    b"0." + b"1" * 400,
    b"9" * 30,
    b'{"value": ' + b"1" * 400 + b"}",
    b'{"value": 1, "timestamp_ms": ' + b"9" * 99 + b"}",
    b'{"value": 1, "timestamp_ms": 1e300}',
    b'{"value": 1, "timestamp_ms": -1}',
    b'{"value": 1, "timestamp_ms": "1"}',
    b'{"value": 1, "timestamp_ms": [1]}',
    b'{"value": 1, "id": ' + b"9" * 400 + b"}",
    b'{"value": 1, "id": true}',
    b'{"value": 1, "id": {}}',
    b'{"value": 1, "id": "\\ud800"}',
    b'{"value": 1, "value": 2}',
    b'{"value": 1, "id": "a", "id": "b"}',
    b'{"value": 1, "\\ud800": 2}',
    b'{"value": 1, "' + b"x" * 7000 + b'": 2}',
    b'{"value": {"value": 1}}',
    b'"\\ud83d"',
    b"[" * 8000,
    b'{"value":' * 900,
    b'{"a":' * 1500 + b"1" + b"}" * 1500,
    b"\xff\xfe1\x00",
    b"\xef\xbb\xbf1",
    b"\x00",
    b"1 2",
    b"{'value': 1}",
    b"true" * 2000,
    b"x" * 1_000_000,
    '"\u202e\u009b31m"'.encode(),
]


@pytest.mark.parametrize("payload", HOSTILE, ids=lambda payload: str(payload[:20]))
def test_h87_whatever_is_sent_is_answered_and_counted_and_harms_nobody(payload: bytes) -> None:
    """To a tag of each type; the flow goes on, and the answer can be read."""
    flow, _ = made()
    for tag in ("speed", "lamp", "level", "text"):
        hear(flow, tag, payload)
    accepted = [(c.register.name, c.asked) for c in flow._queue]
    writes = flow.stats().writes
    assert writes is not None
    assert writes.refused_total + len(accepted) == 4
    assert len(flow._outbox._answers) == writes.refused_total
    assert "could not be handled" not in writes.last_error
    assert len(writes.last_error) < 300
    assert writes.last_error.isprintable()
    for tag, asked in accepted:
        # What fits, fits: a large number a float64, a short text a string.
        assert tag in ("level", "text"), (tag, asked)


@pytest.mark.parametrize(
    ("tag", "payload"),
    [("speed", b"true"), ("level", b"true"), ("lamp", b"1"), ("text", b"1"), ("speed", b'"1"')],
)
def test_h87_a_value_of_another_type_is_not_taken_for_one(tag: str, payload: bytes) -> None:
    flow, _ = made()
    hear(flow, tag, payload)
    assert flow.depth == 0


@pytest.mark.parametrize(
    "reply",
    ["umh.v1.acme.x", f"{SUBJECT}.speed", "$SYS.x", "a.>", "a.*.b", "a..b", "", "a\x1bb", "."],
)
def test_an_answer_goes_only_where_a_sender_can_listen(reply: str) -> None:
    """Not into the namespace of what was measured, where the sender itself may not publish."""
    flow, _ = made()
    hear(flow, "junk", b"1", reply=reply)
    assert [to for _, to in flow._outbox._answers] == [f"{SUBJECT}.junk.reply"]
    hear(flow, "junk", b"1", reply="_INBOX.a.1")
    assert flow._outbox._answers[-1][1] == "_INBOX.a.1"


def test_an_error_in_our_own_code_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """It must not end the reading of everything that comes after it."""
    monkeypatch.setattr(write_flow, "request_of", lambda *_: 1 // 0)
    flow, _ = made()
    hear(flow, "speed", b"1")
    writes = flow.stats().writes
    assert writes is not None
    assert "it could not be handled" in writes.last_error
