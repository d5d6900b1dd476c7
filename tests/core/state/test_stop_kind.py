"""The kinds of stop: the table in the documentation of the file is what the code does."""

from __future__ import annotations

import pytest

from fsmv2.core.state import stop_kind
from fsmv2.core.state.stop_kind import StopKind

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (stop_kind.__doc__ or "").splitlines()
    if line.startswith("| ") and "requested by" not in line
]


def test_the_table_has_a_row_for_every_kind() -> None:
    assert [row[0] for row in ROWS] == [kind.value for kind in StopKind]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_kind_is_as_the_table_says(row: list[str]) -> None:
    name, _, end, stored, meanwhile = row
    kind = StopKind(name)
    assert kind.is_top is (end == "its own")
    assert kind.deletes_stored is (stored == "is deleted")
    assert kind.gives_way is (meanwhile == "gives way to it")


def test_only_a_removal_can_be_called_off() -> None:
    assert [kind for kind in StopKind if kind.can_be_called_off] == [StopKind.REMOVE]
