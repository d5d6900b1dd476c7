"""How long the last decisions count for writes when supervision does not answer any more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from fsmv2 import EngineSettings, Resources, WorkerFactory
from fsmv2.core import Core, Instruction
from fsmv2.runtime.clock import Clock
from fsmv2.runtime.supervision import TRUSTED, Supervision


def deliver(_instructions: list[Instruction]) -> None:
    """Nothing is carried out."""


@pytest.fixture
def supervision() -> Iterator[Supervision]:
    """One on a real clock, whose slices are run by hand."""
    loop = asyncio.new_event_loop()
    core = Core(WorkerFactory(), EngineSettings())
    made = Supervision(core, Clock(), loop, deliver)
    yield made
    made.close()
    loop.close()


def test_h76_supervision_that_does_not_answer_is_trusted_for_seconds_only(
    supervision: Supervision, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocked by an author's derive, say, or the machine slept: nobody could hold a write."""
    monkeypatch.setattr("fsmv2.runtime.supervision.refusal", lambda *_: "")
    supervision.slice()
    assert supervision.refusal("x", 1) == ""
    supervision._decided_at -= TRUSTED + 1
    assert supervision.refusal("x", 1) == "its supervision has not answered for 6 s"
    supervision.slice()
    assert supervision.refusal("x", 1) == ""


def test_h76_resources_that_nobody_supervises_allow_nothing() -> None:
    """Made by hand, in the test of an author: to be allowed has to be said."""
    made: Resources[None] = Resources("x", None, None, None, lambda _: None)
    assert made.refusal() == "nobody supervises it"
    made = Resources("x", None, None, None, lambda _: None, refusal=str)
    assert made.refusal() == ""
