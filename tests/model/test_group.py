"""Groups of siblings: which are refused, and how that is worded."""

from __future__ import annotations

from typing import Any

import pytest

from fsmv2.errors import SpecError
from fsmv2.model import (
    Group,
)


def test_a_group_says_who_is_restarted_with_whom() -> None:
    all_, rest = Group("one_for_all", ("a", "b", "c")), Group("rest_for_one", ("a", "b", "c"))
    assert [all_.affected(n) for n in "abcd"] == [("b", "c"), ("a", "c"), ("a", "b"), ()]
    assert [rest.affected(n) for n in "abcd"] == [("b", "c"), ("c",), (), ()]
    assert [rest.before(n) for n in "abcd"] == [(), ("a",), ("a", "b"), ()]
    assert all_.before("c") == ()


@pytest.mark.parametrize(
    ("strategy", "members", "said"),
    [
        ("one_for_al", ("a", "b"), "Did you mean 'one_for_all'?"),
        ("one_for_all", ("a",), "expected at least two"),
        ("one_for_all", ("a", "b", "a"), "names 'a' twice"),
        ("one_for_all", "ab", "expected a list of names"),
    ],
)
def test_a_group_that_cannot_be_meant_is_refused(strategy: Any, members: Any, said: str) -> None:
    with pytest.raises(SpecError, match=said.replace("?", r"\?")):
        Group(strategy, members)
