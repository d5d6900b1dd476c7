"""Names: the rule of the namespace, and what is proposed instead."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from variable_strategies import LAW

from fsmv2.errors import LocationError
from fsmv2.model import (
    check_name_part,
    clean_name_part,
)


@LAW
@given(st.text(max_size=12))
@example("a b/c")
@example(" . ")
def test_a_proposed_name_is_a_good_name(text: str) -> None:
    """What `check_name_part` refuses, it can be given cleaned; what it accepts stays."""
    try:
        kept = check_name_part(text, "name")
    except LocationError as error:
        cleaned, fix = clean_name_part(text), error.fix
    else:
        assert kept == text.strip()
        return
    if cleaned:
        assert check_name_part(cleaned, "name") == cleaned
        assert cleaned in fix


@pytest.mark.parametrize(
    ("value", "fix"),
    [(7, 'Quote it: "7".'), (None, ""), ("#", "Use letters, digits, '-' and '_'."), ("a\x00", "")],
)
def test_a_name_part_that_cannot_be_cleaned_says_what_to_use(value: Any, fix: str) -> None:
    """Numbers are to be quoted; what is nothing but signs has no proposal."""
    with pytest.raises(LocationError) as caught:
        check_name_part(value, "tag name")
    assert "tag name" in str(caught.value)
    assert fix in caught.value.fix


def test_a_proposal_is_never_the_reserved_value() -> None:
    """`unknown.` must not be cleaned to `unknown`."""
    assert clean_name_part("unknown.") == ""
    assert clean_name_part(".a b.") == "a-b"
