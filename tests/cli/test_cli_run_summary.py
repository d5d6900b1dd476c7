"""The exit code of a run, and what its summary says."""

from __future__ import annotations

from tests.operate.node_view import node

from fsmv2.cli.exit_codes import DROPPED, FAILED, OK, PENDING
from fsmv2.cli.run_summary import EXIT_CODES, summary
from fsmv2.core import Condition
from fsmv2.operate.run_outcome import RunOutcome
from fsmv2.runtime import TreeView
from fsmv2.worker import Phase

NOBODY = TreeView(0.0, ())


def test_h80_lost_samples_have_an_exit_code_of_their_own_and_are_counted_by_flow() -> None:
    lost = {"p/filler/dfc_read": 812, "p/capper/dfc_read": 1}
    waiting = {"p/x": "why"}
    text, data = summary(RunOutcome(before=NOBODY, dropped=lost))
    assert "lost: 812 samples of p/filler/dfc_read, read and not taken by the broker" in text
    assert "lost: 1 sample of p/capper/dfc_read" in text
    assert data["dropped"] == lost
    assert data["exit"] == DROPPED == 5
    for outcome, code in (
        (RunOutcome(before=NOBODY), OK),
        (RunOutcome(before=NOBODY, unsettled=waiting), PENDING),
        (RunOutcome(before=NOBODY, unsettled=waiting, dropped=lost), DROPPED),
        (RunOutcome(before=NOBODY, forced=("p/x",), dropped=lost), FAILED),
    ):
        assert EXIT_CODES[outcome.verdict] == code


def test_one_that_runs_and_is_not_healthy_is_in_the_summary() -> None:
    condition = Condition("Mapped", "False", "asks for 'on'", 0.0)
    ill = node("edge", "agent", "running", Phase.RUNNING, healthy=False, conditions=(condition,))
    text, data = summary(
        RunOutcome(before=TreeView(0.0, (ill, node("edge/a", "bridge", "active", Phase.RUNNING))))
    )
    assert text == ("before the stop: 2 workers: 2 running (1 of the running not healthy)")
    assert data["unhealthy"] == {"edge": "Mapped: asks for 'on'; because"}
