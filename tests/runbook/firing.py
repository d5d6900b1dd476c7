"""Whether an alert fires on what a tree really exports, if that stays as it is for long enough."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from promtool import RULES, promtool

WHERE = 'job="fsmv2",instance="edge"'
JUMP, END, LOOK = 90, 125, "95m"
"""Minutes: counters are at 0 before the first; the alerts are looked at between the two."""
SAMPLE = re.compile(r"^([a-z]\w*)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
COUNTED = re.compile(r"_(total|count|sum|bucket)$")


def silent(metrics: str, alerts: tuple[str, ...]) -> str:
    """What promtool says of alerts that do not fire; nothing: all do."""
    rules = " ".join(rule["expr"] for rule in RULES if rule["alert"] in alerts)
    named = {*re.findall(r"[a-z]\w+", rules)}
    series = []
    for name, labels, value in SAMPLE.findall(metrics):
        if name not in named:
            continue
        before = "0" if COUNTED.search(name) else value
        every = ",".join(one for one in (labels, WHERE) if one)
        series.append(
            {"series": f"{name}{{{every}}}", "values": f"{before}x{JUMP} {value}x{END - JUMP}"}
        )
    look = [
        {
            "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) > bool 0',
            "eval_time": LOOK,
            "exp_samples": [{"labels": "{}", "value": 1}],
        }
        for alert in alerts
    ]
    test = {"interval": "1m", "input_series": series, "promql_expr_test": look}
    with tempfile.TemporaryDirectory() as folder:
        return promtool(Path(folder), [test])
