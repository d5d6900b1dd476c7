"""Resources of a worker that do not open, hang or do not close; under virtual time."""

from __future__ import annotations

import pytest
from client_worker import Client, run

from fsmv2 import (
    Resources,
)


@pytest.fixture
def client() -> Client:
    return Client()


def test_they_are_opened_once_used_by_all_and_closed_at_release(client: Client) -> None:
    client.acts = True
    with run(client) as sim:
        sim.run(20)
        assert sim.supervisor("c").last_action.result == 10
        sim.stop()
        assert (client.opened, client.closed) == (1, 1)


@pytest.mark.parametrize(
    ("opening", "said"),
    [
        ("raises", "could not be opened: ConnectionError: no route"),
        ("exits", "could not be opened: SystemExit: 3"),
        ("nonsense", "could not be opened: TypeError"),
    ],
)
def test_resources_that_do_not_open_are_an_answer_and_tried_again(
    client: Client, opening: str, said: str
) -> None:
    client.opening = opening
    with run(client) as sim:
        sim.run(60)
        assert said in sim["c"].reason
        assert sim["c"].fresh
        assert sim["c"].incarnation == 1
        client.opening = ""
        sim.run(10)
        assert sim["c"].reason == "sees 1"
        assert sim.stop() < 1


def test_resources_that_hang_while_opening_are_silence_and_the_stop_ends(client: Client) -> None:
    client.opening = "hangs"
    with run(client) as sim:
        sim.run(20)
        assert not sim["c"].fresh
        assert "no observation yet" in sim["c"].conditions[0].reason
        assert sim.stop() < 10
    with run(client) as sim:
        sim.run(14)
        client.opening = ""
        sim.until(lambda sim: sim["c"].reason == "sees 1", within=60, step=0.1)


def test_resources_that_hang_while_closing_are_abandoned_in_time(client: Client) -> None:
    client.closing = "hangs"
    with run(client) as sim:
        sim.run(5)
        assert 9 < sim.stop() < 11
        client.closing = ""
        sim.run(2)


def test_resources_that_raise_while_closing_keep_nobody(client: Client) -> None:
    client.closing = "raises"
    with run(client) as sim:
        sim.run(5)
        assert sim.stop() < 1


def test_h76_resources_that_nobody_supervises_allow_nothing() -> None:
    """Made by hand, in the test of an author: to be allowed has to be said."""
    made: Resources[None] = Resources("x", None, None, None, lambda _: None)
    assert made.refusal() == "nothing supervises it"
    made = Resources("x", None, None, None, lambda _: None, refusal=str)
    assert made.refusal() == ""
