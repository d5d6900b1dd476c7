"""Patterns of paths: which paths each one means."""

from __future__ import annotations

import pytest

from fsmv2 import SpecError
from fsmv2.path_pattern import is_pattern, path_pattern


@pytest.mark.parametrize(
    ("pattern", "path", "meant"),
    [
        ("edge/filler*", "edge/filler1", True),
        ("edge/filler*", "edge/filler1/read", False),
        ("edge/**", "edge/filler1/read", True),
        ("…/filler*", "filler1", True),
        ("…/filler*", "edge/hall/filler1", True),
        (".../filler*", "edge/hall/filler1", True),
        ("…/filler*", "edge/hall/fuller1", False),
        ("…/filler*", "edge/hall/filler1/read", False),
        ("…/read", "edge/thread", False),
        ("edge/…", "edge/…", True),
        ("edge/a.b", "edge/axb", False),
    ],
)
def test_a_pattern_means_whole_paths(pattern: str, path: str, meant: bool) -> None:
    assert bool(path_pattern(pattern).fullmatch(path)) == meant


def test_what_is_above_may_be_left_out() -> None:
    assert is_pattern("…/filler")
    assert is_pattern(".../filler")
    assert not is_pattern("edge/filler")


def test_what_is_no_pattern_is_said() -> None:
    with pytest.raises(SpecError, match=r"'edge/\[b-a\]' is not a pattern"):
        path_pattern("edge/[b-a]")
