"""`fsmv2.name_suggestions`: what somebody may have meant who wrote a name that is not known."""

from __future__ import annotations

import pytest

from fsmv2.errors import UndefinedVariableError
from fsmv2.model import render_template
from fsmv2.name_suggestions import nearest, nearest_names, one_of, suggest


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("environment", ["cwd", "env"], "env"),
        ("temp", ["template", "temperature_of_the_oil"], "template"),
        ("x", ["xyz"], None),
        ("en", ["environment"], None),
        ("gone", ["env"], None),
    ],
)
def test_a_word_in_full_is_near_to_its_short_form(
    name: str, known: list[str], found: str | None
) -> None:
    assert nearest(name, known) == found


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("enabled", "rename", None),
        ("index", "kind", None),
        ("fast", "at", None),
        ("prot", "port", "port"),
        ("adress", "address", "address"),
        ("tempaltes", "templates", "templates"),
        ("wordOrder", "word_order", "word_order"),
        ("procs", "processes", "processes"),
    ],
)
def test_another_word_of_like_letters_is_not_near(name: str, known: str, found: str | None) -> None:
    assert nearest(name, [known]) == found


def test_the_nearest_of_very_many_names_is_found_in_bounded_work() -> None:
    """A thousand unknown names among a hundred thousand known ones."""
    known = [f"pump_{n}" for n in range(100_000)]
    assert nearest("pump_17a", known[:100]) == "pump_17"
    assert nearest("pmup_17", ["other"] * 1000 + ["pump_17"]) == "pump_17"
    assert nearest("x" * 1_000_000, known) is None
    scope = dict.fromkeys(known, 1)
    for n in range(20):
        with pytest.raises(UndefinedVariableError) as caught:
            render_template(f"{{{{ .pump_x{n} }}}}", scope)
        assert len(str(caught.value)) < 2000


def test_a_suggestion_names_the_nearest_and_what_is_known() -> None:
    assert suggest("hots", ["port", "host"]) == "Did you mean 'host'? Known: host, port."
    assert suggest("zzzz", ["port", "host"]) == "Known: host, port."
    assert suggest("host", []) == ""


def test_a_suggestion_stays_short_whatever_is_known() -> None:
    text = suggest("x", [f"{'n' * 5000}{n}" for n in range(25)])
    assert len(text) < 5000
    assert text.endswith(", and 5 more.")


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("int", ["int16", "int32", "int64", "float32"], ["int16", "int32", "int64"]),
        ("INT16", ["int16", "int32"], ["int16"]),
        ("int17", ["int16", "int32"], ["int16"]),
        ("ab", ["ab1", "ab2", "ab3", "ab4"], []),
        ("zzz", ["a"], []),
    ],
)
def test_names_that_are_as_near_are_proposed_together(
    name: str, known: list[str], found: list[str]
) -> None:
    """And none of too many: which of them is meant, nobody can say."""
    assert nearest_names(name, known) == found


def test_names_are_listed_with_or() -> None:
    assert [one_of(["a"]), one_of(["a", "b"]), one_of(["a", "b", "c"])] == [
        "a",
        "a or b",
        "a, b or c",
    ]
