"""The reference page of the metrics, read from their catalogue."""

from __future__ import annotations

from fsmv2.metrics.catalogue import AREAS
from fsmv2.metrics.metric import Metric

TEXT = """# Metrics

{note}
What Prometheus reads of a running tree, in its text format or as OpenMetrics. A scrape reads
counters that fsmv2 keeps anyway, on a thread of its own: nothing is held up by it, and between two
scrapes nothing is done for it.

**Labels** are of small sets: worker type, state, action, check, cause and the like. `type` is the
worker type. **`path` is a label only on series that exist while something is wrong**: they name who
it is, at most 200 of each metric, and `fsmv2_series_dropped` counts the others. So alerts fire on
totals, which always exist, at 0 as well, and a hundred thousand healthy workers cost nothing. More
or less of them, and series of their own for a few workers at any time, are a setting:

```yaml
agent: {{name: edge}}
engine:
  metrics:
    series: 500
    paths: "…/filler*"
```

Durations are histograms in seconds, with few buckets, so that quantiles are no more precise than
those. A metric whose name in the design was another one says so. **Alert** is the name of the alert
that uses it, of those that fsmv2 comes with.

Besides, there are `process_*`: processor time, memory, open files and start of the process.
"""


def metrics_page(note: str) -> str:
    """All metrics, area by area."""
    parts = [TEXT.format(note=note)]
    for area, metrics in AREAS.items():
        rows = "\n".join(map(_row, metrics))
        head = "| metric | type | labels | meaning | alert |\n|---|---|---|---|---|"
        parts.append(f"## {area}\n\n{head}\n{rows}\n")
    return "\n".join(parts)


def _row(metric: Metric) -> str:
    kind = f"{metric.kind}, {metric.unit}" if metric.unit else metric.kind
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    meaning = metric.meaning
    if metric.buckets:
        meaning += f" Buckets: {', '.join(f'{bound:g}' for bound in metric.buckets)}."
    if metric.formerly:
        meaning += f" In the design: {metric.formerly}."
    return f"| `{metric.name}` | {kind} | {labels} | {meaning} | {metric.alert} |"
