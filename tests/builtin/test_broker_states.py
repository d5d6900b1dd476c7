"""What each state of the broker worker calls for."""

from __future__ import annotations

from typing import Any

import pytest
from snapshots import ask

from fsmv2.builtin.broker.broker_status import BrokerObserved
from fsmv2.builtin.broker.broker_worker import HANGING, Broker, BrokerSpec
from fsmv2.worker import Act, ActionResult, Goto, Outcome, Stay

OURS = BrokerSpec(state_dir="/var/lib/plant/broker")
USERS = BrokerSpec(embedded=False, url="nats://plant:4222")
READY = BrokerObserved(status="ready", pid=7, port=4222, mqtt_port=1883)
HANGS = BrokerObserved(status="unresponsive", reason="does not answer", pid=7)
GONE = BrokerObserved(status="absent", reason="pid 7 was killed by SIGKILL", pid=0)


def told(state: str, seen: BrokerObserved, *, spec: BrokerSpec = OURS, **more: Any) -> str:
    """The answer as 'kind target'."""
    answer = ask(Broker(), state, spec=spec, observed=seen, **more)
    match answer:
        case Goto():
            return f"goto {answer.state}"
        case Act():
            return f"act {answer.action}"
        case Stay():
            return "stay"


@pytest.mark.parametrize(
    ("state", "seen", "answer"),
    [
        ("stopped", GONE, "goto starting"),
        ("starting", GONE, "act start_server"),
        ("starting", READY, "goto active"),
        ("active", READY, "stay"),
        ("active", HANGS, "goto degraded"),
        ("active", GONE, "goto crashed"),
        ("degraded", READY, "goto active"),
        ("degraded", GONE, "goto crashed"),
        ("degraded", HANGS, "stay"),
    ],
)
def test_each_look_at_our_server_calls_for_one_answer(
    state: str, seen: BrokerObserved, answer: str
) -> None:
    assert told(state, seen) == answer


def test_one_that_hangs_is_given_ten_seconds() -> None:
    assert told("degraded", HANGS, since=100.0 - HANGING + 0.1) == "stay"
    assert told("degraded", HANGS, since=100.0 - HANGING) == "goto crashed"
    busy = {"observe_error": "cannot tell: this machine is too busy to ask"}
    assert told("degraded", HANGS, since=0.0, **busy) == "stay", "we could not even ask"


def test_a_crashed_one_is_started_again_after_the_backoff() -> None:
    assert told("crashed", GONE, retry_at=103.0) == "stay"
    assert told("crashed", GONE, retry_at=100.0) == "goto starting"


@pytest.mark.parametrize(
    ("seen", "outcome", "reason"),
    [
        (BrokerObserved(reason="not running"), Outcome.FAILED, "port 1883 is taken"),
        (BrokerObserved(reason="not running"), Outcome.SUCCEEDED, "not running"),
        (
            BrokerObserved(status="foreign", reason="pid 9 has it"),
            Outcome.FAILED,
            "pid 9 has it",
        ),
    ],
)
def test_a_crashed_one_says_why_it_could_not_be_started(
    seen: BrokerObserved, outcome: Outcome, reason: str
) -> None:
    """Also long after the attempt, and not only that it is not running."""
    last = ActionResult("start_server", outcome, 90.0, "port 1883 is taken")
    answer = ask(Broker(), "crashed", spec=OURS, observed=seen, retry_at=103.0, last_action=last)
    assert answer == Stay(f"restarts, attempt 0: {reason}", wake_after=3.0)


@pytest.mark.parametrize("state", ["starting", "active", "degraded", "crashed"])
@pytest.mark.parametrize("seen", [READY, HANGS, GONE], ids=["ready", "hangs", "gone"])
def test_asked_to_stop_it_ends_from_everywhere(state: str, seen: BrokerObserved) -> None:
    assert told(state, seen, control="stopped") == "goto stopping"


def test_it_is_stopped_only_when_no_server_of_ours_runs() -> None:
    assert told("stopping", READY, control="stopped") == "act stop_server"
    assert told("stopping", HANGS, control="stopped") == "act stop_server"
    assert told("stopping", GONE, control="stopped") == "goto stopped"
    assert told("stopped", READY, control="stopped") == "goto stopping", "of an earlier run"
    assert told("stopped", GONE, control="stopped") == "stay"


@pytest.mark.parametrize("state", ["starting", "active", "degraded", "stopping"])
def test_a_broker_of_the_users_is_neither_started_nor_stopped(state: str) -> None:
    control = "stopped" if state == "stopping" else "active"
    answers = {told(state, seen, spec=USERS, control=control) for seen in (READY, HANGS, GONE)}
    assert not any(answer.startswith("act") for answer in answers)
    assert "goto crashed" not in answers
