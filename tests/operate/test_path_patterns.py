"""Paths by pattern: within a level, over levels, and none twice."""

from __future__ import annotations

import fnmatch

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fsmv2.errors import UnknownPathError
from fsmv2.operate.path_patterns import matching
from fsmv2.path_pattern import is_pattern

KNOWN = ["edge", "edge/filler1", "edge/filler1/read", "edge/filler2", "edge/capper", "edge/a.b"]


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["edge/filler*"], ["edge/filler1", "edge/filler2"]),
        (["edge/filler?"], ["edge/filler1", "edge/filler2"]),
        (["edge/filler[2]"], ["edge/filler2"]),
        (["edge/*"], ["edge/filler1", "edge/filler2", "edge/capper", "edge/a.b"]),
        (["**/read"], ["edge/filler1/read"]),
        (["edge/**"], ["edge/filler1", "edge/filler2", "edge/capper", "edge/a.b"]),
        (["**"], ["edge"]),
        (["edge/a.*"], ["edge/a.b"]),
        (["gone/of/before"], ["gone/of/before"]),
        (["edge/capper", "edge/c*"], ["edge/capper"]),
        (["edge/filler1/read", "edge/filler1"], ["edge/filler1"]),
        (["edge/a[.x]b"], ["edge/a.b"]),
        (["edge/filler[!2]"], ["edge/filler1"]),
        (["edge/*r[0-9]"], ["edge/filler1", "edge/filler2"]),
    ],
)
def test_a_pattern_stands_for_paths_of_the_tree(patterns: list[str], found: list[str]) -> None:
    assert matching(patterns, KNOWN) == found


def test_a_pattern_without_a_path_is_an_error_with_the_nearest() -> None:
    with pytest.raises(UnknownPathError, match="no path of this tree matches 'edge/fuller\\*'"):
        matching(["edge/fuller*"], KNOWN)


def test_a_plain_path_is_no_pattern() -> None:
    assert not is_pattern("edge/filler_1")
    assert is_pattern("edge/filler?")


@pytest.mark.parametrize("pattern", ["edge[!x]capper", "edge?capper", "edge/a[b-a]", "edge/[z"])
def test_no_level_is_crossed_and_nothing_broken_matches(pattern: str) -> None:
    with pytest.raises(UnknownPathError):
        matching([pattern], KNOWN)


def test_a_path_that_looks_like_a_pattern_is_taken_as_it_is() -> None:
    known = ["edge/tank[1]", "edge/tank1", "edge/what?"]
    assert matching(["edge/tank[1]", "edge/what?"], known) == ["edge/tank[1]", "edge/what?"]


@given(pattern=st.text("ab.*?", min_size=1, max_size=8), name=st.text("ab.\n", max_size=8))
def test_within_a_level_it_is_what_a_shell_does(pattern: str, name: str) -> None:
    assume("**" not in pattern and is_pattern(pattern))
    try:
        found = matching([pattern], [name])
    except UnknownPathError:
        found = []
    assert bool(found) == fnmatch.fnmatchcase(name, pattern)
