"""Spans are handed on by a thread that nobody waits for, and what is lost is counted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import pytest

from fsmv2.runtime.traces.span import Span, SpanRef
from fsmv2.runtime.traces.trace_exporter import BATCH, TraceExporter


def span(number: int = 1) -> Span:
    return Span(
        name="tick", kind="tick", ref=SpanRef(number, number), began=1, ended=2, attributes={}
    )


class Sender:
    """Fails as long as it has a `problem`; waits for `free`."""

    where = "http://there"

    def __init__(self, problem: str = "") -> None:
        self.problem = problem
        self.batches: list[Sequence[Span]] = []
        self.tries = 0
        self.free = threading.Event()
        self.free.set()
        self.abandoned = False

    def send(self, spans: Sequence[Span]) -> str:
        self.tries += 1
        self.free.wait(60)
        if self.problem == "raise":
            raise OSError("it raises")
        if not self.problem:
            self.batches.append(spans)
        return self.problem

    def abandon(self) -> None:
        self.abandoned = True
        self.free.set()


def until(done: Callable[[], object]) -> None:
    ends = time.monotonic() + 30
    while not done():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_everything_is_sent_in_batches_and_redacted() -> None:
    sender = Sender()
    exporter = TraceExporter(sender)
    for number in range(1, BATCH + 11):
        exporter.put(span(number))
    told: list[str] = []
    exporter.start(lambda text, level: told.append(text), lambda one: (one.ref.span, "redacted"))
    exporter.close()
    assert [len(batch) for batch in sender.batches] == [BATCH, 10]
    assert sender.batches[0][0] == (1, "redacted")
    assert (told, exporter.dropped) == ([], 0)


@pytest.mark.parametrize("problem", ["no route", "raise"])
@pytest.mark.thorough
def test_a_receiver_that_is_gone_is_told_of_once_and_again_when_it_is_back(problem: str) -> None:
    sender, told = Sender(problem), list[tuple[str, str]]()
    exporter = TraceExporter(sender, retry_after=0.0)
    exporter.start(lambda text, level: told.append((level, text)))
    for tries in range(1, 4):
        exporter.put(span())
        until(lambda tries=tries: sender.tries >= tries)
    sender.problem = ""
    until(lambda: exporter.put(span()) or len(told) > 1)
    exporter.close()
    why = "no route" if problem == "no route" else "OSError: it raises"
    assert told[0] == (
        "warning",
        f"traces do not reach http://there, and are dropped meanwhile: {why}",
    )
    lost = f"{exporter.dropped} spans for http://there were dropped, and it works again"
    assert told[1:] == [("info", lost)]
    assert exporter.dropped >= 3


def test_one_that_hangs_costs_bounded_memory_and_a_bounded_end() -> None:
    sender, told = Sender(), list[str]()
    exporter = TraceExporter(sender, most=5)
    sender.free.clear()
    exporter.start(lambda text, level: told.append(text))
    exporter.put(span())
    until(lambda: sender.tries)
    for number in range(100):
        exporter.put(span(number))
    assert (len(exporter._queue), exporter.dropped) == (5, 95)
    exporter.close()
    assert sender.abandoned
    assert told[-1] == "101 spans for http://there were dropped, up to the end"
    exporter.put(span())
    assert len(exporter._queue) <= 5


def test_what_a_receiver_is_too_slow_for_is_counted() -> None:
    sender, told = Sender(), list[str]()
    exporter = TraceExporter(sender, most=5)
    for number in range(7):
        exporter.put(span(number))
    exporter.start(lambda text, level: told.append(text))
    until(lambda: told)
    sender.free.clear()
    exporter.put(span())
    until(lambda: sender.tries > 1)
    for number in range(9):
        exporter.put(span(number))
    sender.free.set()
    exporter.close()
    assert told == [
        "2 spans for http://there were dropped, as more is decided than it takes",
        "4 spans for http://there were dropped, up to the end",
    ], "not each time that happens, but what was not said is said at the end"
