"""A worker that only looks: what it sees is its state, and a look that fails is a verdict too."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from fsmv2 import (
    ChildSpec,
    DefinitionError,
    Monitor,
    ObservedState,
    Phase,
    Resources,
    Snapshot,
    TemporaryError,
    UserSpec,
    Volatile,
    WorkerFactory,
    blocking,
)
from fsmv2.testing import Conformance, Simulation
from fsmv2.testing.conformance_checks import checks

WORLD: dict[str, Any] = {}
"""What is at each address: a status, an exception, or how many seconds it takes to answer."""


class SiteSpec(UserSpec):
    url: str = "a"
    wanted: int = 200


class SiteSeen(ObservedState):
    status: int = 0
    bytes: Volatile[int] = 0


class Site(Monitor[SiteSpec, SiteSeen]):
    interval = 1.0

    async def look(self, spec: SiteSpec, resources: Resources[None]) -> SiteSeen:
        found = WORLD.get(spec.url, 200)
        if isinstance(found, Exception):
            raise found
        if isinstance(found, float):
            await asyncio.sleep(found)
            return SiteSeen(status=200)
        return SiteSeen(status=found)

    def judge(self, s: Snapshot[SiteSpec, SiteSeen]) -> str:
        return "" if s.observed.status == s.spec.wanted else f"answers {s.observed.status}"


class Plain(Monitor[SiteSpec, SiteSeen]):
    interval = 1.0
    look = Site.look


@pytest.fixture(autouse=True)
def _fresh_world() -> None:
    WORLD.clear()


@contextlib.contextmanager
def watched(kind: Any = Site, **spec: Any) -> Any:
    factory = WorkerFactory()
    factory.register(kind)
    with Simulation(ChildSpec("site", kind, SiteSpec(**spec)), factory) as sim:
        sim.run(5)
        yield sim


def at(sim: Simulation) -> tuple[str, str]:
    return sim["site"].state, sim["site"].reason


def test_it_runs_while_all_is_well_and_is_degraded_while_it_is_not() -> None:
    with watched() as sim:
        assert at(sim) == ("running", "in order")
        assert sim["site"].healthy
        WORLD["a"] = 503
        sim.run(2)
        assert at(sim) == ("degraded", "answers 503")
        WORLD["a"] = 404
        sim.run(2)
        assert at(sim) == ("degraded", "answers 404")
        WORLD["a"] = 200
        sim.run(2)
        assert at(sim) == ("running", "in order")
        assert sim["site"].attempts == 0


def test_a_look_that_fails_degrades_with_the_reason_and_keeps_the_last_status() -> None:
    with watched() as sim:
        WORLD["a"] = OSError("connection refused")
        sim.run(3600)
        assert at(sim) == ("degraded", "OSError: connection refused")
        assert sim["site"].observed == SiteSeen(status=200)
        assert (sim["site"].fresh, sim["site"].incarnation) == (True, 1)
        WORLD.clear()
        sim.run(2)
        assert at(sim) == ("running", "in order")


def test_a_first_look_that_fails_is_a_verdict_as_well() -> None:
    WORLD["a"] = TemporaryError("no route")
    with watched() as sim:
        assert at(sim) == ("degraded", "no route")


def test_a_look_that_takes_too_long_is_an_answer_and_no_silence() -> None:
    """A silent worker would be stale, and restarted in the end."""
    with watched() as sim:
        WORLD["a"] = 60.0
        sim.run(3600)
        assert at(sim) == ("degraded", "no answer within 1.98 s")
        assert (sim["site"].fresh, sim["site"].incarnation) == (True, 1)
        assert sim.texts("silent") == []


async def looked_at(resources: Resources[None]) -> str:
    with pytest.raises(TemporaryError) as caught:
        await Site().collect_observed_state(SiteSpec(url="slow"), resources)
    return str(caught.value)


async def test_a_look_that_this_machine_is_too_late_for_blames_nobody() -> None:
    WORLD["slow"] = 60.0

    def resources(late: float) -> Resources[None]:
        return Resources("x", None, None, None, lambda _: None, lambda: late, timeout=0.1)

    assert await looked_at(resources(0.0)) == "no answer within 0.09 s"
    assert await looked_at(resources(0.05)) == "cannot tell: this machine is too busy to look"


async def test_a_time_out_of_the_look_itself_keeps_its_own_words() -> None:
    WORLD["slow"] = TimeoutError("the gateway gave up")
    for timeout in (None, 5.0):
        given: Any = Resources("x", None, None, None, lambda _: None, timeout=timeout)
        with pytest.raises(TimeoutError, match="the gateway gave up"):
            await Site().collect_observed_state(SiteSpec(url="slow"), given)


def test_without_a_judge_what_answers_is_in_order() -> None:
    WORLD["a"] = 503
    with watched(Plain) as sim:
        assert at(sim) == ("running", "in order")
        WORLD["a"] = OSError("gone")
        sim.run(2)
        assert at(sim) == ("degraded", "OSError: gone")


def test_it_stops_from_either_state_and_looks_again_when_it_is_wanted() -> None:
    factory = WorkerFactory()
    factory.register(Site)
    for status in (200, 500):
        WORLD["a"] = status
        with Simulation(ChildSpec("site", Site, SiteSpec()), factory) as sim:
            sim.run(5)
            sim.declare(ChildSpec("site", Site, SiteSpec(), enabled=False))
            sim.run(2)
            assert sim["site"].phase is Phase.STOPPED
            sim.declare(ChildSpec("site", Site, SiteSpec()))
            sim.run(2)
            assert sim["site"].phase is (Phase.RUNNING if status == 200 else Phase.DEGRADED)


def test_a_changed_spec_is_looked_at_without_a_restart() -> None:
    WORLD["b"] = 404
    factory = WorkerFactory()
    factory.register(Site)
    with Simulation(ChildSpec("site", Site, SiteSpec()), factory) as sim:
        sim.run(5)
        sim.declare(ChildSpec("site", Site, SiteSpec(url="b")))
        sim.run(2)
        assert at(sim) == ("degraded", "answers 404")
        sim.declare(ChildSpec("site", Site, SiteSpec(url="b", wanted=404)))
        sim.run(2)
        assert at(sim) == ("running", "in order")
        assert sim["site"].incarnation == 1


@pytest.mark.parametrize("verdict", [True, 3, ["bad"]])
def test_a_judge_that_returns_no_text_is_told_so(verdict: Any) -> None:
    class Odd(Site):
        def judge(self, s: Any) -> Any:
            return verdict

    with watched(Odd) as sim:
        told = " ".join(one.reason for one in sim["site"].conditions)
        assert f"judge of Odd returned {verdict!r}, expected what is wrong, as text" in told


def define(**members: Any) -> Callable[[], Any]:
    return lambda: type("Made", (Monitor,), members)


async def seen(self: Any, spec: Any, resources: Any) -> ObservedState:
    return ObservedState()


async def late(self: Any, s: Any) -> str:
    return ""


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (define(), "it does not define `async def look"),
        (define(look=lambda self, spec, resources: None), "look is not async"),
        (define(look=seen, judge=late), "judge is async, but only decides"),
        (
            define(look=seen, collect_observed_state=seen),
            "collect_observed_state, which calls look",
        ),
        (define(look=seen, interval="1s"), "interval is '1s', expected a number"),
    ],
)
def test_a_monitor_that_cannot_work_is_refused(make: Callable[[], Any], said: str) -> None:
    with pytest.raises(DefinitionError, match=r"Made is not a valid worker") as caught:
        make()
    assert said in str(caught.value)


def test_a_look_that_blocks_is_marked_so() -> None:
    class Disk(Monitor[SiteSpec, SiteSeen]):
        @blocking
        def look(self, spec: SiteSpec, resources: Resources[None]) -> SiteSeen:
            return SiteSeen(status=1)

    assert Disk.definition.in_place
    assert list(Disk.definition.states) == ["stopped", "running", "degraded"]


class SiteConformance(Conformance):
    worker = Site

    def specs(self) -> list[UserSpec]:
        return [SiteSpec(), SiteSpec(url="b")]

    @contextlib.asynccontextmanager
    async def world(self) -> AsyncIterator[None]:
        WORLD.clear()
        WORLD["b"] = 404
        yield


@pytest.mark.parametrize("name", checks())
def test_a_monitor_conforms(name: str) -> None:
    checks()[name](SiteConformance())
