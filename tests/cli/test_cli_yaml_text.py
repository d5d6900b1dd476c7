"""YAML of plain data says the same when it is read, and what YAML itself would write."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fsmv2.cli.yaml_text import yaml_text
from fsmv2.escaping import printable

TEXTS = st.text(max_size=12) | st.sampled_from(
    ["1", "yes", "~", "- a", "a: b", "# c", " ", "\n", "a\n\nb", "x" * 130, "word " * 40, "\u2028"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(DATA)
def test_it_is_read_back_as_it_was(value: Any) -> None:
    text = yaml_text(value)
    assert yaml.safe_load(text) == value
    assert printable(text) == text


def test_parts_that_are_equal_and_of_other_types_are_kept_apart() -> None:
    value = {"a": {"x": 1}, "b": {"x": True}, "c": {"x": 1.0}, "d": {"x": "1"}}
    assert yaml_text(value) == yaml.safe_dump(value)


@pytest.mark.parametrize("value", [{}, [], {"a": {}}, {"a": []}, [{"a": {"b": [1, {}]}}]])
def test_it_is_what_yaml_writes(value: Any) -> None:
    assert yaml_text(value) == yaml.safe_dump(value)
