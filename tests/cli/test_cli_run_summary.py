"""The exit code of a run, and what its summary says."""

from __future__ import annotations

from test_cli_live_tree import node

from fsmv2.cli.exit_codes import DROPPED, FAILED, OK, UNSETTLED
from fsmv2.cli.run_summary import exit_code, summary
from fsmv2.core import Condition
from fsmv2.runtime import TreeView


def test_h80_lost_samples_have_an_exit_code_of_their_own_and_are_counted_by_flow() -> None:
    lost = {"p/filler/dfc_read": 812, "p/capper/dfc_read": 1}
    assert exit_code(forced=[], dropped={}, waiting={}) == OK
    assert exit_code(forced=[], dropped=lost, waiting={"p/x": "why"}) == DROPPED == 5
    assert exit_code(forced=[], dropped={}, waiting={"p/x": "why"}) == UNSETTLED
    assert exit_code(forced=["p/x"], dropped=lost, waiting={}) == FAILED
    text, data = summary(TreeView(0.0, ()), [], [], {}, lost)
    assert "lost: 812 samples of p/filler/dfc_read, read and not taken by the broker" in text
    assert "lost: 1 sample of p/capper/dfc_read" in text
    assert data["dropped"] == lost


def test_one_that_runs_and_is_not_healthy_is_in_the_summary() -> None:
    condition = Condition("Mapped", "False", "asks for 'on'", 0.0)
    ill = node("edge", healthy=False, conditions=(condition,))
    text, data = summary(TreeView(0.0, (ill, node("edge/a"))), [], [], {}, {})
    assert text == ("before the stop: 2 supervisors: 2 running (1 of the running not healthy)")
    assert data["unhealthy"] == {"edge": "Mapped: asks for 'on'; as it should be"}
