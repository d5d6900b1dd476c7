"""Each alert fires in its situation, and is silent in its neighbour's; tried by promtool."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from debian_tools import debian_program
from fsmv2.metrics.catalogue import METRICS
from promtool import OPS, RULES, promtool


class Case(msgspec.Struct, frozen=True):
    """Series that make an alert fire, and those that nearly do; a value each minute."""

    fires: dict[str, str]
    silent: dict[str, str]
    at: str = "20m"
    still: dict[str, str] = {}
    """Series that are there in both."""


def buckets(name: str, labels: str, le: str, below: str, every: str) -> dict[str, str]:
    """A histogram of which one bound matters."""
    return {
        f'{name}_bucket{{{labels}le="{le}"}}': below,
        f'{name}_bucket{{{labels}le="+Inf"}}': every,
        f"{name}_count{{{labels.rstrip(',')}}}": every,
    }


RENDERED = "fsmv2_template_rendering_duration_seconds"
LOOKED = "fsmv2_reconciliation_duration_seconds"
SPREAD = "fsmv2_tick_propagation_duration_seconds"
ACCEPTED = 'fsmv2_flow_samples_total{direction="in",result="accepted"}'
ACKNOWLEDGED = 'fsmv2_flow_samples_total{direction="out",result="acknowledged"}'

CASES = {
    "FsmDown": Case({"up": "0x60"}, {"up": "1x60"}),
    "NoProgress": Case({"fsmv2_ticks_total": "7x60"}, {"fsmv2_ticks_total": "0+1x60"}),
    "EscalationActive": Case(
        {'fsmv2_escalations_active{type="bridge"}': "0x18 1x40"},
        {'fsmv2_escalations_active{type="bridge"}': "0x60"},
    ),
    "WorkerInTrouble": Case(
        {'fsmv2_workers_in_trouble{type="connection"}': "0x16 1x40"},
        {'fsmv2_workers_in_trouble{type="connection"}': "0x19 1x40"},
    ),
    "CircuitOpen": Case(
        {'fsmv2_circuits_open{type="bridge"}': "0x14 1x40"},
        {'fsmv2_circuits_open{type="bridge"}': "0x16 1x40"},
    ),
    "InfrastructureFailsOften": Case(
        {'fsmv2_infrastructure_check_failures_total{type="bridge",check="a"}': "0 0+1x60"},
        {'fsmv2_infrastructure_check_failures_total{type="bridge",check="a"}': "0x10 3x50"},
        at="50m",
    ),
    "RestartFailures": Case(
        {'fsmv2_restart_failures_total{type="process"}': "0+1x60"},
        {'fsmv2_restart_failures_total{type="process"}': "0x10 4x50"},
    ),
    "ActionQueueLong": Case(
        {'fsmv2_worker_pool_queue_size{pool="all"}': "21x60"},
        {'fsmv2_worker_pool_queue_size{pool="all"}': "500x16 20x44"},
    ),
    "ActionsTimeOut": Case(
        {'fsmv2_action_timeout_total{type="dataflow",action="start_flow"}': "0+1x60"},
        {'fsmv2_action_timeout_total{type="dataflow",action="start_flow"}': "0x10 2x50"},
    ),
    "SlowTemplates": Case(
        {
            **buckets(RENDERED, 'type="bridge",', "0.001", "0+9x60", "0+10x60"),
            f'{RENDERED}_bucket{{type="bridge",le="0.01"}}': "0+10x60",
        },
        {
            **buckets(RENDERED, 'type="bridge",', "0.001", "0+99x60", "0+100x60"),
            f'{RENDERED}_bucket{{type="bridge",le="0.01"}}': "0+100x60",
        },
    ),
    "TemplateErrors": Case(
        {'fsmv2_templates_failing{type="bridge"}': "0x10 2x50"},
        {'fsmv2_templates_failing{type="bridge"}': "2x10 0x50"},
    ),
    "SlowReconciliation": Case(
        buckets(LOOKED, 'type="agent",', "0.1", "0+1x60", "0+2x60"),
        buckets(LOOKED, 'type="agent",', "0.1", "0+2x60", "0+2x60"),
    ),
    "SlowPropagation": Case(
        {**buckets(SPREAD, "", "0.05", "0+1x60", "0+2x60"), "fsmv2_active_supervisors": "999x60"},
        {**buckets(SPREAD, "", "0.05", "0+1x60", "0+2x60"), "fsmv2_active_supervisors": "1000x60"},
    ),
    "StaleObservations": Case(
        {'fsmv2_observations_stale{type="connection"}': "0x16 1x40"},
        {'fsmv2_observations_stale{type="connection"}': "0x19 1x40"},
    ),
    "LoopLag": Case(
        {'fsmv2_loop_lag_seconds{loop="work"}': "0.3x60"},
        {'fsmv2_loop_lag_seconds{loop="work"}': "0.2x60"},
    ),
    "StoreFailing": Case({"fsmv2_store_failing": "1x60"}, {"fsmv2_store_failing": "1x18 0x40"}),
    "StoreBehind": Case({"fsmv2_store_lag_seconds": "6x60"}, {"fsmv2_store_lag_seconds": "4x60"}),
    "MemoryGrows": Case(
        {'process_resident_memory_bytes{job="fsmv2"}': "100+1x900"},
        {'process_resident_memory_bytes{job="fsmv2"}': "1000+1x900"},
        at="12h",
        still={
            'process_start_time_seconds{job="fsmv2"}': "7x900",
            'fsmv2_generation{job="fsmv2"}': "3x900",
        },
    ),
    "SupervisorsGrow": Case(
        {"fsmv2_active_supervisors": "6x60", 'fsmv2_children_declared{type="agent"}': "4x60"},
        {"fsmv2_active_supervisors": "5x60", 'fsmv2_children_declared{type="agent"}': "4x60"},
    ),
    "SamplesNotAcknowledged": Case(
        {ACCEPTED: "0+100x60", ACKNOWLEDGED: "0+80x60"},
        {ACCEPTED: "0+100x60", ACKNOWLEDGED: "0+99x60"},
    ),
    "WriteCommandsRefused": Case(
        {'fsmv2_write_commands_total{outcome="unknown"}': "0x18 1x40"},
        {'fsmv2_write_commands_total{outcome="written"}': "0+5x60"},
    ),
    "OverrideOld": Case(
        {"fsmv2_override_oldest_seconds": "86401x60"}, {"fsmv2_override_oldest_seconds": "86399x60"}
    ),
    "DocumentDiffers": Case(
        {"fsmv2_document_differs": "1x200"}, {"fsmv2_document_differs": "0x60 1x50"}, at="100m"
    ),
}


def situation(alert: str, series: dict[str, str], at: str, *, fires: bool) -> dict[str, Any]:
    """One situation, and whether the alert fires in it."""
    where = 'job="fsmv2",instance="edge"'
    named = []
    for name, values in series.items():
        metric, _, labels = name.partition("{")
        labels = labels.rstrip("}")
        own = ",".join(one for one in (labels, where) if one and 'job="' not in labels) or (
            f'{labels},instance="edge"'
        )
        named.append({"series": f"{metric}{{{own}}}", "values": values})
    expected = [{"labels": "{}", "value": 1}] if fires else []
    return {
        "interval": "1m",
        "name": f"{alert} {'fires' if fires else 'is silent'}",
        "input_series": named,
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})',
                "eval_time": at,
                "exp_samples": expected,
            }
        ],
    }


def test_every_alert_has_its_situations() -> None:
    names = [rule["alert"] for rule in RULES]
    assert [*CASES] == names
    assert len({*names}) == len(names)


@pytest.mark.thorough
def test_each_fires_in_its_situation_and_not_in_its_neighbours(tmp_path: Path) -> None:
    tests = [
        situation(alert, {**series, **case.still}, case.at, fires=fires)
        for alert, case in CASES.items()
        for series, fires in ((case.fires, True), (case.silent, False))
    ]
    assert promtool(tmp_path, tests) == ""


def test_the_summary_names_the_worker_and_the_description_its_reason(tmp_path: Path) -> None:
    """And another machine's are left out."""
    total = 'fsmv2_workers_in_trouble{job="fsmv2",instance="edge",type="connection"}'
    name = 'fsmv2_worker_in_trouble{{instance="{}",type="connection",path="{}",state="down",'
    name += 'reason="connection refused"}}'
    rule = next(one for one in RULES if one["alert"] == "WorkerInTrouble")
    test = {
        "interval": "1m",
        "input_series": [
            {"series": total, "values": "1x10"},
            {"series": name.format("edge", "edge/filler/connection"), "values": "1x10"},
            {"series": name.format("other", "other/x/connection"), "values": "1x10"},
        ],
        "alert_rule_test": [
            {
                "eval_time": "5m",
                "alertname": "WorkerInTrouble",
                "exp_alerts": [
                    {
                        "exp_labels": {
                            "severity": "page",
                            "job": "fsmv2",
                            "instance": "edge",
                            "type": "connection",
                        },
                        "exp_annotations": {
                            **rule["annotations"],
                            "summary": "1 connection in trouble: edge/filler/connection",
                            "description": "Degraded, failed, or failing repeatedly. "
                            "edge/filler/connection is down: connection refused.",
                        },
                    }
                ],
            }
        ],
    }
    assert promtool(tmp_path, [test]) == ""


def test_rules_and_catalogue_name_the_same_alerts() -> None:
    """A metric says which alert uses it, and the rule does; one that nobody has is a mistake."""
    rules = {rule["alert"]: yaml.safe_dump(rule) for rule in RULES}
    for metric in METRICS.values():
        if metric.alert:
            assert metric.name in rules[metric.alert], metric.name
    using = {m.alert for m in METRICS.values() if m.alert}
    assert {*rules} - using == {"FsmDown", "MemoryGrows"}, "they use up and process_*"


def test_rules_that_name_a_job_name_that_of_the_example() -> None:
    """`up` and `process_*` are not ours alone; under another name such an alert never fires."""
    scraped = yaml.safe_load((OPS / "prometheus.yml").read_text())["scrape_configs"]
    named = {job for rule in RULES for job in re.findall(r'job="([^"]*)"', rule["expr"])}
    assert named == {"fsmv2"}
    assert named <= {one["job_name"] for one in scraped}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_says_how_bad_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert {*rule["annotations"]} == {"summary", "description", "action", "runbook_url"}
    assert rule["annotations"]["runbook_url"].startswith("docs/runbook/")


def test_the_examples_are_valid() -> None:
    for tool, words in (
        ("promtool", ["check", "rules", "alerts.yaml"]),
        ("promtool", ["check", "config", "prometheus.yml"]),
        ("amtool", ["check-config", "alertmanager.yml"]),
    ):
        done = subprocess.run(
            [str(debian_program(tool)), *words], cwd=OPS, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
