"""Events and instructions in words that are the same in any process."""

from __future__ import annotations

from typing import Any

import pytest

from fsmv2 import ChildSpec, DesiredState, ObservedState, UserSpec
from fsmv2.core import Declared
from fsmv2.core.contract.events import PauseRequested, SignalSent
from fsmv2.core.contract.instructions import (
    CancelAction,
    Collect,
    Report,
    Save,
    SaveObserved,
    Update,
    Watch,
)
from fsmv2.runtime.journal.checksums import checksum
from fsmv2.runtime.journal.descriptions import LONGEST, decided, happened, path_of


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (PauseRequested("g", "shift 2", "leak"), "pause requested by shift 2: leak"),
        (PauseRequested("g", "shift 2", ""), "pause requested by shift 2"),
        (SignalSent("g", "HUP", 7, ""), "signal HUP sent to pid 7"),
        (SignalSent("g", "HUP", 7, "it has ended"), "signal HUP not sent: it has ended"),
    ],
)
def test_an_event_is_described_with_who_and_why(event: Any, words: str) -> None:
    assert happened(event) == words
    assert path_of(event) == "g"


def test_a_declaration_is_of_its_root() -> None:
    root = ChildSpec("works", "lamp", UserSpec())
    assert path_of(Declared(root, {}, "program")) == "works"


def test_no_address_of_an_object_stands_in_the_words() -> None:
    path, words = decided(Report("error", "g", f"lost {object()}", 0.0))
    assert path == "g"
    assert words == "error: lost <object object at 0x…>"


def test_a_long_text_is_cut_and_told_from_others_that_begin_alike() -> None:
    first, second = (decided(Report("error", "g", "x" * 5000 + end, 0.0))[1] for end in "ab")
    assert first != second
    assert len(first) < LONGEST + 50


def test_an_action_is_named_by_its_number() -> None:
    assert decided(CancelAction("g/a", 1, 42)) == ("g/a", "cancel action #42")


LAMP = ChildSpec("a", "lamp", UserSpec())
LIT = DesiredState(state="lit", children_specs=(LAMP,), config={"watts": 40})


@pytest.mark.parametrize(
    ("instruction", "words"),
    [
        (
            Save("g/a", 1, 7, 0.0, 0.0, LAMP, LIT),
            f"store (#7) {checksum(LAMP)}: desired state lit, {checksum(LIT)}",
        ),
        (
            SaveObserved("g/a", 2, 0.0, "lit", ObservedState()),
            f"store incarnation 2: state lit, observed {checksum(ObservedState())}",
        ),
        (
            Watch("g/a", 3, Any, Any, LAMP.user_spec, LIT.config),
            f"watch incarnation 3, spec {checksum(UserSpec())}, config {checksum({'watts': 40})}",
        ),
        (
            Update("g/a", 1, LAMP.user_spec, None),
            f"use spec {checksum(UserSpec())}, config {checksum(None)}, and look soon",
        ),
        (
            Update("g/a", 1, LAMP.user_spec, None, changed=False),
            f"use spec {checksum(UserSpec())}, config {checksum(None)}",
        ),
        (Collect("g/a", 1), "collect"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_data_stand_in_the_words_as_checksums(instruction: Any, words: str) -> None:
    assert decided(instruction) == ("g/a", words)
