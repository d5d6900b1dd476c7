"""The reference page of the alerts, made from the rules themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from fsmv2.metrics.catalogue import METRICS

RULES = Path(__file__).resolve().parent.parent / "ops" / "alerts.yaml"

TEXT = """# Alerts

{note}
The rules of `ops/alerts.yaml`, for a Prometheus that scrapes fsmv2. Each fires on a total, which
always exists; its summary names the workers. `page` wants somebody now, `ticket` on the next
working day. [Monitor with Prometheus](../how-to/monitor-with-prometheus.md) shows how to use them,
[Metrics](metrics.md) says what is measured.

| alert | severity | after | what it means |
|---|---|---|---|
{rows}
"""


def alerts_page(note: str) -> str:
    """Every alert: when it fires, what it means, what to do."""
    rules: list[dict[str, Any]] = yaml.safe_load(RULES.read_text())["groups"][0]["rules"]
    rows = "\n".join(
        f"| [{rule['alert']}](#{rule['alert'].lower()}) | {rule['labels']['severity']} "
        f"| {rule.get('for', 'at once')} | {_plain(rule['annotations']['description'])} |"
        for rule in rules
    )
    return "\n".join([TEXT.format(note=note, rows=rows), *map(_alert, rules)])


def _alert(rule: dict[str, Any]) -> str:
    uses = ", ".join(f"`{m.name}`" for m in METRICS.values() if m.alert == rule["alert"])
    uses = f"It uses {uses}.\n\n" if uses else ""
    return (
        f"## {rule['alert']}\n\n{_plain(rule['annotations']['description'])}\n\n"
        f"**What to do.** {rule['annotations']['action']}\n\n{uses}"
        f"```promql\n{rule['expr']}\n```\n"
    )


def _plain(text: str) -> str:
    """Without the parts that Prometheus fills in."""
    return text.partition("{{")[0].strip()
