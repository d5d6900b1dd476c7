"""Copies of nested data: containers are copied, all else is shared."""

from __future__ import annotations

from typing import Any

import pytest

from fsmv2.model.data.plain_copy import MAX_LEVELS, detach


def test_detach_leaves_other_objects_alone() -> None:
    """Only containers are copied."""
    marker = object()
    assert detach([marker])[0] is marker


def test_a_copy_shares_no_container_with_the_original() -> None:
    original: dict[str, Any] = {"a": [1, {"b": {2}}], "t": ([3],)}
    copied = detach(original)
    assert copied == original
    copied["a"][1]["b"].add(4)
    copied["t"][0].append(5)
    assert original == {"a": [1, {"b": {2}}], "t": ([3],)}


def test_data_that_holds_itself_is_refused_whatever_the_limit_of_the_program() -> None:
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(RecursionError, match=f"over {MAX_LEVELS} levels"):
        detach(circle)


def test_as_many_levels_as_are_allowed_are_copied() -> None:
    assert detach([[1]], levels=2) == [[1]]
    with pytest.raises(RecursionError):
        detach([[1]], levels=1)
