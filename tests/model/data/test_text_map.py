"""What author code hands back may be anything; no secret is left in any of it."""

from __future__ import annotations

import dataclasses
import enum
from collections import deque, namedtuple
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fsmv2 import Vault

VALUE = "canary-in-a-shape"
Pair = namedtuple("Pair", "a b")


@dataclasses.dataclass(frozen=True, slots=True)
class Login:
    name: str
    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if "***" in self.name:
            raise ValueError("no name")


class Strict(msgspec.Struct, frozen=True):
    name: str

    def __post_init__(self) -> None:
        if "***" in self.name:
            raise ValueError("no name")


class Client:
    def __init__(self, word: str) -> None:
        self.session = {"word": [word]}


class Slotted:
    __slots__ = ("word",)

    def __init__(self, word: str) -> None:
        self.word = word


class Hidden:
    def __repr__(self) -> str:
        return f"Hidden({VALUE})"


class Rude:
    def __init__(self) -> None:
        self.word = VALUE

    def __repr__(self) -> str:
        raise ValueError(VALUE)


class RefusedError(Exception):
    def __init__(self, *, host: str) -> None:
        super().__init__(f"{host} refused {VALUE}")
        self.word = VALUE


class Word(str, enum.Enum):  # noqa: UP042  (as authors write it)
    SECRET = VALUE


def caught(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause
    except BaseException as raised:  # noqa: BLE001
        return raised


def itself() -> list[Any]:
    made: list[Any] = [VALUE]
    made.append(made)
    return made


SHAPES = {
    "dataclass": Login(VALUE, (VALUE,)),
    "struct that checks itself": Strict(VALUE),
    "tuple": (1, (VALUE,)),
    "named tuple": Pair(VALUE, 1),
    "set": {VALUE, "b"},
    "frozenset": frozenset({VALUE}),
    "deque": deque([VALUE], maxlen=3),
    "bytes": VALUE.encode(),
    "bytearray": bytearray(VALUE.encode()),
    "path": Path("/run") / VALUE,
    "text enum": Word.SECRET,
    "exception": ValueError("login", VALUE),
    "exception of the system": OSError(13, f"no entry for {VALUE}", f"/home/{VALUE}"),
    "exception with a cause": caught(RuntimeError("gave up"), ValueError(VALUE)),
    "exception with a note": caught(ValueError("x")),
    "exception of an own kind": RefusedError(host="plc"),
    "group": ExceptionGroup("both", [ValueError(VALUE)]),
    "object": Client(VALUE),
    "object with slots": Slotted(VALUE),
    "object that shows it": Hidden(),
    "object that cannot be shown": Rude(),
    "itself": itself(),
    "keys": {VALUE: 1, (VALUE,): 2},
}
SHAPES["exception with a note"].add_note(VALUE)  # type: ignore[attr-defined]


def everything(value: Any, seen: set[int] | None = None) -> str:
    """All the text that can be got out of it."""
    seen = set() if seen is None else seen
    if id(value) in seen:
        return ""
    seen.add(id(value))
    found = [repr(value), str(value)]
    if isinstance(value, bytes | bytearray):
        found.append(value.decode())
    parts: list[Any] = []
    if isinstance(value, dict):
        parts += [*value, *value.values()]
    elif isinstance(value, list | tuple | set | frozenset | deque):
        parts += value
    elif isinstance(value, BaseException):
        parts += [value.args, value.__cause__, value.__context__, value.__traceback__]
        parts.append([frame.f_locals for frame in _frames(value)])
    parts += [getattr(value, "__dict__", None)]
    slots = getattr(type(value), "__slots__", ())
    parts += [getattr(value, name, None) for name in ([slots] if isinstance(slots, str) else slots)]
    parts = [part for part in parts if part is not None]
    return " ".join([*found, *(everything(part, seen) for part in parts)])


def _frames(error: BaseException) -> list[Any]:
    found, trace = [], error.__traceback__
    while trace is not None:
        found.append(trace.tb_frame)
        trace = trace.tb_next
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_no_secret_is_left_in_any_shape(shape: str) -> None:
    vault = Vault(environ={"A": VALUE})
    token = vault.from_environment("A")
    made = vault.redact({"result": [SHAPES[shape]]})["result"][0]
    shown = everything(made)
    assert VALUE not in shown
    assert token in shown or "with a secret in it" in shown or "cannot be shown" in shown


@pytest.mark.parametrize("shape", ["dataclass", "named tuple", "deque", "exception", "path"])
def test_what_can_be_copied_keeps_its_type(shape: str) -> None:
    vault = Vault(environ={"A": VALUE})
    vault.from_environment("A")
    made = vault.redact(SHAPES[shape])
    assert type(made) is type(SHAPES[shape])
    # Two exceptions are never equal; their arguments are.
    was, again = SHAPES[shape], vault.reveal(made)
    assert getattr(again, "args", again) == getattr(was, "args", was)


COPIED = [name for name, value in SHAPES.items() if isinstance(value, BaseException)]
COPIED += ["itself", "object that cannot be shown"]
"""What is never given back as it is."""


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape not in COPIED])
def test_what_holds_none_is_left_alone(shape: str) -> None:
    vault = Vault(environ={"A": "another-secret"})
    vault.from_environment("A")
    assert vault.redact(SHAPES[shape]) is SHAPES[shape]


def test_a_dataclass_is_handed_its_secrets_too() -> None:
    vault = Vault(environ={"A": VALUE})
    token = vault.from_environment("A")
    assert vault.reveal([Strict("x"), Pair(token, 1)]) == [Strict("x"), Pair(VALUE, 1)]
    assert vault.reveal(Slotted(token)).word == token, "an object is nobody's data"


def test_a_client_that_holds_half_a_program_is_searched_for_a_bounded_time() -> None:
    vault = Vault(environ={"A": VALUE})
    vault.from_environment("A")
    client = Client("no secret")
    client.session["all"] = [Client(str(at)) for at in range(50_000)]  # type: ignore[assignment]
    assert vault.redact(client) is client
