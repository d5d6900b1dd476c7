"""What may be set by hand: what a document could say, and no secret."""

from __future__ import annotations

from typing import Any

import pytest

from fsmv2.core.policy.settable import DEEPEST, unsettable
from fsmv2.model import Vault


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 0, -(2**63), 2**64 - 1, 1.5, "", "a", "ü", "a: b", [], {}, [1, {"a": "b"}]),
        {"default": 1},
        {"env": "A", "port": 1},
        nested(DEEPEST),
    ],
)
def test_what_a_document_could_say_may_be_set(value: Any) -> None:
    assert unsettable("X", "declared", value) == ""


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"env": "A"}, "X cannot be made a secret by hand"),
        ({"file": "a", "default": "b"}, "X cannot be made a secret by hand"),
        ([{"a": {"env": "A"}}], "X cannot be made a secret by hand"),
        (nested(DEEPEST + 1), "X cannot nest deeper than 64 levels"),
        (nested(900), "X cannot nest deeper"),
        (2**64, "X has too many digits"),
        (-(2**63) - 1, "X has too many digits"),
        (float("nan"), "X cannot be nan"),
        ([float("inf")], "X cannot be inf"),
        ("a\ud800", "X is not valid text"),
        ({"a\ud800": 1}, "X is not valid text"),
        (b"a", "X cannot be a bytes"),
        ({1: {2, 3}}, "X cannot be a set"),
    ],
)
def test_anything_else_is_refused_with_the_reason(value: Any, says: str) -> None:
    assert unsettable("X", "declared", value).startswith(says)


def test_a_secret_is_changed_at_its_source() -> None:
    token = Vault(environ={"PLC_PASSWORD": "hunter2hunter2"}).from_environment("PLC_PASSWORD")
    text = unsettable("PASSWORD", f"user:{token}", "other")
    assert text == (
        "'PASSWORD' is a secret, which is not set by hand. Change it at its source: "
        "env:PLC_PASSWORD."
    )
    assert unsettable("URL", "declared", f"tcp://{token}@host").startswith(
        "URL would hold a secret"
    )
