"""Locations: levels and aliases, merge, path, and the naming rule of the namespace."""

from __future__ import annotations

import pickle
from decimal import Decimal
from typing import Any

import pytest

import fsmv2.model.location
from fsmv2.errors import LocationError
from fsmv2.model import (
    LocationConflict,
    compute_location_path,
    location_variables,
    merge_locations,
    normalise_location,
)


@pytest.mark.parametrize(
    "raw",
    [
        {"enterprise": "acme", "line": "l1"},
        {"0": "acme", "3": "l1"},
        {0: "acme", 3: "l1"},
        {"productionLine": "l1", "enterprise": " acme "},
        [{"enterprise": "acme"}, {"line": "l1"}],
        ({"3": "l1"}, {0: "acme"}),
    ],
)
def test_every_spelling_gives_the_one_canonical_location(raw: Any) -> None:
    """Names, aliases, numbers; a map or a list; in order of level, values trimmed."""
    location = normalise_location(raw)
    assert location == {"enterprise": "acme", "line": "l1"}
    assert list(location) == ["enterprise", "line"]
    assert location is normalise_location({"enterprise": "acme", "line": "l1"})


def test_a_location_is_in_the_order_of_levels_however_it_was_written() -> None:
    """Which is not that of the alphabet."""
    names = ["enterprise", "site", "area", "line", "cell", "5", "10"]
    assert list(normalise_location(dict.fromkeys(sorted(names), "x"))) == names
    merged = merge_locations({"site": "x", "10": "x"}, {"area": "x", "enterprise": "x"})
    assert list(merged) == ["enterprise", "site", "area", "10"]


def test_a_level_is_a_text_or_a_number_and_nothing_that_looks_like_one() -> None:
    """No document gives such a key, but a program may."""
    with pytest.raises(LocationError, match=r"There is no location level Decimal\('3'\)"):
        normalise_location({Decimal(3): "a"})


def test_levels_beyond_the_standard_have_numbers() -> None:
    """From 5 on; `workCell` is the cell."""
    assert normalise_location({6: "b", "5": "a", "workCell": "c"}) == {
        "cell": "c",
        "5": "a",
        "6": "b",
    }


def test_a_location_has_all_the_levels_that_there_may_be_and_no_more() -> None:
    """However it is written; a list of millions is not even gone through."""
    raw = {str(n): f"x{n}" for n in range(32)}
    assert len(normalise_location(raw)) == 32
    for more in ({**raw, "line": "a"}, [{n: "a"} for n in range(33)]):
        with pytest.raises(LocationError) as caught:
            normalise_location(more, path="place")
        assert str(caught.value) == (
            "place: This location has 33 levels; a location has at most 32. "
            "Check what is read here as a location."
        )


@pytest.mark.parametrize("raw", [None, {}, []])
def test_nothing_is_the_empty_location(raw: Any) -> None:
    """And the empty location gives the empty path."""
    assert normalise_location(raw) == {}
    assert compute_location_path(normalise_location(raw)) == ""


@pytest.mark.parametrize(
    ("raw", "message", "place"),
    [
        ({"line": "a", 3: "b"}, "'line' is given twice", "location.3"),
        ({"line": "a", "productionLine": "a"}, "given twice", "location.productionLine"),
        ([{"site": "a"}, {"site": "a"}], "given twice", "location.site"),
        ({"liny": "a"}, "no location level 'liny'", "location.liny"),
        ({True: "a"}, "no location level True", "location.True"),
        ({-1: "a"}, "no location level -1", "location.-1"),
        ({"32": "a"}, "no location level '32'", "location.32"),
        ("acme.cologne", "a map or a list", "location"),
        ([{"site": "a", "area": "b"}], "map with one key", "location[0]"),
        (["site"], "map with one key", "location[0]"),
        ({"site": 7}, "expected text", "location.site"),
        ({"site": None}, "expected text", "location.site"),
        ({"site": "  "}, "is empty", "location.site"),
        ({"site": "unknown"}, "reserved", "location.site"),
    ],
)
def test_a_wrong_location_is_refused_at_its_place(raw: Any, message: str, place: str) -> None:
    """With what was expected."""
    with pytest.raises(LocationError, match=message) as caught:
        normalise_location(raw)
    assert caught.value.path == place


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (
            {"line": "a", 3: "b"},
            (
                "location.3: The level 'line' is given twice, the second time as '3'. "
                "Keep one of them."
            ),
        ),
        *[
            (
                wrong,
                (
                    "location: A location is a map or a list of single-key maps, not "
                    f"{kind}. Write {{enterprise: acme, site: cologne}}."
                ),
            )
            for wrong, kind in (
                ("acme", "text"),
                (7, "a number"),
                (1.5, "a number"),
                ({"acme"}, "set"),
            )
        ],
        (
            [{"site": "a"}, "area"],
            (
                "location[1]: Each entry of a location list is a map with one key. "
                "Write - {enterprise: acme}."
            ),
        ),
        (
            {None: "a"},
            (
                "location.None: There is no location level None. Known: area, cell, "
                "enterprise, line, productionLine, site, workCell. Or a number from 0 to 31."
            ),
        ),
        (
            {"site": 7},
            'location.site: The location\'s site is 7, expected text. Quote it: "7".',
        ),
    ],
)
def test_what_is_wrong_with_a_location_is_said_in_whole_sentences(raw: Any, said: str) -> None:
    """Where, what, what was expected, and the fix."""
    with pytest.raises(LocationError) as caught:
        normalise_location(raw)
    assert str(caught.value) == said
    with pytest.raises(LocationError) as caught:
        normalise_location(raw, path="bridges[0].location")
    assert str(caught.value) == said.replace("location", "bridges[0].location", 1)


def test_a_level_may_be_written_with_space_around_it() -> None:
    """As its value may."""
    assert normalise_location({" line ": "l1"}) == {"line": "l1"}


def test_no_more_than_so_many_locations_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond them equal locations are equal still, and no longer one object."""
    monkeypatch.setattr(fsmv2.model.location, "_shared", {})
    monkeypatch.setattr(fsmv2.model.location, "_SHARED_LIMIT", 2)
    made = [normalise_location({"site": name}) for name in "abc"]
    again = [normalise_location({"site": name}) for name in "abc"]
    assert made == again
    assert [one is two for one, two in zip(made, again, strict=True)] == [True, True, False]


def test_a_misspelt_level_names_the_nearest() -> None:
    """And all of them."""
    with pytest.raises(LocationError) as caught:
        normalise_location({"enterprize": "a"})
    assert "Did you mean 'enterprise'?" in caught.value.fix
    assert "workCell" in caught.value.fix


@pytest.mark.parametrize("sign", [".", "/", "*", ">", "+", "#", " ", "\t", "\n", "\u00a0"])
def test_unclean_values_are_refused_with_a_clean_proposal(sign: str) -> None:
    """Separators, wildcards and white space of NATS and MQTT."""
    with pytest.raises(LocationError) as caught:
        normalise_location({"area": f"a{sign}b"})
    assert caught.value.fix == "Use 'a-b'."


def test_the_child_overrides_level_by_level() -> None:
    """Either side in any spelling."""
    merged = merge_locations({"0": "acme", "line": "l1"}, {"productionLine": "l2", "cell": "c"})
    assert merged == {"enterprise": "acme", "line": "l2", "cell": "c"}


def test_where_the_agent_owns_its_levels_the_loser_is_reported() -> None:
    """Only levels on which the two disagree, in the order of levels."""
    conflicts: list[LocationConflict] = []
    merged = merge_locations(
        {"enterprise": "acme", "site": "cologne"},
        {"enterprise": "acme", "site": "bonn", "area": "a"},
        parent_wins=True,
        conflicts=conflicts,
    )
    assert merged == {"enterprise": "acme", "site": "cologne", "area": "a"}
    assert conflicts == [LocationConflict(level="site", kept="cologne", lost="bonn")]


def test_the_losers_are_told_in_the_order_of_levels_whoever_wins() -> None:
    """By default the child does."""
    conflicts: list[LocationConflict] = []
    parent, child = {"cell": "c", "0": "a"}, {"0": "x", "cell": "y", "5": "z"}
    merge_locations(parent, child, conflicts=conflicts)
    assert [(c.level, c.kept, c.lost) for c in conflicts] == [
        ("enterprise", "x", "a"),
        ("cell", "y", "c"),
    ]


def test_merging_with_nothing_shares_the_other_side() -> None:
    """A tree without locations of its own holds one object."""
    location = normalise_location({"site": "c"})
    assert merge_locations(location, {}) is location
    assert merge_locations({}, location) is location


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ({}, ""),
        ({"enterprise": "acme"}, "acme"),
        ({"enterprise": "acme", "cell": "c"}, "acme.unknown.unknown.unknown.c"),
        ({"site": "s"}, "unknown.s"),
        ({"enterprise": "a", "site": "b", "area": "c", "line": "d", "cell": "e"}, "a.b.c.d.e"),
        ({"cell": "e", "6": "g"}, "unknown.unknown.unknown.unknown.e.unknown.g"),
    ],
)
def test_each_missing_level_between_two_present_ones_is_unknown(
    location: dict[str, str], path: str
) -> None:
    """Trailing missing levels are dropped."""
    assert compute_location_path(location) == path


def test_templates_see_names_and_numbers() -> None:
    """Missing levels are absent, so that a template that reads one is told."""
    assert location_variables({"0": "acme", "5": "x"}) == {
        "enterprise": "acme",
        "0": "acme",
        "5": "x",
    }


def test_locations_survive_pickle() -> None:
    """And are the shared object again."""
    location = normalise_location({"site": "c"})
    assert pickle.loads(pickle.dumps(location)) is location  # noqa: S301  (our own bytes)
