"""Whether an alert fires on what a tree really exports, in the hours after it.

Time is promtool's. A gauge stays as it is, or has changed once; an age grows by a minute each
minute; a counter has grown once, or goes on growing as it did between two exports.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from promtool import RULES, promtool

WHERE = 'job="fsmv2",instance="edge"'
CHANGE, LASTS = 90, 100
"""Minutes: what is exported changes after the first, and then the alerts are looked at for so long:
longer than a rule looks back, and waits."""
LONGER = {"MemoryGrows": (450, 100), "OverrideOld": (1, 1500)}
"""Those that look back seven hours, or wait for an age of a day."""
SAMPLE = re.compile(r"^([a-z]\w*)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
COUNTED = re.compile(r"_(total|count|sum|bucket)$")
AGES = re.compile(r"^fsmv2_(override_oldest|store_lag|observation_stale)_seconds$")
ALERTS = tuple(rule["alert"] for rule in RULES)


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """What a tree exported at two moments, and the alerts that fire on it.

    `before` is empty where only counters have changed, from 0. `goes_on`: they go on growing, each
    minute by as much as between the two.
    """

    alerts: tuple[str, ...]
    metrics: str
    before: str = ""
    goes_on: bool = False


def silent(export: Export) -> str:
    """What promtool says of its alerts that do not fire; nothing: all do."""
    return _differs(export, dict.fromkeys(export.alerts, True))


def noisy(before: str, metrics: str) -> str:
    """What promtool says of alerts that fire on a tree in no trouble; nothing: none does."""
    export = Export(alerts=ALERTS, before=before, metrics=metrics, goes_on=True)
    return _differs(export, dict.fromkeys(ALERTS, False))


def _differs(export: Export, expected: Mapping[str, bool]) -> str:
    change, lasts = max(LONGER.get(one, (CHANGE, LASTS)) for one in export.alerts)
    look = [
        {
            "expr": f'count(count_over_time(ALERTS{{alertname="{alert}",alertstate="firing"}}'
            f"[{lasts}m])) > bool 0",
            "eval_time": f"{change + lasts}m",
            "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
        }
        for alert, fires in expected.items()
    ]
    test = {
        "interval": "1m",
        "input_series": [*_series(export, change, lasts)],
        "promql_expr_test": look,
    }
    with tempfile.TemporaryDirectory() as folder:
        return promtool(Path(folder), [test], every="5m" if lasts > LASTS else "1m")


def _series(export: Export, change: int, lasts: int) -> Iterator[dict[str, str]]:
    rules = " ".join(rule["expr"] for rule in RULES if rule["alert"] in export.alerts)
    named = {"up", *re.findall(r"[a-z]\w+", rules)}
    earlier = {(name, labels): value for name, labels, value in SAMPLE.findall(export.before)}
    for name, labels, value in SAMPLE.findall(export.metrics):
        if name not in named:
            continue
        counted = COUNTED.search(name) is not None
        before = float(earlier.get((name, labels), 0 if counted else value))
        age = AGES.search(name) is not None and float(value) > 0
        values = f"{before:f}x{change} {float(value):f}+{60 * age}x{lasts}"
        if counted and export.goes_on:
            slope = float(value) - before  # below zero before it began to count, which is no matter
            values = f"{before - slope * change:f}+{slope:f}x{change + lasts}"
        every = ",".join(one for one in (labels, WHERE) if one)
        yield {"series": f"{name}{{{every}}}", "values": values}
