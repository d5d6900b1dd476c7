"""What an output into the namespace refuses, and which locations it takes."""

from __future__ import annotations

import pytest

from fsmv2 import SpecError
from fsmv2.flow import UnsOutput


def test_an_output_needs_a_location_and_a_clean_contract() -> None:
    with pytest.raises(SpecError, match=r"needs at least its first level.*contract"):
        UnsOutput(url="nats://127.0.0.1", location_path="", contract="_ra w")


@pytest.mark.parametrize("location", ["acme.>", "acme.*", "ac me", "acme..line", "acme. line", "."])
def test_a_location_that_would_break_a_subject_is_refused(location: str) -> None:
    with pytest.raises(SpecError, match="location level"):
        UnsOutput(url="nats://127.0.0.1", location_path=location)


def test_a_location_without_its_first_level_is_refused() -> None:
    with pytest.raises(SpecError, match="the location has no enterprise"):
        UnsOutput(url="nats://127.0.0.1", location_path="unknown.cologne")


def test_a_location_may_have_levels_that_are_missing() -> None:
    config = UnsOutput(url="nats://127.0.0.1", location_path="acme.unknown.line-1")
    assert config.location_path == "acme.unknown.line-1"
