"""Dependencies that go round in a circle are named, and harm nobody."""

from __future__ import annotations

from lamp_tree import World, condition, device, group, simulate


def test_a_circle_of_dependencies_is_named_until_it_is_opened() -> None:
    a = device("a", depends_on=("g/b",))
    b = device("b", depends_on=("g/c",))
    c = device("c", depends_on=("g/a",))
    with simulate(World(), group("g", a, b, c)) as sim:
        sim.run(5)
        assert [condition(sim, f"g/{n}", "DependenciesOrdered") for n in "ab"] == ["", ""]
        assert condition(sim, "g/c", "DependenciesOrdered") == (
            "depends_on is circular: g/c → g/a → g/b → g/c; they stop in no particular order"
        )
        assert all(node.state == "running" for node in sim.view().nodes)
        sim.declare(group("g", a, device("b"), c))
        sim.run(5)
        assert not any(condition(sim, f"g/{n}", "DependenciesOrdered") for n in "abc")
        sim.declare(group("g", a, b, c))
        sim.run(5)
        assert condition(sim, "g/b", "DependenciesOrdered")
        sim.declare(group("g", b, c))
        sim.run(5)
        assert not any(condition(sim, f"g/{n}", "DependenciesOrdered") for n in "bc")


def test_a_tree_with_a_circle_stops() -> None:
    a, b = device("a", depends_on=("g/b",)), device("b", depends_on=("g/a",))
    with simulate(World(), group("g", a, b)) as sim:
        sim.run(5)
        assert sim.stop() < 5
        assert sim.core.circular == set()


def test_one_that_depends_on_itself_is_named() -> None:
    with simulate(World(), group("g", device("a", depends_on=("g/a",)))) as sim:
        sim.run(5)
        assert "g/a → g/a" in condition(sim, "g/a", "DependenciesOrdered")
        assert sim.stop() < 5
