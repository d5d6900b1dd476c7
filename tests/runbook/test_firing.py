"""An alert is tried on what a tree exports: gauges as they are, counters as they have grown."""

from __future__ import annotations

import pytest
from firing import silent

GROWN = """\
# TYPE fsmv2_store_failing gauge
fsmv2_store_failing 1.0
fsmv2_restart_failures_total{type="process"} 8.0
"""
CALM = """\
fsmv2_store_failing 0.0
fsmv2_restart_failures_total{type="process"} 2.0
"""


@pytest.mark.thorough
@pytest.mark.parametrize("alert", ["StoreFailing", "RestartFailures"])
def test_an_alert_fires_in_trouble_and_is_silent_otherwise(alert: str) -> None:
    assert silent(GROWN, (alert,)) == ""
    assert alert in silent(CALM, (alert,))
