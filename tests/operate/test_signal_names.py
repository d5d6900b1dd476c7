"""Signals that an operator may send, by any of their names; the others say what to do instead."""

from __future__ import annotations

import signal

import pytest

from fsmv2.errors import RequestRefusedError
from fsmv2.operate.signal_names import ALLOWED, signal_name


@pytest.mark.parametrize("given", ["HUP", "SIGHUP", "hup", " SigHup ", "1"])
def test_any_way_to_write_it_is_taken(given: str) -> None:
    assert signal_name(given) == "HUP"


def test_what_may_be_sent_is_a_signal_of_this_machine() -> None:
    assert all(f"SIG{name}" in signal.Signals.__members__ for name in ALLOWED)


@pytest.mark.parametrize(
    ("given", "says", "fix"),
    [
        ("KILL", "would end the process", "fsmv2 restart PATH"),
        ("sigterm", "would end the process", "fsmv2 stop PATH"),
        ("STOP", "would freeze", "CONT"),
        ("SEGV", "not one that an operator sends", "HUP"),
        ("9", "KILL would end the process", "fsmv2 restart PATH"),
        ("11", "SEGV is not one that an operator sends", "HUP"),
        ("1234567", "there is no signal '1234567'", "HUP"),
        ("\u00b9", "there is no signal", "HUP"),
        ("USR3", "there is no signal 'USR3'", "Did you mean 'USR2'?"),
        ("HPU", "there is no signal 'HPU'", "Did you mean 'HUP'?"),
    ],
)
def test_another_is_refused_with_what_to_do_instead(given: str, says: str, fix: str) -> None:
    with pytest.raises(RequestRefusedError, match=says) as raised:
        signal_name(given)
    assert fix in raised.value.fix
