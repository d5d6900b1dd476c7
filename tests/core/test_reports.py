"""What is reported while something happens, word by word: reports, and the causes of ticks.

It is all that an operator, `why` and the event log have to go by, so it is held as a whole.
"""

from __future__ import annotations

from textwrap import dedent

import pytest
from job_tree import Jobs, job, team
from job_tree import simulate as simulate_jobs
from lamp_tree import World, device, group, simulate

from fsmv2 import EngineSettings, Group
from fsmv2.testing import Simulation

ALL = EngineSettings(records=1000)


def reported(sim: Simulation, path: str = "") -> str:
    """Every report below `path` but transitions, actions and what arrived late, as lines."""
    lines = [
        f"{r.level} {r.kind} {r.path}: {r.text}"
        for r in sim.reports
        if r.kind not in ("transition", "action", "applied", "dropped") and r.path.startswith(path)
    ]
    return "\n" + "".join(f"{line}\n" for line in lines)


def causes(sim: Simulation, path: str, *kinds: str) -> list[str]:
    """The causes of these kinds that ticks of `path` had; `<` marks those that name an origin."""
    seen = [c for r in sim.records(path) for c in r.causes if c.kind in kinds]
    return list(dict.fromkeys(f"{cause}{' <' if cause.origin else ''}" for cause in seen))


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


def test_a_circuit_that_opens_and_closes() -> None:
    world = World()
    inner = group("p", device("a"), device("b"), kind="guarded")
    with simulate(world, group("g", inner, device("c")), settings=ALL) as sim:
        sim.run(10)
        world.broken["inside"] = "a"
        sim.until(lambda sim: sim.core.open_circuits == 1, within=200)
        sim.until(lambda sim: sim["g/p/a"].incarnation == 2, within=200)
        world.broken.clear()
        sim.until(lambda sim: sim.core.open_circuits == 0, within=200)
        sim.run(400)
        assert reported(sim) == dedent(
            """
            warning repair g/p/a: restart 1 in 1.0 s: a does not answer
            warning condition g/p: CircuitClosed=False: a: a does not answer
            error circuit g/p: circuit opened
            info stop g/p/a: restarted after its backoff
            info restarted g/p/a: incarnation 2 begins
            warning repair g/p/a: restart 2 in 1.6 s: a does not answer
            info stop g/p/a: restarted after its backoff
            info condition g/p: CircuitClosed=True
            info circuit g/p: circuit closed
            info restarted g/p/a: incarnation 3 begins
            """
        )
        assert causes(sim, "g/p/a", "circuit", "stop", "timer") == [
            "stop restarted after its backoff",
            "timer healthy for as long as its next delay",
            "timer healthy for long enough",
        ]
        assert causes(sim, "g/p/b", "circuit") == ["circuit of g/p <"]
        assert causes(sim, "g/c", "circuit") == []


@pytest.mark.parametrize(
    ("restart", "how", "expected"),
    [
        (
            "permanent",
            "well",
            """
            info ended t/a: finished (it ended well); permanent, so it is restarted in 0.5 s
            info ended t/a: is restarted
            """,
        ),
        ("permanent", "badly", "\n"),
        ("transient", "well", "\ninfo ended t/a: finished: it ended well\n"),
        ("transient", "badly", "\n"),
        ("temporary", "well", "\ninfo ended t/a: finished: it ended well\n"),
        (
            "temporary",
            "badly",
            """
            warning ended t/a: failed (it ended badly); temporary, so it is not restarted
            """,
        ),
    ],
)
def test_a_child_that_ends(jobs: Jobs, restart: str, how: str, expected: str) -> None:
    with simulate_jobs(jobs, team("t", job("a", restart), job("b")), ALL) as sim:
        sim.run(10)
        jobs.end("t/a", how)
        sim.run(20)
        assert reported(sim) == dedent(expected)
        ends = [line.partition(": ")[2] for line in reported(sim).splitlines() if line]
        again = "is restarted"
        wanted = ["ended no longer" if end == again else f"ended {end} <" for end in ends]
        assert causes(sim, "t/a", "ended") == wanted
        assert causes(sim, "t", "ended") == (["ended t/a <"] if ends else [])
        assert causes(sim, "t/b", "ended", "sibling") == []


@pytest.mark.parametrize("restart", ["permanent", "temporary"])
def test_a_group_that_is_restarted(jobs: Jobs, restart: str) -> None:
    children = (job("a"), job("b", restart), job("c"))
    tree = team("t", *children, groups=(Group("one_for_all", ("a", "b")),))
    with simulate_jobs(jobs, tree, ALL) as sim:
        sim.run(10)
        jobs.end("t/a", "well")
        sim.run(60)
        which = "restarted with a (one_for_all), which finished: it ended well"
        gone = f"warning ended t/b: would be {which}; temporary, so it is not\n"
        again = f"info stop t/b: {which}\ninfo restarted t/b: incarnation 2 begins\n"
        assert reported(sim) == (
            "\ninfo ended t/a: finished (it ended well); permanent, so it is restarted in 0.5 s\n"
            + (gone if restart == "temporary" else again)
            + "info ended t/a: is restarted\n"
        )
        seen = causes(sim, "t/b", "sibling")
        assert seen == [f"sibling a is {state} <" for state in ("stopped", "starting", "running")]
        assert causes(sim, "t/c", "sibling") == []


def test_a_group_that_is_declared_again(jobs: Jobs) -> None:
    with simulate_jobs(jobs, team("t", job("a"), job("b")), ALL) as sim:
        sim.run(10)
        group = Group("one_for_all", ("a", "b"))
        sim.declare(team("t", job("a"), job("b"), groups=(group,)))
        sim.run(10)
        assert causes(sim, "t/a", "sibling") == ["sibling its group changed <"]
        assert causes(sim, "t/b", "sibling") == ["sibling its group changed <"]


def test_significant_children_that_end_their_parent(jobs: Jobs) -> None:
    children = [job(n, "transient", significant=True) for n in "ab"]
    inner = team("t", *children, auto_stop="all_significant", restart="transient")
    with simulate_jobs(jobs, team("r", inner), ALL) as sim:
        sim.run(10)
        jobs.end("r/t/a", "well")
        jobs.end("r/t/b", "well")
        sim.run(20)
        assert reported(sim) == dedent(
            """
            info ended r/t/a: finished: it ended well
            info ended r/t/b: finished: it ended well
            info ended r/t: finished: its significant a, b ended
            """
        )
        assert causes(sim, "r", "ended") == ["ended r/t <"]


def test_the_work_of_a_whole_tree_that_is_done(jobs: Jobs) -> None:
    """Which is nothing to be warned of."""
    tree = team("t", job("a", "transient", significant=True), auto_stop="any_significant")
    with simulate_jobs(jobs, tree, ALL) as sim:
        sim.run(10)
        jobs.end("t/a", "well")
        sim.run(20)
        assert reported(sim) == dedent(
            """
            info ended t/a: finished: it ended well
            info ended t: finished: its significant a ended
            """
        )


def test_a_subtree_that_is_paused_and_resumed(jobs: Jobs) -> None:
    with simulate_jobs(jobs, team("r", team("t", job("a")), job("d")), ALL) as sim:
        sim.run(10)
        sim.pause("r/t", "the pump is open")
        sim.run(10)
        sim.resume("r/t")
        sim.run(10)
        assert reported(sim) == dedent(
            """
            info command r/t: paused by test: the pump is open
            info command r/t: resumed by test
            """
        )
        both = ["command paused at r/t", "command resumed at r/t"]
        assert causes(sim, "r/t", "command") == both
        assert causes(sim, "r/t/a", "command") == both
        assert causes(sim, "r", "command") == both[1:]  # its checks
        assert causes(sim, "r/d", "command") == []


@pytest.mark.parametrize(("note", "said"), [("on my way", ": on my way"), ("", "")])
def test_an_escalation_that_is_acknowledged_and_over(jobs: Jobs, note: str, said: str) -> None:
    with simulate_jobs(jobs, team("t", job("a")), ALL) as sim:
        sim.run(10)
        jobs.broken.add("t/a")
        jobs.end("t/a", "badly")
        sim.until(lambda sim: len(sim.texts("escalation")) == 2, within=600)
        sim.acknowledge("t/a", note)
        sim.run(1)
        jobs.broken.clear()
        sim.retry("t/a")
        sim.run(400)
        called = (
            "EscalationRequired: 5 attempts without 300 healthy seconds: it ended badly at once. "
            "Retries continue, at most 60 s apart. `fsmv2 explain escalation` has more."
        )
        taken = f"acknowledged by test{said}"
        assert reported(sim) == (
            "\nwarning escalation t/a: 1 attempt left before it escalates: "
            "it ended badly at once\n"
            f"critical escalation t/a: {called}\n"
            f"info escalation t/a: {taken}\n"
            "info command t/a: retry requested by test\n"
            "info condition t/a: Recovers=True\n"
        )
        assert causes(sim, "t/a", "timer")[-1] == "timer healthy for long enough"


def test_a_child_that_is_declared_again() -> None:
    world = World()
    with simulate(world, group("g"), settings=ALL) as sim:
        sim.declare(group("g", device("a")))
        sim.run(1)
        assert [f"{r.path}: {r.text}" for r in sim.reports if r.kind == "applied"] == [
            "g: declared by test"
        ] * 2
    with simulate(world, group("g", device("a")), settings=ALL) as sim:
        sim.run(5)
        sim.declare(group("g", device("a", depends_on=("g",))))
        sim.run(1)
        assert causes(sim, "g/a", "spec") == ["spec changed by its parent <"]
        sim.declare(group("g", device("a", depends_on=("g",), detect_only=True)))
        sim.run(1)
        assert causes(sim, "g/a", "spec") == [
            "spec changed by its parent <",
            "spec detect only at g/a changed <",
        ]
