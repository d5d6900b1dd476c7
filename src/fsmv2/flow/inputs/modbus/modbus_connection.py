"""The one TCP connection to a device's address, whoever uses it: queued requests, one at a time.

Many devices serve one client, or let the newest throw off the older one; several units sit behind
one gateway. So all that reads and writes at an address shares one connection, which
`shared_connections` hands out. It is made when something is to be asked, and lasts until nobody
uses it any more.

What it costs neighbours when something fails is bounded here: an address that does not accept
connections, or closes them unanswered, is tried less and less often, and so is a unit that does not
answer. A connection on which something was answered has earned its successor: a device that closes
after each answer is read over as many connections as it takes.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable

import msgspec

from fsmv2.flow.device import DeviceStatus
from fsmv2.flow.device_looks import nobody_looks
from fsmv2.flow.inputs.modbus.device_error import (
    UNIT_IS_AWAY,
    NoAnswerError,
    NotSentError,
    RefusedError,
    RequestDroppedError,
    WrongAnswerError,
    explained,
)
from fsmv2.flow.inputs.modbus.frame import Frame, NotModbusError, frame_bytes, shown, what_came
from fsmv2.flow.inputs.modbus.request import ModbusRequest, answer_to
from fsmv2.flow.inputs.modbus.request_turns import RequestTurns
from fsmv2.flow.inputs.modbus.stream import MOST, Stream, Transactions
from fsmv2.host.tcp import open_socket

RECONNECT_BASE = 0.2
RECONNECT_CAP = 2.0
"""Seconds between attempts to connect: a device that returns is read again within two seconds."""
UNIT_BASE = 1.0
UNIT_CAP = 30.0
"""Seconds a unit that did not answer is left alone when others share its connection: each attempt
costs them a timeout."""
ANSWERS = 5
"""Answers of which the fastest is how fast the device is: a single one may be late for our own
reasons, as when a thousand flows start at once."""
SILENT_IN_A_ROW = 2
"""Timeouts without any answer between them after which the connection is taken for dead."""

Refusal = Callable[[], str]
"""Asked right before something is sent: why it is no longer to be, or ''."""


def nothing_against() -> str:
    """What is always wanted, such as a read."""
    return ""


class _Unit(msgspec.Struct):
    """A unit that did not answer: tried again at `retry_at`."""

    failures: int = 0
    retry_at: float = 0.0
    error: str = ""


Connected = Callable[["ModbusConnection"], None]


class ModbusConnection:
    """Runs on the engine's loop; its properties may be read from any thread."""

    def __init__(
        self,
        host: str,
        port: int,
        on_connected: Callable[[ModbusConnection], None] = lambda _: None,
    ) -> None:
        """`on_connected` is called whenever a connection stands, with this one."""
        self.host, self.port = host, port
        self.peer: tuple[str, int] | None = None
        """The address to which the last connection was made, by number."""
        self.reached: bool | None = None
        """Whether the last attempt to connect succeeded; None: there was none."""
        self.error = ""
        """Why the address cannot be reached, in words; '' when it can."""
        self.gap = 0.0
        """Seconds between the end of one request and the next."""
        self.units: frozenset[int] = frozenset()
        """The units that its users ask."""
        self._on_connected = on_connected
        self._turns = RequestTurns()
        self._transactions = Transactions()
        self._stream: Stream | None = None
        self._failures = 0
        self._retry_at = 0.0
        self._retry_reason = ""
        self._away: dict[int, _Unit] = {}
        self._answering: set[int] = set()
        self._silent = 0
        self._closes_each = False
        self._connecting = False
        self._free_at = 0.0
        self._attempted_at = 0.0
        self._latency_ms = 0.0
        self._answered_in: deque[float] = deque(maxlen=ANSWERS)
        self._note = ""

    @property
    def connected(self) -> bool:
        """Whether the TCP connection stands."""
        return self._stream is not None and not self._stream.lost

    @property
    def usable(self) -> bool:
        """It stands, or was closed after its one answer: then the next request makes another."""
        stream = self._stream
        return stream is not None and (not stream.lost or (stream.answers == 1 and not self.error))

    @property
    def status(self) -> DeviceStatus:
        """What is known of the address."""
        stream = self._stream
        return DeviceStatus(
            connected=stream is not None and not stream.lost,
            connecting=self._connecting,
            reached=self.reached,
            answers=stream is not None and stream.answers > 0,
            error=self.error,
            attempted_at=self._attempted_at,
            latency_ms=self._latency_ms,
        )

    def take_note(self) -> str:
        """What was odd and did no harm, once."""
        note, self._note = self._note, ""
        return note

    def retry_at(self, unit: int) -> float:
        """When this unit may be asked again, in seconds of the loop's clock."""
        away = self._away.get(unit)
        return max(self._retry_at, away.retry_at if away is not None else 0.0)

    async def connect(self, timeout: float) -> None:
        """Have a connection that stands. NotSentError: why there is none."""
        async with self._turns.turn(urgent=True):
            await self._opened(timeout)

    async def ask(
        self,
        request: ModbusRequest,
        *,
        timeout: float,
        urgent: bool = False,
        refusal: Refusal = nothing_against,
    ) -> tuple[int, ...]:
        """Send a request in its turn and return what its answer holds; DeviceError.

        `timeout` in seconds from when it is sent. A read whose connection is lost is sent again on
        a new one if the lost one had answered anything; a write is never sent twice.
        """
        self._check_unit(request)
        async with self._turns.turn(urgent=urgent):
            self._check_unit(request)  # another user may have found out meanwhile
            while True:
                if (wait := self._free_at - _now()) > 0:
                    await asyncio.sleep(wait)
                # In the instant after its answer, such a device looks as if it could be asked.
                stream = await self._opened(timeout, unused=self._closes_each and request.is_write)
                if reason := refusal():
                    raise RequestDroppedError(reason)
                earned = stream.answers > 0
                try:
                    return await self._exchange(stream, request, timeout)
                except NoAnswerError as error:
                    if request.is_write or not (error.closed and earned):
                        raise

    def close(self) -> None:
        """Close the connection; harmless when there is none."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    # ---- one request -------------------------------------------------------------------------

    async def _exchange(
        self, stream: Stream, request: ModbusRequest, timeout: float
    ) -> tuple[int, ...]:
        transaction = self._transactions.next()
        if request.is_write:
            stream.drop_unsent(True)
        began = _now()
        stream.send(frame_bytes(transaction, request.unit, request.pdu))
        earlier: list[int] = []
        try:
            frame = await self._frame(stream, transaction, earlier, began + timeout)
        except TimeoutError:
            raise self._silence(stream, request, transaction, timeout, earlier) from None
        except NotModbusError as error:
            self._end(stream, str(error))
            raise WrongAnswerError(str(error)) from None
        finally:
            self._free_at = _now() + self.gap
        if frame is None:
            reason = _how_it_ended(stream)
            self._end(stream, reason)
            raise NoAnswerError(reason, closed=True)
        stream.answers += 1
        self._answered_in.append(_now() - began)
        self._latency_ms = min(self._answered_in) * 1000
        stream.drop_unsent(False)  # what is answered was delivered, and all that was sent before
        self._failures = self._silent = 0
        return self._understood(stream, request, frame)

    async def _frame(
        self, stream: Stream, transaction: int, earlier: list[int], until: float
    ) -> Frame | None:
        """The frame of this transaction; those of `earlier` ones are late answers, and dropped."""
        while (frame := await stream.frame(until)) is not None:
            if frame.transaction == transaction:
                return frame
            if not self._transactions.is_old(frame.transaction):
                # Whose answer comes next nobody can tell any more.
                reason = (
                    f"the device answered transaction {frame.transaction}, not {transaction}, "
                    "the one that was asked"
                )
                self._end(stream, reason)
                raise WrongAnswerError(reason)
            earlier.append(frame.transaction)
        return None

    def _understood(self, stream: Stream, request: ModbusRequest, frame: Frame) -> tuple[int, ...]:
        try:
            words = answer_to(request, frame.unit, frame.pdu)
        except RefusedError as error:
            if error.code in UNIT_IS_AWAY:
                self._unit_failed(request.unit, explained(error.code))
            else:
                self._unit_answered(request.unit)
            raise
        except WrongAnswerError as error:
            if error.took is None:
                # It is the answer to something else: that to this may come for the next request,
                # and under its number from a gateway that only keeps the order.
                stream.ended = True
                stream.close()
            raise
        self._unit_answered(request.unit)
        return words

    def _silence(
        self,
        stream: Stream,
        request: ModbusRequest,
        transaction: int,
        timeout: float,
        earlier: list[int],
    ) -> NoAnswerError | WrongAnswerError:
        """No whole answer came in time: what to make of it, and of the connection."""
        reason = f"no answer within {timeout:g} s from unit {request.unit}"
        if earlier:
            reason += f", but one to the earlier transaction {earlier[-1]}"
        began = bytes(stream.buffer)
        whole = began[:2] == transaction.to_bytes(2, "big")[: len(began[:2])]
        if began:
            reason = f"no complete answer within {timeout:g} s, only {len(began)} bytes of one"
        self._unit_failed(request.unit, reason)
        self._answering.discard(request.unit)
        self._silent += 1
        # A neighbour that answers is the proof that the connection is not what is dead.
        # And a write that nobody has may not be delivered any more.
        dead = began or not self._answering or self._silent >= SILENT_IN_A_ROW
        if dead or request.is_write:
            self._silent = 0
            self._answering.clear()
            stream.close()
            self._stream = None
        if began and not whole:
            return WrongAnswerError(what_came(began))
        return NoAnswerError(reason, closed=False)

    # ---- units -------------------------------------------------------------------------------

    def _check_unit(self, request: ModbusRequest) -> None:
        away = self._away.get(request.unit)
        if away is None or _now() >= away.retry_at:
            return
        # A write is asked for by somebody who waits; alone it keeps nobody from anything.
        if len(self.units) > 1 or not request.is_write:
            raise NotSentError(away.error, away.retry_at)

    def _unit_answered(self, unit: int) -> None:
        self._away.pop(unit, None)
        self._answering.add(unit)

    def _unit_failed(self, unit: int, reason: str) -> None:
        away = self._away.setdefault(unit, _Unit())
        shared = len(self.units) > 1
        base, cap = (UNIT_BASE, UNIT_CAP) if shared else (RECONNECT_BASE, RECONNECT_CAP)
        away.retry_at = _now() + min(cap, base * 2 ** min(away.failures, 10))
        away.failures += 1
        away.error = reason

    # ---- the connection ----------------------------------------------------------------------

    async def _opened(self, timeout: float, *, unused: bool = False) -> Stream:
        """A connection that stands and on which nothing waits; `unused`: nothing was asked yet."""
        stream = self._stream
        if stream is not None and not stream.lost:
            if unused and stream.answers:
                stream.close()
            elif not (odd := _unasked(stream)):
                return stream
            else:
                self._end(stream, odd)
                if not stream.answers:
                    raise NotSentError(odd, self._retry_at)
                self._note = f"the device sent unexpected bytes after an answer: {odd}"
        elif stream is not None:
            self._end(stream, _how_it_ended(stream))
        if _now() < self._retry_at:
            raise NotSentError(self._retry_reason, self._retry_at)
        self._stream = await self._connect(timeout)
        return self._stream

    async def _connect(self, timeout: float) -> Stream:
        loop = asyncio.get_running_loop()
        self._connecting = True
        try:
            await nobody_looks(self.host, self.port, within=timeout)
            began = _now()
            opened = await open_socket(self.host, self.port, within=timeout)
            _, stream = await loop.create_connection(
                lambda: Stream(self._transactions), sock=opened
            )
        except (OSError, TimeoutError) as error:
            self.reached = False
            self.error = _plain(error)
            self._attempted_at = _now()
            self._away.clear()  # of units behind an address that was away nothing is known
            self._failed(self.error)
            raise NotSentError(self.error, self._retry_at) from None
        finally:
            self._connecting = False
        self.peer = stream.peer
        self.reached, self.error = True, ""
        self._attempted_at = _now()
        self._answered_in.clear()
        self._latency_ms = (self._attempted_at - began) * 1000
        self._on_connected(self)
        return stream

    def _end(self, stream: Stream, reason: str) -> None:
        """This connection is over, for a reason of the device's."""
        if stream is self._stream and not self._counted(stream):
            self._closes_each = stream.answers == 1
            if not stream.answers:
                self._failed(reason)
        stream.close()

    def _counted(self, stream: Stream) -> bool:
        """Whether the end of this connection was taken in before."""
        counted, stream.ended = stream.ended, True
        return counted

    def _failed(self, reason: str) -> None:
        pause = min(RECONNECT_CAP, RECONNECT_BASE * 2 ** min(self._failures, 10))
        self._failures += 1
        self._retry_at = _now() + pause
        self._retry_reason = reason


def _how_it_ended(stream: Stream) -> str:
    """Why there is no connection any more, in words."""
    if stream.flooded:
        return f"the device sent more than {MOST} bytes that were not requested"
    cut = " in the middle of an answer" if stream.buffer else ""
    return f"the device closed the connection{cut}"


def _unasked(stream: Stream) -> str:
    """What came on a connection without being asked for, in words; '' when nothing did."""
    try:
        odd = stream.unasked()
    except NotModbusError as error:
        return str(error)
    return shown(odd) if odd else ""


def _plain(error: Exception) -> str:
    """The operating system's words, without Python's."""
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, TimeoutError):
        return "no answer"
    number = getattr(error, "errno", None)
    if number is not None and number > 0:
        return os.strerror(number).lower()
    return str(getattr(error, "strerror", None) or error) or type(error).__name__


def _now() -> float:
    return asyncio.get_running_loop().time()
