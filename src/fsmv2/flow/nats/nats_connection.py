"""One connection to a NATS server with JetStream, shared by all flows that publish to it.

It reconnects forever, quickly, and makes sure that the stream exists before it calls itself up.
The client's own reconnecting is switched off: a fresh client each time leaves nothing of the old
one behind, and one place knows whether we are connected.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from fsmv2.flow.nats.arrival import Arrivals, Take
from fsmv2.flow.nats.login import Login
from fsmv2.flow.nats.nats_client import NatsClient, stream_exists
from fsmv2.flow.nats.subject_turns import SubjectTurns
from fsmv2.flow.optional_packages import industrial

RECONNECT = 0.2
"""Seconds between attempts to connect."""
LOOK = 1.0
"""Seconds between looks at the client: it does not always say that it has closed."""
LOOK_AGAIN = 5.0
"""Seconds, at the least, between two doubts that the stream is there: a new one may not help."""
SEND_WITHIN = 1.0
"""Seconds for which a message waits for a connection, and then for the broker to take it."""
DRAIN_WITHIN = 3.0
"""Seconds for which what has come already is delivered after somebody stops listening."""
SETUP_WITHIN = 5.0
"""Seconds a new connection may take until the stream is there."""
MAX_AGE = 7 * 24 * 3600.0
MAX_BYTES = 1 << 30
"""Limits of a stream we create: a week, or a gigabyte, whichever is reached first."""

NOBODY_THERE = "503"
"""The status of the server's answer when no stream takes a subject."""


class PublishAck(msgspec.Struct):
    """What JetStream says of one sample: where it is stored, or why it is not."""

    seq: int | None = None
    error: dict[str, Any] | None = None


_ANSWER = msgspec.json.Decoder(PublishAck)

OnAcknowledged = Callable[[str, str], None]
"""Called with the token, and '' for a stored sample or the reason why it was not."""


class NatsMessage(msgspec.Struct, frozen=True):
    """A message: `reply` is the subject its sender listens on, if any; `id` its Nats-Msg-Id.

    `since`: the earliest time at which it can have come, in seconds of `steady`.
    """

    subject: str
    payload: bytes
    reply: str
    id: str
    since: float


OnMessage = Callable[[NatsMessage], None]
"""Called for each message as it is read from the socket: must be quick, and not raise."""


class NatsConnection:
    """Publishes samples and hands back each acknowledgement; receives commands and sends answers.

    `server`: what the server's name begins with. One of another name that answers at `url`, such as
    the broker of another plant that has taken the port, is left alone. Runs on the engine's loop.
    """

    def __init__(
        self,
        url: str,
        stream: str,
        server: str = "",
        login: Login = Login(),  # noqa: B008  (a frozen struct can be shared as a default)
    ) -> None:
        self._url = url
        self._login = login
        self.up = asyncio.Event()
        self.error = "not connected yet"
        self.users = 0  # counted by `SharedNats`
        self._stream = stream
        self._server = server
        self._client: Any = None
        self._used: NatsClient | None = None
        self.turns = SubjectTurns()
        self._waiting: dict[str, tuple[OnAcknowledged, bool]] = {}
        self._arrivals: Arrivals | None = None
        self._tokens = itertools.count()
        self._inbox = ""
        self._lost = asyncio.Event()
        self._up_at = -LOOK_AGAIN
        self._clients_closing: set[asyncio.Task[None]] = set()
        self._closing: asyncio.Task[None] | None = None
        self._task = asyncio.get_running_loop().create_task(self._keep_up())
        self._listeners: dict[object, tuple[str, str, OnMessage]] = {}
        self._subscribed: dict[object, Any] = {}
        self._denied: set[object] = set()
        self._unlistening: dict[object, asyncio.Task[None]] = {}
        self._subscribing = asyncio.Lock()
        self._down_listeners: dict[object, Callable[[], None]] = {}

    async def listen(
        self, who: object, subject: str, on_message: OnMessage, *, shared: bool = True
    ) -> None:
        """Receive what is published on `subject`, from now on and after every reconnect.

        Nothing that was published while nobody listened is delivered later. Of several listeners to
        one subject, in whatever process, each message reaches one; unless it is not `shared`.
        """
        self._listeners[who] = (subject, f"fsmv2:{subject}" if shared else "", on_message)
        client = self._client
        if client is not None:
            with contextlib.suppress(Exception):  # the connection says so itself in a moment
                await self._subscribe(client)
                await self._taken_over(client)

    async def unlisten(self, who: object) -> None:
        """Receive no more; what the broker has sent already is delivered first, within limits."""
        self._listeners.pop(who, None)
        subscription = self._subscribed.pop(who, None)
        if subscription is not None:  # also on a connection that is still being set up
            ending = asyncio.get_running_loop().create_task(_drain_subscription(subscription))
            self._unlistening[who] = ending
            ending.add_done_callback(lambda _: self._unlistening.pop(who, None))
        if (left := self._unlistening.get(who)) is not None:  # perhaps of another call
            await asyncio.wait([left])

    def listens(self, who: object) -> bool:
        """Whether `who` listens now."""
        return self.up.is_set() and who in self._subscribed and who not in self._denied

    async def is_answered(self, subject: str, *, within: float) -> bool:
        """Whether somebody answers an empty message there; ConnectionError: not connected now."""
        client = self._client
        if client is None:
            raise ConnectionError(self.error)
        try:
            await client.request(subject, b"", timeout=within)
        except (TimeoutError, industrial("nats.errors").NoRespondersError):
            return False
        except Exception as error:
            raise ConnectionError(str(error) or type(error).__name__) from error
        return True

    async def send(self, messages: Iterable[tuple[str, bytes]]) -> None:
        """Publish without acknowledgements; ConnectionError: not connected, not even in a moment.

        Who asked may have come on another connection, which was up again before this one.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SEND_WITHIN):
                await self.up.wait()
        client = self._client
        if client is None:
            raise ConnectionError(self.error)
        try:
            async with asyncio.timeout(SEND_WITHIN):
                for subject, payload in messages:
                    await client.publish(subject, payload)
                await client.flush(timeout=1)
        except Exception as error:
            raise ConnectionError(str(error) or type(error).__name__) from error

    def on_down(self, who: object, listener: Callable[[], None]) -> None:
        """Call `listener` when the connection is lost: what was in flight must be sent again."""
        self._down_listeners[who] = listener

    def forget(self, who: object) -> None:
        """Call that listener no more."""
        self._down_listeners.pop(who, None)

    def expect(self, acknowledged: OnAcknowledged, *, needs_stream: bool = True) -> str:
        """The token of an acknowledgement that is to come; then publish.

        `needs_stream`: if no stream takes it, ours was deleted.
        """
        token = f"{self._inbox}{next(self._tokens)}"
        self._waiting[token] = (acknowledged, needs_stream)
        return token

    async def publish(
        self, subject: str, payload: bytes, token: str, headers: dict[str, str]
    ) -> None:
        """Send a message, to be acknowledged with `token`; ConnectionError: not connected now."""
        client = self._client
        if client is None:
            raise ConnectionError(self.error)
        try:
            await client.publish(subject, payload, reply=token, headers=headers)
        except Exception as error:
            raise ConnectionError(str(error) or type(error).__name__) from error

    def doubt_stream(self) -> None:
        """Samples are not acknowledged: to connect anew makes a stream that was deleted again."""
        if asyncio.get_running_loop().time() - self._up_at > LOOK_AGAIN:
            self._lost.set()

    def give_up(self, token: str) -> None:
        """Wait no longer for this acknowledgement."""
        self._waiting.pop(token, None)

    async def aclose(self) -> None:
        """Close for good; bounded. Called again, or cancelled, it is closed all the same."""
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        while not self._task.done():
            self._task.cancel()  # again and again: the client swallows some of them
            await asyncio.wait([self._task], timeout=0.2)
        await self._drop()

    async def _keep_up(self) -> None:
        while True:
            lost = self._lost = asyncio.Event()
            try:
                await self._connect(lost)
            # Whatever the client raises, the next attempt is due.
            except Exception as error:  # noqa: BLE001
                used = self._used
                self.error = used.reason_of(error) if used is not None else str(error)
                await self._drop()
                await asyncio.sleep(RECONNECT)
                continue
            self.error = ""
            self._up_at = asyncio.get_running_loop().time()
            self.up.set()
            await self._until_lost(lost)
            self.up.clear()
            used = self._used
            self.error = f"{used.address if used else 'the broker'}: the connection was lost"
            await self._drop()
            for listener in list(self._down_listeners.values()):
                listener()

    async def _until_lost(self, lost: asyncio.Event) -> None:
        """Wait for the end of the connection, as the client tells it, or as it is seen to be.

        What it still wanted to write can fail while it closes; then it is closed and calls nobody.
        """
        client = self._client
        while not lost.is_set() and not client.is_closed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await lost.wait()

    async def _connect(self, lost: asyncio.Event) -> None:
        nats = industrial("nats")

        async def closed() -> None:
            lost.set()

        used = self._used = NatsClient(self._url, self._login, server=self._server)

        async def failed(error: Exception) -> None:
            self.error = used.reason_of(error)
            for who, (subject, _, _) in self._listeners.items():
                if "subscription" in str(error).lower() and subject in str(error):
                    self._denied.add(who)

        async with asyncio.timeout(SETUP_WITHIN):
            await used.connect(closed=closed, failed=failed)
            client = used.nats
            self._arrivals = Arrivals(client)
            await self._ensure_stream(client, nats)
            self._inbox = client.new_inbox() + "."
            await client.subscribe(self._inbox + "*", cb=self._acknowledge)
            await client.flush(timeout=1)
            # Until none is missing: one may be added while another is subscribed. Nothing is
            # awaited after the last look, or whoever publishes then would reach nobody.
            while self._listeners.keys() - self._subscribed.keys():
                await self._subscribe(client)
                await client.flush(timeout=1)
        # A message that the client cannot read ends its reading, and it tells nobody (nats-py 2).
        client._reading_task.add_done_callback(lambda reading: _note_end(reading, lost))
        self._client = client

    async def _taken_over(self, client: Any) -> None:
        """Wait until the broker has done what it was sent, however busy it is."""
        while self._client is client:
            with contextlib.suppress(TimeoutError):
                await client.flush(timeout=1)
                break

    async def _subscribe(self, client: Any) -> None:
        arrivals = self._arrivals
        if arrivals is None:
            return
        async with self._subscribing:
            for who, (subject, queue, on_message) in list(self._listeners.items()):
                if who in self._subscribed:
                    continue

                def take(
                    subject: str,
                    payload: bytes,
                    reply: str,
                    id_: str,
                    on_message: OnMessage = on_message,
                ) -> None:
                    on_message(NatsMessage(subject, payload, reply, id_, arrivals.since))

                async def read(message: Any, take: Take = take) -> None:
                    """What was read before the subscription could be taken over."""
                    id_ = (message.headers or {}).get("Nats-Msg-Id", "")
                    take(message.subject, message.data, message.reply, id_)

                subscription = await client.subscribe(subject, queue=queue, cb=read)
                arrivals.take(subscription, take)
                if who in self._listeners:
                    self._subscribed[who] = subscription
                else:  # it has left meanwhile; what it would take is for others
                    await subscription.unsubscribe()

    async def _ensure_stream(self, client: Any, nats: Any) -> None:
        """Create the stream if it is missing; one that exists is left as it is."""
        if not await stream_exists(client, self._stream):
            await client.jetstream(timeout=2).add_stream(
                nats.js.api.StreamConfig(
                    name=self._stream,
                    subjects=["umh.v1.>"],
                    storage=nats.js.api.StorageType.FILE,
                    discard=nats.js.api.DiscardPolicy.OLD,
                    max_age=MAX_AGE,
                    max_bytes=MAX_BYTES,
                )
            )

    async def _acknowledge(self, message: Any) -> None:
        found = self._waiting.pop(message.subject, None)
        if found is None:
            return
        acknowledged, needs_stream = found
        status = message.headers.get("Status") if message.headers else None
        if status == NOBODY_THERE and needs_stream:
            # The stream was deleted; to connect anew makes it again, and sends all again.
            self._lost.set()
        acknowledged(message.subject, _refusal(message))

    async def _drop(self) -> None:
        used, self._used, self._client = self._used, None, None
        self._waiting.clear()
        self._subscribed.clear()
        self._denied.clear()
        if used is not None:
            # In a task of its own: a client whose closing is cancelled never ends.
            closing = asyncio.get_running_loop().create_task(used.close())
            self._clients_closing.add(closing)
            closing.add_done_callback(self._clients_closing.discard)
        while self._clients_closing:
            await asyncio.wait(set(self._clients_closing))


async def _drain_subscription(subscription: Any) -> None:
    """End a subscription once all that was sent to it is delivered: nobody else would answer it."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(DRAIN_WITHIN):
            await subscription.drain()


def _note_end(reading: asyncio.Task[None], lost: asyncio.Event) -> None:
    if not reading.cancelled():
        reading.exception()  # else it would be printed
    lost.set()


def _refusal(message: Any) -> str:
    """Why a sample was not stored; '' when it was."""
    if message.headers and message.headers.get("Status"):
        return f"no stream took it (status {message.headers['Status']})"
    try:
        answer = _ANSWER.decode(message.data)
    except msgspec.MsgspecError:
        return "the broker's answer could not be read"
    if answer.error is not None:
        return str(answer.error.get("description", answer.error))
    return "" if answer.seq is not None else "the broker's answer has no sequence"
