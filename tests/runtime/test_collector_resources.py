"""Resources of a worker that do not open, hang or do not close; under virtual time."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from fsmv2 import (
    ChildSpec,
    ObservedState,
    UserSpec,
    Worker,
    WorkerFactory,
    act,
    action,
    state,
    stay,
)
from fsmv2.testing import Simulation


class Seen(ObservedState):
    value: int = 0


class Client(Worker[UserSpec, Seen, int]):
    """Its resources do what the test says."""

    opening: str = ""
    closing: str = ""
    opened = 0
    closed = 0
    acts = False
    push: Any = None
    hang_until = 0.0

    def resources(self, spec: UserSpec) -> Any:
        @contextlib.asynccontextmanager
        async def made() -> Any:
            if self.opening == "raises":
                raise ConnectionError("no route")
            if self.opening == "exits":
                raise SystemExit(3)
            if self.opening == "hangs":
                await asyncio.Event().wait()
            self.opened += 1
            yield self.opened
            if self.closing == "raises":
                raise OSError("cannot close")
            while self.closing == "hangs":
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(1)
            self.closed += 1

        return "no context" if self.opening == "nonsense" else made()

    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> Seen:
        self.push = resources.push
        return Seen(value=resources.value)

    @action()
    async def use(self, spec: UserSpec, resources: Any) -> int:
        return resources.value * 10

    @state("stopped")
    def stopped(self, s: Any) -> Any:
        if self.acts and s.last_action is None:
            return act(self.use, "uses it")
        return stay(s.observe_error or f"sees {s.observed.value}")


@pytest.fixture
def client() -> Client:
    return Client()


def run(client: Client) -> Simulation:
    factory = WorkerFactory()
    factory.register(Client, make=lambda: client)
    return Simulation(ChildSpec("c", "client", UserSpec()), factory)


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


def test_what_is_pushed_is_taken_at_once_and_after_the_release_no_more(client: Client) -> None:
    with run(client) as sim:
        sim.run(1)
        client.push(Seen(value=7))
        sim.run(0)
        assert sim["c"].reason == "sees 7"
        sim.stop()
        dropped = sim.core.counters.dropped
        client.push(Seen(value=8))
        sim.run(1)
        assert sim.core.counters.dropped == dropped


def test_a_collection_cancelled_from_inside_is_an_answer(client: Client) -> None:
    async def cancelled(spec: Any, resources: Any) -> Seen:
        raise asyncio.CancelledError

    client.collect_observed_state = cancelled  # type: ignore[method-assign]
    with run(client) as sim:
        sim.run(30)
        assert sim["c"].fresh
        assert sim["c"].reason == "CancelledError"
