"""A core that is measured: what takes long, and that it decides no otherwise."""

from __future__ import annotations

from lamp_tree import World, device, group, simulate

from fsmv2.testing import Simulation


class Noting:
    """Notes what it is told; by its clock everything takes one second."""

    def __init__(self, every: int = 1) -> None:
        self.next_turn = 0
        self.every = every
        self.clock = 0.0
        self.turns: list[int] = []
        self.begun: list[str] = []
        self.ended = 0
        self.derives = True
        self.types: list[str] = []
        self.merges = 0

    def now(self) -> float:
        self.clock += 1.0
        return self.clock

    def ticked(self, turn: int, seconds: float) -> None:
        assert seconds >= 1.0
        self.turns.append(turn)
        self.next_turn = turn + self.every

    def begin_derive(self, type_: str) -> bool:
        self.begun.append(type_)
        return self.derives

    def derived(self) -> None:
        self.ended += 1

    def reconciled(self, type_: str, seconds: float) -> None:
        assert seconds == 1.0
        self.types.append(type_)

    def merged(self, seconds: float) -> None:
        assert seconds == 1.0
        self.merges += 1


def tree() -> Simulation:
    return simulate(World(), group("plant", device("a"), device("b")))


def test_ticks_are_measured_as_often_as_it_asks_for() -> None:
    """Counted in turns of the core, of which each is a tick or some of a change for many."""
    with tree() as sim:
        sim.core.observer = noting = Noting(every=3)
        sim.run(5)
        assert noting.turns == list(range(1, noting.turns[-1] + 1, 3))
        assert sim.core.turns - noting.turns[-1] < 3


def test_children_are_looked_at_and_variables_merged() -> None:
    """Each reconciliation by the type of the parent, and each merge in a derive that is wanted."""
    with tree() as sim:
        sim.core.observer = noting = Noting()
        sim.run(5)
        assert noting.types == ["group"]
        assert {*noting.begun} == {"group", "device"}
        assert noting.merges == noting.ended == len(noting.begun) >= 3
        assert sim.core.measuring is None
    with tree() as sim:
        sim.core.observer = noting = Noting()
        noting.derives, noting.next_turn = False, 1_000
        sim.run(5)
        assert (noting.types, noting.turns) == (["group"], [])
        assert (noting.merges, noting.ended, len(noting.begun) >= 3) == (0, 0, True)


def test_one_that_is_taken_away_measures_no_more() -> None:
    with tree() as sim:
        sim.core.observer = noting = Noting()
        sim.run(5)
        sim.core.observer, before = None, len(noting.turns)
        sim.restart("plant/a")
        sim.run(20)
        assert len(noting.turns) == before


def test_what_is_decided_does_not_depend_on_it() -> None:
    with tree() as plain, tree() as measured:
        measured.core.observer = Noting()
        for sim in (plain, measured):
            sim.run(5)
            sim.stop()
        assert list(measured.reports) == list(plain.reports)
