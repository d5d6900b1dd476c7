"""What is wrong with a template is one problem, with the names of those made from it."""

from __future__ import annotations

from fsmv2 import Diagnostic
from fsmv2.diagnostic import Mark, Related
from fsmv2.plant.shared_problems import SharedProblems

ONE = Diagnostic(code="FSM0211", message="it is wrong.", fix="Mend a.")


def merged(*owners: tuple[str, str], fixes: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    found = SharedProblems({"Mend a.": "Mend each."})
    for at, (kind, name) in enumerate(owners):
        fix = fixes[at] if fixes else ONE.fix
        found.add(kind, name, Diagnostic(code=ONE.code, message=ONE.message, fix=fix))
    return [(one.message, one.fix) for one in found.merged()]


def test_owners_are_listed_and_many_are_counted() -> None:
    bridges = [("bridge", name) for name in "abcdefg"]
    assert merged(bridges[0]) == [("bridge 'a': it is wrong.", "Mend a.")]
    assert merged(*bridges[:2]) == [("bridges 'a' and 'b': it is wrong.", "Mend a.")]
    assert merged(*bridges[:3]) == [("bridges 'a', 'b' and 'c': it is wrong.", "Mend a.")]
    assert merged(*bridges) == [("bridges 'a', 'b' and 5 more: it is wrong.", "Mend a.")]
    both = merged(("bridge", "a"), ("process", "p"))
    assert both == [("bridge 'a' and process 'p': it is wrong.", "Mend a.")]


def test_where_their_fixes_differ_the_one_for_several_is_given() -> None:
    two = (("bridge", "a"), ("bridge", "b"))
    assert merged(*two, fixes=("Mend a.", "Mend b."))[0][1] == "Mend each."


def test_one_template_that_makes_another_value_for_each_is_one_mistake() -> None:
    """With fifty bridges it is reported once, with the value of the first."""
    mark = Mark("p.yaml", 3, 5)
    found = SharedProblems({})
    for name in ("a", "b", "c"):
        found.add(
            "bridge", name, Diagnostic(code="FSM0150", message=f"'{name}' is none.", mark=mark)
        )
    (only,) = found.merged()
    assert only.message == "bridge 'a': 'a' is none (and so for 2 more bridges)."


def test_two_mistakes_of_one_bridge_at_one_place_stay_two() -> None:
    mark = Mark("p.yaml", 3, 5)
    found = SharedProblems({})
    for what in ("one", "other"):
        found.add("bridge", "a", Diagnostic(code="FSM0150", message=f"{what}.", mark=mark))
    assert [one.message for one in found.merged()] == ["bridge 'a': one.", "bridge 'a': other."]


def used(name: str, line: int) -> Diagnostic:
    use = Related(message="it is used here", mark=Mark("p.yaml", 3, 5), source="unit: ...")
    mark = Mark("p.yaml", line, 1)
    return Diagnostic(
        code="FSM0123", message=f"{name} is too large.", mark=mark, fix="Write 5.", related=(use,)
    )


def test_a_variable_that_is_wrong_in_every_bridge_of_a_template_is_a_mistake_of_that() -> None:
    found = SharedProblems({})
    for line, name in enumerate(("a", "b", "c"), 10):
        found.made(name, "plc")
        found.add("bridge", name, used(name, line))
    (only,) = found.merged()
    assert only.message == "bridges 'a', 'b' and 'c': a is too large."
    assert only.mark == Mark("p.yaml", 3, 5)
    assert [one.mark for one in only.related] == [Mark("p.yaml", 10, 1)]
    assert only.fix == (
        "Name another variable in the template, or correct the value of each: write 5."
    )


def test_a_variable_that_is_wrong_in_some_of_them_is_reported_where_each_is_set() -> None:
    found = SharedProblems({})
    for line, name in enumerate(("a", "b", "c", "d"), 10):
        found.made(name, "plc")
        if name != "d":
            found.add("bridge", name, used(name, line))
    assert [one.mark for one in found.merged()] == [Mark("p.yaml", n, 1) for n in (10, 11, 12)]
