"""The Grafana dashboards of `ops/dashboards`, made by code so that a query stands in one place.

The builders are those of grafana-foundation-sdk, which Grafana makes of its own schema: a field
that Grafana would not know does not get past them. They are needed only here, not by fsmv2.
"""

from __future__ import annotations

from typing import Any

import msgspec
from grafana_foundation_sdk.builders import dashboard as boards
from grafana_foundation_sdk.builders import heatmap, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    DataSourceRef,
    VariableOption,
)

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
HERE = 'instance=~"$instance"'
PAGE = "docs/reference/alerts.md"
"""Where the links of panels lead, unless the variable of the dashboard names your copy of it."""
RATE = "[$__rate_interval]"

KINDS = {
    "graph": timeseries.Panel,
    "heat map": heatmap.Panel,
    "number": stat.Panel,
    "table": table.Panel,
}


class Chart(msgspec.Struct, frozen=True):
    """One panel. `queries`: legend → PromQL; `alert`: the one it belongs to, for its link."""

    title: str
    queries: dict[str, str]
    unit: str = "short"
    kind: str = "graph"
    alert: str = ""
    wide: bool = False
    meaning: str = ""


def total(metric: str, *by: str, **labels: str) -> str:
    """The sum of a gauge by some labels."""
    return f"sum by ({', '.join(by)}) ({metric}{{{_labels(labels)}}})"


def rate(metric: str, *by: str, **labels: str) -> str:
    """Events per second."""
    return f"sum by ({', '.join(by)}) (rate({metric}{{{_labels(labels)}}}{RATE}))"


def quantile(share: float, metric: str, *by: str) -> str:
    """Seconds within which this share of them took place."""
    inner = ", ".join((*by, "le"))
    return f"histogram_quantile({share}, sum by ({inner}) (rate({metric}_bucket{{{HERE}}}{RATE})))"


def _labels(labels: dict[str, str]) -> str:
    return ", ".join([HERE, *(f'{name}="{value}"' for name, value in labels.items())])


IN_TROUBLE = Chart(
    "Who needs a look, and why",
    {"": f"sum by (instance, type, path, state, reason) (fsmv2_worker_in_trouble{{{HERE}}})"},
    kind="table",
    alert="WorkerInTrouble",
    wide=True,
    meaning="The workers nearest to the cause; empty while all is well.",
)

DASHBOARDS: dict[str, tuple[str, tuple[Chart, ...]]] = {
    "overview": (
        "fsmv2: overview",
        (
            Chart("Workers", {"workers": total("fsmv2_active_supervisors")}, kind="number"),
            Chart(
                "In trouble",
                {"in trouble": total("fsmv2_workers_in_trouble")},
                kind="number",
                alert="WorkerInTrouble",
            ),
            Chart(
                "Open circuits",
                {"open": total("fsmv2_circuits_open")},
                kind="number",
                alert="CircuitOpen",
            ),
            Chart(
                "Escalations",
                {"escalated": total("fsmv2_escalations_active")},
                kind="number",
                alert="EscalationActive",
            ),
            IN_TROUBLE,
            Chart("Workers by phase", {"{{phase}}": total("fsmv2_workers", "phase")}),
            Chart(
                "Circuits and escalations",
                {
                    "open circuits of {{type}}": total("fsmv2_circuits_open", "type"),
                    "escalations of {{type}}": total("fsmv2_escalations_active", "type"),
                },
                alert="CircuitOpen",
            ),
            Chart(
                "Lag of the loops",
                {"{{loop}}": f"max by (loop) (fsmv2_loop_lag_seconds{{{HERE}}})"},
                "s",
                alert="LoopLag",
            ),
            Chart(
                "Store",
                {
                    "behind": f"max(fsmv2_store_lag_seconds{{{HERE}}})",
                    "commit, 95 %": quantile(0.95, "fsmv2_store_commit_duration_seconds"),
                },
                "s",
                alert="StoreBehind",
            ),
            Chart("Memory", {"{{instance}}": f"process_resident_memory_bytes{{{HERE}}}"}, "bytes"),
            Chart("Processor", {"{{instance}}": rate("process_cpu_seconds_total", "instance")}),
            Chart(
                "Document",
                {
                    "generation of {{instance}}": f"fsmv2_generation{{{HERE}}}",
                    "overrides": total("fsmv2_overrides"),
                },
                alert="DocumentDiffers",
            ),
        ),
    ),
    "recovery": (
        "fsmv2: infrastructure recovery",
        (
            IN_TROUBLE,
            Chart(
                "Restarts",
                {"{{type}}: {{reason}}": rate("fsmv2_restarts_total", "type", "reason")},
                "ops",
            ),
            Chart(
                "Attempts that failed again",
                {"{{type}}": rate("fsmv2_restart_failures_total", "type")},
                "ops",
                alert="RestartFailures",
            ),
            Chart(
                "Faults that opened a circuit",
                {
                    "{{type}}: {{check}}": rate(
                        "fsmv2_infrastructure_check_failures_total", "type", "check"
                    )
                },
                "ops",
                alert="InfrastructureFailsOften",
            ),
            Chart(
                "Answers of checks",
                {
                    "{{check}}: {{status}}": rate(
                        "fsmv2_child_health_check_total", "check", "status"
                    )
                },
                "ops",
            ),
            Chart(
                "Downtime until a circuit closed",
                {
                    "half of them": quantile(0.5, "fsmv2_infrastructure_recovery_duration_seconds"),
                    "19 of 20": quantile(0.95, "fsmv2_infrastructure_recovery_duration_seconds"),
                },
                "s",
            ),
            Chart(
                "Restarts within the hour before, by type",
                {"{{type}}": f"sum by (type) (increase(fsmv2_restarts_total{{{HERE}}}[1h]))"},
                kind="heat map",
                meaning="A row a worker type, a cell a moment: the more restarts, the brighter.",
            ),
            Chart(
                "Escalations",
                {"{{type}}": rate("fsmv2_escalations_total", "type")},
                "ops",
                alert="EscalationActive",
            ),
        ),
    ),
    "actions": (
        "fsmv2: actions",
        (
            Chart(
                "Waiting",
                {"{{pool}}": f"max by (pool) (fsmv2_worker_pool_queue_size{{{HERE}}})"},
                alert="ActionQueueLong",
            ),
            Chart(
                "Slots taken",
                {"{{pool}}": f"max by (pool) (fsmv2_worker_pool_utilization{{{HERE}}})"},
                "percentunit",
            ),
            Chart(
                "Wait for a slot",
                {"19 of 20": quantile(0.95, "fsmv2_action_queue_wait_seconds")},
                "s",
            ),
            Chart(
                "Duration, 19 of 20",
                {
                    "{{type}} {{action}}": quantile(
                        0.95, "fsmv2_action_execution_duration_seconds", "type", "action"
                    )
                },
                "s",
            ),
            Chart(
                "How they ended",
                {
                    "{{type}} {{action}}: {{status}}": rate(
                        "fsmv2_actions_completed_total", "type", "action", "status"
                    )
                },
                "ops",
            ),
            Chart(
                "Timed out, stuck",
                {
                    "timed out: {{type}} {{action}}": rate(
                        "fsmv2_action_timeout_total", "type", "action"
                    ),
                    "stuck: {{type}}": total("fsmv2_actions_stuck", "type"),
                },
                alert="ActionsTimeOut",
            ),
            Chart(
                "Under way when a circuit opened",
                {"{{type}}": rate("fsmv2_actions_during_circuit_total", "type")},
                "ops",
            ),
        ),
    ),
    "hierarchy": (
        "fsmv2: hierarchy",
        (
            IN_TROUBLE,
            Chart(
                "Children by type of the parent",
                {
                    "{{type}}": total("fsmv2_children", "type"),
                    "{{type}}: declared": total("fsmv2_children_declared", "type"),
                },
            ),
            Chart("Levels", {"levels": f"max(fsmv2_tick_depth{{{HERE}}})"}),
            Chart(
                "Children added, updated, removed, recreated",
                {
                    "{{type}}: {{operation}}": rate(
                        "fsmv2_reconciliation_total", "type", "operation"
                    )
                },
                "ops",
            ),
            Chart(
                "Reconciliation, 19 of 20",
                {"{{type}}": quantile(0.95, "fsmv2_reconciliation_duration_seconds", "type")},
                "s",
                alert="SlowReconciliation",
            ),
            Chart(
                "From a change at the root to the last derive, 19 of 20",
                {"propagation": quantile(0.95, "fsmv2_tick_propagation_duration_seconds")},
                "s",
                alert="SlowPropagation",
            ),
            Chart("Ticks by cause", {"{{cause}}": rate("fsmv2_tick_causes_total", "cause")}, "ops"),
            Chart(
                "A tick, 19 of 20",
                {"tick": quantile(0.95, "fsmv2_tick_duration_seconds")},
                "s",
            ),
            Chart(
                "Oldest observation",
                {
                    "{{type}}": "max by (type) (fsmv2_observation_age_seconds"
                    f'{{{HERE}, quantile="1"}})'
                },
                "s",
                alert="StaleObservations",
            ),
        ),
    ),
    "templates": (
        "fsmv2: templates",
        (
            Chart(
                "To render, 19 of 20",
                {"{{type}}": quantile(0.95, "fsmv2_template_rendering_duration_seconds", "type")},
                "s",
                alert="SlowTemplates",
            ),
            Chart(
                "Errors",
                {
                    "{{type}}: {{error_type}}": rate(
                        "fsmv2_template_rendering_errors_total", "type", "error_type"
                    ),
                    "failing: {{type}}": total("fsmv2_templates_failing", "type"),
                },
                alert="TemplateErrors",
            ),
            Chart(
                "Found compiled",
                {
                    "share": f"sum(rate(fsmv2_template_cache_hits_total{{{HERE}}}{RATE})) / "
                    f"(sum(rate(fsmv2_template_cache_hits_total{{{HERE}}}{RATE})) + "
                    f"sum(rate(fsmv2_template_cache_misses_total{{{HERE}}}{RATE})))"
                },
                "percentunit",
            ),
            Chart(
                "Overlay of variables, 19 of 20",
                {"merge": quantile(0.95, "fsmv2_variable_merge_duration_seconds")},
                "s",
            ),
        ),
    ),
    "flows": (
        "fsmv2: data flows",
        (
            Chart(
                "Samples",
                {
                    "{{direction}} {{result}}": rate(
                        "fsmv2_flow_samples_total", "direction", "result"
                    )
                },
                "ops",
                alert="SamplesNotAcknowledged",
            ),
            Chart("Bytes", {"payloads": rate("fsmv2_flow_bytes_total")}, "Bps"),
            Chart(
                "Not acknowledged yet",
                {"{{of}}": f"max by (of) (fsmv2_flow_queue_depth{{{HERE}}})"},
                alert="SamplesNotAcknowledged",
            ),
            Chart("Errors", {"{{kind}}": rate("fsmv2_flow_errors_total", "kind")}, "ops"),
            Chart(
                "Connected",
                {
                    "flows": total("fsmv2_flows"),
                    "{{side}}": total("fsmv2_flow_connected", "side"),
                },
            ),
            Chart(
                "Polls left out",
                {"{{reason}}": rate("fsmv2_flow_polls_skipped_total", "reason")},
                "ops",
            ),
            Chart(
                "Write commands",
                {"{{outcome}}": rate("fsmv2_write_commands_total", "outcome")},
                "ops",
                alert="WriteCommandsRefused",
            ),
        ),
    ),
}
"""By file name: the title, and the panels from left to right and top to bottom."""


def dashboard_json(name: str) -> str:
    """The text of one dashboard, as Grafana imports it."""
    title, charts = DASHBOARDS[name]
    built = (
        boards.Dashboard(title)
        .uid(f"fsmv2-{name}")
        .tags(["fsmv2"])
        .refresh("30s")
        .time("now-3h", "now")
        .with_variable(
            boards.DatasourceVariable("datasource").label("Prometheus").type("prometheus")
        )
        .with_variable(
            boards.QueryVariable("instance")
            .label("Instance")
            .datasource(SOURCE)
            .query("label_values(fsmv2_build_info, instance)")
            .multi(True)
            .include_all(True)
            .current(VariableOption(text="All", value="$__all"))
        )
        .with_variable(
            boards.TextBoxVariable("runbook").label("Page of the alerts").default_value(PAGE)
        )
        .link(boards.DashboardLink("Alerts").type(DashboardLinkType.LINK).url("${runbook}"))
    )
    for chart in charts:
        built = built.with_panel(_panel(chart))
    return str(JSONEncoder(sort_keys=True, indent=1).encode(built.build())) + "\n"


def _panel(chart: Chart) -> Any:
    panel = KINDS[chart.kind]().title(chart.title).datasource(SOURCE).unit(chart.unit)
    panel = panel.span(24 if chart.wide else 6 if chart.kind == "number" else 12)
    panel = panel.height(4 if chart.kind == "number" else 8)
    if chart.meaning:
        panel = panel.description(chart.meaning)
    if chart.alert:
        link = boards.DashboardLink(f"{chart.alert}: what to do").type(DashboardLinkType.LINK)
        panel = panel.links([link.url(f"${{runbook}}#{chart.alert.lower()}").target_blank(True)])
    for number, (legend, query) in enumerate(chart.queries.items()):
        target = prometheus.Dataquery().expr(query).ref_id(chr(ord("A") + number))
        if chart.kind == "table":
            target = target.format("table").instant()
        if chart.kind == "heat map":
            target = target.format("heatmap")
        panel = panel.with_target(target.legend_format(legend) if legend else target)
    return panel
