"""A core that is measured: what takes long, and that it decides no otherwise."""

from __future__ import annotations

from lamp_tree import World, device, group, simulate

from fsmv2.testing import Simulation


class Noting:
    """Notes what it is told; by its clock everything takes one second."""

    def __init__(self, every: int = 1) -> None:
        self.next_tick = 0
        self.every = every
        self.clock = 0.0
        self.ticks: list[tuple[int, float]] = []
        self.types: list[str] = []
        self.merges = 0

    def now(self) -> float:
        self.clock += 1.0
        return self.clock

    def ticked(self, ticks: int, seconds: float) -> None:
        self.ticks.append((ticks, seconds))
        self.next_tick = ticks + self.every - 1

    def reconciled(self, type_: str, seconds: float) -> None:
        assert seconds == 1.0
        self.types.append(type_)

    def merged(self, seconds: float) -> None:
        assert seconds == 1.0
        self.merges += 1


def tree() -> Simulation:
    return simulate(World(), group("plant", device("a"), device("b")))


def test_ticks_are_measured_as_often_as_it_asks_for() -> None:
    with tree() as sim:
        sim.core.observer = noting = Noting(every=3)
        sim.run(5)
        numbers = [number for number, _ in noting.ticks]
        assert numbers == [1 + 3 * n for n in range(len(numbers))]
        assert 3 * len(numbers) >= sim.core.counters.ticks > 6


def test_children_are_looked_at_and_variables_merged() -> None:
    """Each reconciliation by the type of the parent, and each merge."""
    with tree() as sim:
        sim.core.observer = noting = Noting()
        sim.run(5)
        assert noting.types == ["group"]
        assert noting.merges >= 3
        assert all(seconds >= 1.0 for _, seconds in noting.ticks)


def test_what_is_decided_does_not_depend_on_it() -> None:
    with tree() as plain, tree() as measured:
        measured.core.observer = Noting()
        for sim in (plain, measured):
            sim.run(5)
            sim.stop()
        assert list(measured.reports) == list(plain.reports)
