"""What a sender may send, and what is reported of the rest."""

from __future__ import annotations

import pytest

from fsmv2.flow.commands.write_command import CommandPayload, UnreadableError, request_of

NOW_MS = 1_790_000_000_000


@pytest.mark.parametrize(
    ("payload", "request_"),
    [
        (b"42", CommandPayload(42)),
        (b" 23.5 ", CommandPayload(23.5)),
        (b"true", CommandPayload(True)),
        (b'"idle"', CommandPayload("idle")),
        (b'{"value": 1}', CommandPayload(1)),
        (b'{"value": 1, "timestamp_ms": 1790000000000}', CommandPayload(1, NOW_MS)),
        (b'{"value": false, "id": "a-1"}', CommandPayload(False, None, "a-1")),
        (b'{"value": 1, "id": 7}', CommandPayload(1, None, "7")),
    ],
)
def test_a_bare_value_or_an_object_with_value(payload: bytes, request_: CommandPayload) -> None:
    """Nothing else is asked of a sender."""
    assert request_of(payload) == request_


def test_the_id_of_the_payload_counts_before_that_of_the_header() -> None:
    """MQTT 3.1.1 has no headers."""
    assert request_of(b"1", "h").id == "h"
    assert request_of(b'{"value": 1}', "h").id == "h"
    assert request_of(b'{"value": 1, "id": "p"}', "h").id == "p"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "the payload is empty"),
        (b"idle", "not JSON"),
        (b"NaN", "there is no NaN"),
        (b"1e999", "out of range"),
        (b"\xff\xfe", "not JSON"),
        (b'{"value": 1', "not JSON"),
        (b"null", "the payload is null"),
        (b"[1]", "the payload is a list"),
        (b"{}", "no key 'value'"),
        (b'{"value": null}', "must be a number, a text, true or false"),
        (b'{"value": {"a": 1}}', "must be a number, a text, true or false"),
        (b'{"value": 1, "timestamp": 1}', "did you mean 'timestamp_ms'?"),
        (b'{"value": 1, "x": 1}', "expected value, timestamp_ms, id"),
        (b'{"\\u001b]0;T\\u0007": 1}', r"has a key '\x1b]0;T\x07'"),
        (b'{"value": 1, "timestamp_ms": "now"}', "Unix time in milliseconds"),
        (b'{"value": 1, "timestamp_ms": true}', "Unix time in milliseconds"),
        (b'{"value": 1, "timestamp_ms": 1790000000}', "not Unix time in milliseconds"),
        (b'{"value": 1, "id": [1]}', "the id must be a text"),
        (b'{"value": 1, "id": "' + b"x" * 300 + b'"}', "at most 200"),
        (b'"' + b"x" * 9000 + b'"', "expected at most 8192"),
        (b"[" * 8000, "not JSON"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_read_is_told_in_words(payload: bytes, reason: str) -> None:
    """A misspelt timestamp most of all: without it, a command of any age would be fresh."""
    with pytest.raises(UnreadableError) as caught:
        request_of(payload)
    assert reason in str(caught.value)


def test_h75_an_id_is_not_that_of_another_whole_number_that_is_the_same_float() -> None:
    first, second = (request_of(f"{2**53 + n}.0".encode()).asked for n in (1, 2))
    assert (first, second) == (2**53 + 1, 2**53 + 2)
    assert request_of(b"10.0").asked == 10.0
