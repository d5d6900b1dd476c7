"""Paths by pattern: within a level, over levels, and none twice."""

from __future__ import annotations

import pytest

from fsmv2.errors import UnknownPathError
from fsmv2.operate.path_patterns import is_pattern, matching

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
