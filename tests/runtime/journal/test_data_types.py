"""`fsmv2.runtime.journal.data_types`: classes by the names that a journal gives them."""

from __future__ import annotations

import pytest

from fsmv2.core.state.parts import ControlDecision
from fsmv2.runtime.journal.data_types import RENAMED, DataTypes
from fsmv2.worker import WorkerFactory


def test_a_class_is_found_by_the_name_it_had_before() -> None:
    find = DataTypes(WorkerFactory())
    assert find("fsmv2.core.state.parts:Decision") is ControlDecision
    assert find("fsmv2.core.state.parts:ControlDecision") is ControlDecision


@pytest.mark.parametrize("former", RENAMED)
def test_what_was_renamed_is_there(former: str) -> None:
    now = RENAMED[former]
    found = DataTypes(WorkerFactory())(former)
    assert f"{found.__module__}:{found.__qualname__}" == now
