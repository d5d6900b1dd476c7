"""Plain data as any type: what msgspec refuses is explained part by part, all at once."""

from __future__ import annotations

import enum
from typing import Any

import msgspec
import pytest

from fsmv2.errors import SpecError
from fsmv2.model.decoder.plain_data import convert, problems_of, problems_of_fields


class Mode(enum.Enum):
    SLOW = "slow"


class Part(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: str
    size: int = 0


class Open(msgspec.Struct, kw_only=True):
    parts: list[Part] = []
    mode: Mode = Mode.SLOW


class Tree(msgspec.Struct):
    below: list[Tree] = []


class Raising(msgspec.Struct):
    size: int = 0

    def __post_init__(self) -> None:
        raise KeyError("lost")


def test_what_fits_has_no_problems() -> None:
    assert problems_of({"parts": [{"name": "a"}], "mode": "slow", "more": 1}, Open) == []
    assert problems_of([1, 2], set[int]) == []


def test_every_problem_has_its_place_below_the_given_path() -> None:
    data = {"parts": [{"name": 1}, {"size": "x", "nam": ""}], "mode": "fast"}
    found = problems_of(data, Open, "config")
    assert [problem.path for problem in found] == [
        "config.parts[0].name",
        "config.parts[1].size",
        "config.parts[1].nam",
        "config.mode",
    ]


def test_fields_that_a_struct_does_not_know_are_wrong_only_if_it_forbids_them() -> None:
    assert problems_of_fields({"more": 1}, Open) == []
    (problem,) = problems_of_fields({"name": "a", "siez": 1}, Part)
    assert "siez" in problem.message
    assert "size" in problem.fix


def test_data_that_holds_itself_is_refused_as_nested_too_deeply() -> None:
    circle: dict[str, Any] = {}
    circle["below"] = [circle]
    with pytest.raises(SpecError, match="nested too deeply"):
        convert(circle, Tree)
    assert [p.message for p in problems_of(circle, Tree)] == ["The data is nested too deeply."]


def test_a_rule_of_a_type_that_raises_anything_else_is_named() -> None:
    with pytest.raises(SpecError, match="KeyError") as caught:
        convert({"size": 1}, Raising)
    assert "ValueError" in caught.value.fix


def test_half_of_a_surrogate_pair_is_refused_with_the_way_to_read_it() -> None:
    with pytest.raises(SpecError, match="surrogate") as caught:
        convert({"\ud800": 1}, Part)
    assert "UTF-8" in caught.value.fix
