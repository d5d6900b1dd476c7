"""What a sender wants written, read strictly; and what the sender is told.

A payload is a JSON value, or an object with `value`, and if wanted `timestamp_ms` and `id`.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import msgspec

from fsmv2.errors import nearest, quoted
from fsmv2.flow.modbus.values import Value
from fsmv2.flow.write.config import WriteRegister

KEYS = ("value", "timestamp_ms", "id")
LARGEST = 8192
"""Bytes of a payload that are looked at; no register holds a text of more than 250."""
LONGEST_ID = 200
NOT_YET_MS = 100_000_000_000
"""A time below this is in the seventies, or it is not in milliseconds."""

Result = Literal["written", "refused", "failed", "unknown"]


class Request(msgspec.Struct, frozen=True):
    """A payload that could be read; whether it can be written is another question."""

    value: Any
    timestamp_ms: int | float | None = None
    id: str = ""


class Command(msgspec.Struct):
    """A write that was accepted and waits, or is under way. `replies`: where answers go."""

    register: WriteRegister
    words: tuple[int, ...]
    asked: Any
    value: Value
    timestamp_ms: int | float | None
    arrived: float
    """Seconds of the clock of `Alertness`; earlier than it was seen if that is not certain."""
    id: str
    replies: list[str]


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
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


def request_of(payload: bytes, header_id: str = "") -> Request:
    """The request in a payload, or UnreadableError; `header_id` counts if it has no id."""
    if len(payload) > LARGEST:
        raise UnreadableError(f"the payload has {len(payload)} bytes, expected at most {LARGEST}")
    if not payload.strip():
        raise UnreadableError('the payload is empty, expected a JSON value or {"value": ...}')
    try:
        given = msgspec.json.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        what = str(error).removeprefix("JSON is malformed: ")
        raise UnreadableError(
            f"the payload is not JSON ({what}); a text needs quotes, and there is no NaN"
        ) from None
    if isinstance(given, list) or given is None:
        what = "null" if given is None else "a list"
        raise UnreadableError(f'the payload is {what}, expected a JSON value or {{"value": ...}}')
    if not isinstance(given, dict):
        return Request(given, None, _id(header_id))
    for key in given:
        if key not in KEYS:
            # A misspelt timestamp would make a command of any age a fresh one.
            close = nearest(key, KEYS)
            hint = f"; did you mean '{close}'?" if close else f", expected {', '.join(KEYS)}"
            raise UnreadableError(f"the payload has a key {quoted(key)}{hint}")
    if "value" not in given:
        raise UnreadableError("the payload has no key 'value'")
    value = given["value"]
    if value is None or isinstance(value, list | dict):
        raise UnreadableError("the value must be a number, a text, true or false")
    return Request(value, _time(given.get("timestamp_ms")), _id(given.get("id", header_id)))


def _time(given: Any) -> int | float | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise UnreadableError("timestamp_ms must be a number: Unix time in milliseconds")
    if given < NOT_YET_MS:
        raise UnreadableError(f"timestamp_ms is {given}, which is not Unix time in milliseconds")
    return given


def _id(given: Any) -> str:
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    if not isinstance(given, str) or len(given) > LONGEST_ID:
        raise UnreadableError(f"the id must be a text of at most {LONGEST_ID} characters")
    return given
