"""The reference page of the alerts, made from the rules themselves."""

from __future__ import annotations

from typing import Any

from fsmv2.metrics.catalogue import METRICS
from fsmv2.operate.runbook import alert_rules, plain

TEXT = """# Alerts

{note}
The rules of `ops/alerts.yaml`, for a Prometheus that scrapes fsmv2. Each fires on a total, which
always exists; its summary names the workers. `page` wants somebody now, `ticket` on the next
working day. [Monitor with Prometheus](../how-to/monitor-with-prometheus.md) shows how to use them,
[Metrics](metrics.md) says what is measured, and [the runbook](../runbook/README.md) has what to
check and to do, step by step, as does `fsmv2 explain ALERT`.

| alert | severity | after | what it means |
|---|---|---|---|
{rows}
"""


def alerts_page(note: str) -> str:
    """Every alert: when it fires, what it means, what to do."""
    rules = alert_rules()
    rows = "\n".join(
        f"| [{rule['alert']}](#{rule['alert'].lower()}) | {rule['labels']['severity']} "
        f"| {rule.get('for', 'at once')} | {plain(rule['annotations']['description'])} |"
        for rule in rules
    )
    return "\n".join([TEXT.format(note=note, rows=rows), *map(_alert, rules)])


def _alert(rule: dict[str, Any]) -> str:
    uses = ", ".join(f"`{m.name}`" for m in METRICS.values() if m.alert == rule["alert"])
    uses = f"It uses {uses}.\n\n" if uses else ""
    return (
        f"## {rule['alert']}\n\n{plain(rule['annotations']['description'])}\n\n"
        f"**What to do.** {rule['annotations']['action']} [Step by step]"
        f"({rule['annotations']['runbook_url'].replace('docs/', '../', 1)}).\n\n{uses}"
        f"```promql\n{rule['expr']}\n```\n"
    )
