"""One target on its thread: retries, hangs, quits, and says how it fares."""

from __future__ import annotations

import threading
import time

import pytest
from tests.notify.samples import eventually, told

from fsmv2.notify import FileSettings, Notification, TargetSettings, target_thread
from fsmv2.notify.channel import DeliveryError
from fsmv2.notify.target_queue import TargetQueue
from fsmv2.notify.target_thread import TargetThread


class Scripted:
    """A channel that fails as it is told to, and keeps what it took."""

    kind = "webhook"
    address = "http://here"

    def __init__(self, *wrong: DeliveryError) -> None:
        self.wrong = list(wrong)
        self.took: list[Notification] = []
        self.tried: list[str] = []
        self.aborted = False
        self.hangs = threading.Event()
        self.hangs.set()

    def send(self, one: Notification) -> str:
        self.tried.append(one.id)
        self.hangs.wait(60)
        if self.aborted:
            raise DeliveryError("fsmv2 ends")
        if self.wrong:
            raise self.wrong.pop(0)
        self.took.append(one)
        return "taken"

    def abort(self) -> None:
        self.aborted = True
        self.hangs.set()


class Target:
    def __init__(self, channel: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(target_thread, "FIRST_PAUSE", 0.01)
        monkeypatch.setattr(target_thread, "LONGEST_PAUSE", 0.02)
        settings = TargetSettings(name="t", channel=FileSettings(path="x"))
        self.settled: list[tuple[tuple[str, ...], bool]] = []
        self.failing: list[bool] = []
        self.thread = TargetThread(
            settings,
            channel,
            TargetQueue(settings, "edge"),
            settled=lambda _, ids, ok: self.settled.append((ids, ok)),
            changed=lambda: self.failing.append(self.thread.failing),
        )
        self.thread.start()

    def close(self) -> None:
        self.thread.close()
        self.thread.join(30.0)


def test_what_fails_is_retried_with_the_same_id(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = Scripted(*[DeliveryError("no")] * 4)
    target = Target(channel, monkeypatch)
    one = told()
    target.thread.put(one)
    eventually(lambda: target.settled)
    target.close()
    assert channel.tried == [one.id] * 5
    assert target.settled == [((one.id,), True)]
    counts = target.thread.status().counts
    assert (counts["sent"], counts["retried"], counts["failed"]) == (1, 4, 0)


def test_it_says_that_it_fails_from_the_third_time_on(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = Scripted(*[DeliveryError("no")] * 3)
    target = Target(channel, monkeypatch)
    target.thread.put(told())
    eventually(lambda: target.settled)
    assert target.failing == [True, False]
    status = target.thread.status()
    assert (status.error, status.failing_since) == ("", 0.0)
    assert status.last_sent > 0
    target.close()


def test_what_is_refused_is_not_retried_and_the_next_one_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    channel = Scripted(DeliveryError("HTTP 401", retry=False))
    target = Target(channel, monkeypatch)
    first, second = told("one"), told("two")
    target.thread.put(first)
    eventually(lambda: target.settled)
    assert target.thread.failing
    assert target.thread.status().error == "HTTP 401"
    target.thread.put(second)
    eventually(lambda: len(target.settled) == 2)
    target.close()
    assert target.settled == [((first.id,), False), ((second.id,), True)]
    assert target.thread.status().counts["failed"] == 1


def test_it_waits_as_long_as_it_is_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = Scripted(DeliveryError("later", after=3600.0))
    target = Target(channel, monkeypatch)
    target.thread.put(told())
    eventually(lambda: target.thread.status().counts["retried"])
    target.close()
    assert len(channel.tried) == 2, "tried once more at the end"
    assert len(channel.took) == 1


def test_after_a_day_it_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_thread, "RETRY_FOR", -1.0)
    target = Target(Scripted(DeliveryError("no")), monkeypatch)
    target.thread.put(told())
    eventually(lambda: target.settled)
    target.close()
    assert target.thread.status().counts["failed"] == 1


def test_the_end_is_not_held_up_by_what_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = Scripted()
    channel.hangs.clear()
    target = Target(channel, monkeypatch)
    for text in ("one", "two"):
        target.thread.put(told(text))
    eventually(lambda: channel.tried)
    target.thread.close()
    began = time.monotonic()
    assert not target.thread.join(0.2)
    target.thread.abort()
    assert time.monotonic() - began < 200
    eventually(lambda: not target.thread.is_alive)
    assert target.settled[0][1] is False


def test_a_mistake_of_ours_does_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Scripted):
        def send(self, one: Notification) -> str:
            if not self.tried:
                self.tried.append(one.id)
                raise RuntimeError("secret")
            return super().send(one)

    channel = Broken()
    target = Target(channel, monkeypatch)
    target.thread.put(told())
    eventually(lambda: channel.took)
    target.close()
