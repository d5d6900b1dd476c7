"""What can become of a request that is not answered as it should be, in words for a person.

Five cases, told apart because they mean different things for a write: not sent, nothing can have
happened; refused, the device says that it did nothing; no answer and a wrong answer, nobody knows.
Raised by `connection` and `request`, read by `reader` and `writer`.
"""

from __future__ import annotations

EXCEPTIONS = {
    1: "the device does not know this kind of request (illegal function)",
    2: "no such address on the device (illegal data address)",
    3: "the device refuses this request (illegal data value)",
    4: "the device failed while it worked on it",
    5: "the device accepted it and is still working on it",
    6: "the device is busy",
    7: "the device cannot do that (negative acknowledge)",
    8: "the device found an error in its memory (parity)",
    10: "the gateway has no path to the device",
    11: "the device behind the gateway does not answer",
}
"""What an exception of the protocol means, by code."""

NOT_DONE = frozenset({1, 2, 3, 6, 10})
"""Exceptions that are given before anything is done: a write that gets one has changed nothing."""

UNIT_IS_AWAY = frozenset({10, 11})
"""Exceptions by which a gateway says that the unit behind it cannot be reached."""


def explained(code: int) -> str:
    """An exception of the protocol in words."""
    unknown = f"the device answered with exception {code}, which the protocol does not have"
    return EXCEPTIONS.get(code, unknown)


class DeviceError(Exception):
    """A request was not answered as it should be; the text says what happened instead."""


class NotSentError(DeviceError):
    """Nothing was sent: the device cannot be reached, or it is not its turn to be tried.

    `retry_at`: when it is tried again, in seconds of the loop's clock.
    """

    def __init__(self, reason: str, retry_at: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_at = retry_at


class RequestDroppedError(DeviceError):
    """Nothing was sent: when its turn came, the request was no longer wanted."""


class NoAnswerError(DeviceError):
    """It was sent, and no whole answer came: `closed` tells a closed connection from silence."""

    def __init__(self, reason: str, *, closed: bool) -> None:
        super().__init__(reason)
        self.closed = closed


class WrongAnswerError(DeviceError):
    """Something came that is no answer to this request; the text says what.

    `took`: the raw value that the device says it has taken in place of the one written, if all
    else of the answer is right.
    """

    def __init__(self, reason: str, *, took: int | None = None) -> None:
        super().__init__(reason)
        self.took = took


class RefusedError(DeviceError):
    """The device answered with an exception of the protocol."""

    def __init__(self, code: int) -> None:
        super().__init__(explained(code))
        self.code = code
