"""What a sender wants written, read strictly; and what the sender is told.

A payload is a JSON value, or an object with `value`, and if wanted `timestamp_ms` and `id`.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Literal, NoReturn

import msgspec

from fsmv2.diagnostic import quoted
from fsmv2.flow.commands.command_output import WritableTag
from fsmv2.flow.tag import GREATEST_INTEGER, LEAST_INTEGER, Value
from fsmv2.name_suggestions import nearest

KEYS = ("value", "timestamp_ms", "id")
LARGEST = 8192
"""Bytes of a payload that are looked at; no register holds a text of more than 250."""
LONGEST_ID = 200
LONGEST_KEY = 40
"""Characters of an unknown key that are looked at."""
NOT_YET_MS, FAR_MS = 100_000_000_000, 100_000_000_000_000
"""Times outside of these are in the seventies or in the year 5138, or not in milliseconds."""
LONGEST_NUMBER = 100
"""Characters of a number. No register holds more than 20 digits, and a number of millions of them,
written out or as 1e999999999, would take the time and memory of everybody."""
LARGEST_EXPONENT = 400

Result = Literal["written", "refused", "failed", "unknown"]


class CommandPayload(msgspec.Struct, frozen=True):
    """A payload that could be read; whether it can be written is another question.

    `value`: a number with a point or an exponent is a Decimal, which has lost no digit.
    """

    value: Any
    timestamp_ms: int | float | None = None
    id: str = ""

    @property
    def asked(self) -> Any:
        """The value as an answer shows it and a file keeps it."""
        value = self.value
        if not isinstance(value, Decimal):
            return value
        if LEAST_INTEGER <= value <= GREATEST_INTEGER and abs(value) > 2**53:
            return int(value)  # a float may be another number
        return float(value)


class Command(msgspec.Struct):
    """A write that was accepted and waits, or is under way. `replies`: where answers go."""

    register: WritableTag
    words: tuple[int, ...]
    asked: Any
    value: Value
    meant: float | None
    """When by its `timestamp_ms`, in seconds of `steady`: from its arrival on the clock on the wall
    may be set to anything."""
    arrived: float
    """Seconds of `steady`; earlier than it was seen if that is not certain."""
    id: str
    replies: list[str]


class CommandReply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to one command. `ok` is true only when the device has confirmed.

    `outcome`: `refused`, nothing was sent to the device; `failed`, the device did not take it;
    `unknown`, it may have. `value`: what the register now stands for, or what was asked.
    """

    ok: bool
    outcome: Result
    reason: str
    tag: str
    value: Any
    timestamp_ms: int
    id: str = ""
    duplicate: bool = False


class UnreadableError(Exception):
    """A payload that is no request; the text says why, for the sender."""


def request_of(payload: bytes, header_id: str = "") -> CommandPayload:
    """The request in a payload, or UnreadableError; `header_id` counts if it has no id."""
    if len(payload) > LARGEST:
        raise UnreadableError(f"the payload has {len(payload)} bytes, expected at most {LARGEST}")
    if not payload.strip():
        raise UnreadableError('the payload is empty, expected a JSON value or {"value": ...}')
    given = _decoded(payload)
    if isinstance(given, list) or given is None:
        what = "null" if given is None else "a list"
        raise UnreadableError(f'the payload is {what}, expected a JSON value or {{"value": ...}}')
    if not isinstance(given, dict):
        return CommandPayload(_value(given), None, _id(header_id))
    for key in given:
        if key not in KEYS:
            # A misspelt timestamp would make a command of any age a fresh one.
            close = nearest(key[:LONGEST_KEY], KEYS)
            hint = f"; did you mean '{close}'?" if close else f", expected {', '.join(KEYS)}"
            raise UnreadableError(f"the payload has a key {quoted(key)}{hint}")
    if "value" not in given:
        raise UnreadableError("the payload has no key 'value'")
    value = given["value"]
    if value is None or isinstance(value, list | dict):
        raise UnreadableError("the value must be a number, a text, true or false")
    return CommandPayload(
        _value(value), _time(given.get("timestamp_ms")), _id(given.get("id", header_id))
    )


def _value(given: Any) -> Any:
    return _check_text(given, "the value") if isinstance(given, str) else given


def _decoded(payload: bytes) -> Any:
    """The JSON of a payload, read strictly: no NaN, no key twice, no number of any size."""
    try:
        return json.loads(
            payload.decode("utf-8"),
            parse_int=_integer,
            parse_float=_decimal,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError:
        what = "it is not UTF-8"
    except RecursionError:
        what = "it is nested too deeply"
    except ValueError as error:
        what = str(error)
    raise UnreadableError(
        f"the payload is not JSON ({what}); a text needs quotes, and there is no NaN"
    )


def _integer(text: str) -> int:
    _check_length(text)
    return int(text)


def _decimal(text: str) -> Decimal:
    _check_length(text)
    number = Decimal(text)
    if number and abs(number.adjusted()) > LARGEST_EXPONENT:
        raise UnreadableError(f"the number {text} is out of range")
    return number


def _check_length(text: str) -> None:
    if len(text) > LONGEST_NUMBER:
        raise UnreadableError(
            f"a number in the payload has {len(text)} characters, expected at most {LONGEST_NUMBER}"
        )


def _constant(text: str) -> NoReturn:
    raise UnreadableError(f"the payload is not JSON ({text}); there is no NaN and no Infinity")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        # Readers differ in which of the two counts, so nobody knows what the sender meant.
        raise UnreadableError("the payload has a key twice")
    return found


def _check_text(text: str, what: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise UnreadableError(f"{what} has half a character (a lone surrogate) in it")
    return text


def _time(given: Any) -> int | float | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | Decimal):
        raise UnreadableError("timestamp_ms must be a number: Unix time in milliseconds")
    if not NOT_YET_MS <= given <= FAR_MS:
        raise UnreadableError(
            f"timestamp_ms is {float(given):.15g}, which is not Unix time in milliseconds"
        )
    return float(given) if isinstance(given, Decimal) else given


def _id(given: Any) -> str:
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    if not isinstance(given, str) or len(given) > LONGEST_ID:
        raise UnreadableError(f"the id must be a text of at most {LONGEST_ID} characters")
    return _check_text(given, "the id")
