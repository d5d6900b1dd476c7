"""What is counted by type and cause: at most so many kinds, and of no concern to a replay."""

from __future__ import annotations

from lamp_tree import World, device, group, simulate

from fsmv2.core.checkpoint.take import attributes_of
from fsmv2.core.state.tallies import ERROR_TYPES, OTHER, Tallies


def test_a_checkpoint_does_not_hold_them() -> None:
    with simulate(World(), device("a")) as sim:
        assert "tallies" not in attributes_of(sim.core)


def test_classes_of_errors_that_authors_make_without_end_are_counted_as_others() -> None:
    tallies = Tallies()
    for n in range(ERROR_TYPES + 20):
        tallies.template_failed("p/a", "lamp", type(f"Error{n}", (Exception,), {})())
    assert tallies.template_errors["lamp", OTHER] == 20
    assert len(tallies.template_errors) == ERROR_TYPES + 1


def test_a_failing_template_is_known_until_it_renders_or_its_worker_is_gone() -> None:
    with simulate(World(), group("p", device("a", template="{{ .NOT }}"))) as sim:
        sim.run(1)
        assert sim.core.tallies.failing_templates == {"p/a": "device"}
        sim.declare(group("p", device("a", template="{{ .NOT }}", user={"NOT": 1})))
        sim.run(1)
        assert not sim.core.tallies.failing_templates
        sim.declare(group("p", device("a", template="{{ .NOT }}")))
        sim.run(1)
        sim.declare(group("p"))
        sim.run(30)
        assert "p/a" not in sim
        assert not sim.core.tallies.failing_templates


def test_how_far_a_change_of_a_variable_went_down() -> None:
    """From where it was made: at the root two levels, at the group below it one."""
    inner = group("in", device("a"), user={"B": 1})
    with simulate(World(), group("p", inner, user={"A": 1})) as sim:
        sim.run(1)
        assert sim.core.tallies.variable_levels == 0
        sim.set_variable("p", "A", 2)
        sim.run(1)
        assert sim.core.tallies.variable_levels == 2
        sim.set_variable("p/in", "B", 2)
        sim.run(1)
        assert sim.core.tallies.variable_levels == 1
        sim.declare(group("p", group("in", device("a"), user={"B": 1}), user={"Z": 3}))
        sim.run(1)
        assert sim.core.tallies.variable_levels == 2, "declared, as well as set"
