"""Which rows a filter asks for; a name that cannot be is a mistake, not an empty answer."""

from __future__ import annotations

from typing import Any

import pytest
from test_convergence import FACTORY
from worker_rows import plant, row

from fsmv2.errors import UnknownFilterError, UnknownPathError
from fsmv2.operate.worker_filter import WorkerFilter
from fsmv2.operate.worker_matching import matching_rows

ROWS = [*plant(3, broken=1), row("edge/b0", "bridge", state="stopped", phase="stopped")]


def found(**which: Any) -> list[str]:
    return [one.path for one in matching_rows(WorkerFilter(**which), ROWS, FACTORY)]


def test_nothing_asked_for_is_everybody() -> None:
    assert found() == [one.path for one in ROWS]


def test_a_path_is_it_and_all_below_and_nobody_whose_name_only_begins_so() -> None:
    assert found(path="edge/b00000") == [
        "edge/b00000",
        "edge/b00000/connection",
        "edge/b00000/dfc_read",
    ]
    assert found(path="edge/b0") == ["edge/b0"]


def test_a_pattern_is_what_matches_and_all_below() -> None:
    assert found(path="**/connection") == [f"edge/b0000{n}/connection" for n in range(3)]
    assert found(path="edge/b0000[12]") == [
        *("edge/b00001", "edge/b00001/connection", "edge/b00001/dfc_read"),
        *("edge/b00002", "edge/b00002/connection", "edge/b00002/dfc_read"),
    ]


def test_several_are_divided_by_commas_and_all_filters_have_to_match() -> None:
    assert found(type="broker, agent") == ["edge", "edge/broker"]
    assert found(type="bridge", phase="stopped") == ["edge/b0"]
    assert found(state="stopped,active", type="broker") == ["edge/broker"]
    assert found(trouble=True) == ["edge", "edge/b00000", "edge/b00000/connection"]


def test_a_state_that_exists_and_in_which_nobody_is_is_an_empty_answer() -> None:
    assert found(state="starting_connection") == []


@pytest.mark.parametrize(
    ("which", "error", "message", "fix"),
    [
        ({"path": "edge/b1"}, UnknownPathError, "no worker 'edge/b1'", "edge/b0"),
        ({"path": "*/x*"}, UnknownPathError, "no path of this tree matches", "Known"),
        ({"type": "brigde"}, UnknownFilterError, "no type 'brigde'", "'bridge'"),
        ({"state": "activ"}, UnknownFilterError, "has a state 'activ'", "'active'"),
        ({"phase": "runing"}, UnknownFilterError, "no phase 'runing'", "'running'"),
    ],
)
def test_a_name_that_is_none_is_refused_with_the_nearest(
    which: dict[str, Any], error: type[Exception], message: str, fix: str
) -> None:
    with pytest.raises(error, match=message) as raised:
        found(**which)
    assert fix in getattr(raised.value, "fix", "")
