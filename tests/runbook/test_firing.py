"""An alert is tried on what a tree exports: gauges as they are, counters as they have grown."""

from __future__ import annotations

import time

import pytest
from firing import Export, noisy, silent
from troubled_machines import AGENT, FILLER
from troubled_tree import in_trouble

from free_ports import free_ports

GROWN = """\
# TYPE fsmv2_store_failing gauge
fsmv2_store_failing 1.0
fsmv2_restart_failures_total{type="process"} 8.0
fsmv2_override_oldest_seconds 2.0
"""
CALM = """\
fsmv2_store_failing 0.0
fsmv2_restart_failures_total{type="process"} 2.0
fsmv2_override_oldest_seconds 0.0
"""


@pytest.mark.thorough
@pytest.mark.parametrize("alert", ["StoreFailing", "RestartFailures", "OverrideOld"])
def test_an_alert_fires_in_trouble_and_is_silent_otherwise(alert: str) -> None:
    assert silent(Export(alerts=(alert,), metrics=GROWN)) == ""
    assert alert in silent(Export(alerts=(alert,), metrics=CALM))


@pytest.mark.thorough
def test_a_counter_can_go_on_growing_as_it_did_between_two_exports() -> None:
    name = "fsmv2_infrastructure_check_failures_total"
    before, after = f'{name}{{type="bridge"}} 1.0', f'{name}{{type="bridge"}} 2.0'
    once = Export(alerts=("InfrastructureFailsOften",), before=before, metrics=after)
    again = Export(alerts=("InfrastructureFailsOften",), before=before, metrics=after, goes_on=True)
    assert silent(once) != ""
    assert silent(again) == ""


@pytest.mark.real
@pytest.mark.thorough
def test_no_alert_fires_on_what_a_healthy_tree_exports() -> None:
    """Once it is up and only does its work; a busy machine is waited for: LoopLag may be true."""
    port, mqtt = free_ports(2)
    limit = time.monotonic() + 240
    engine = f"engine: {{resync: 1s}}\nbroker: {{port: {port}, mqtt_port: {mqtt}}}\n"
    with in_trouble(AGENT + engine + FILLER) as tree:
        tree.until("edge/filler", "fsmv2 status --state active -o name")
        before = tree.run("fsmv2 metrics")
        while wrong := noisy(before, tree.run("fsmv2 metrics")):
            assert time.monotonic() < limit, wrong
            time.sleep(0.5)
