"""The health and readiness of a tree as lines for a person."""

from __future__ import annotations

from collections.abc import Iterator

from fsmv2.cli.console import Part, count, styled
from fsmv2.operate.health_data import Health, HealthReport, PartHealth, Readiness
from fsmv2.operate.time_text import local_times

COLOURS = {"ok": "green", "degraded": "yellow", "stuck": "red"}


def health_lines(report: HealthReport) -> Iterator[list[Part]]:
    """One line a part, then who is not there, and whether the document is newer than all that."""
    yield from _of_fsmv2(report.health)
    yield from _of_tree(report.readiness)
    if report.document_change:
        yield [styled("document", fg="yellow", bold=True), f": {report.document_change}"]


def _of_fsmv2(health: Health) -> Iterator[list[Part]]:
    parts = {
        "supervision": (health.supervision, "decided {} ago"),
        "workers": (health.workers, "their loop ran {} ago"),
        "flows": (health.flows, "their loop ran {} ago"),
        "store": (health.store, "the oldest change waits for {}"),
    }
    yield [styled(health.status, fg=COLOURS[health.status], bold=True), ": fsmv2 itself"]
    for name, (part, proof) in parts.items():
        colour = COLOURS[part.status]
        yield ["  ", styled(f"{part.status:9}", fg=colour), f" {name:12} {_proof(part, proof)}"]


def _of_tree(readiness: Readiness) -> Iterator[list[Part]]:
    if readiness.ready:
        yield [
            styled("ready", fg="green", bold=True),
            f": {count(readiness.workers, 'worker')}, each is as it was asked to be",
        ]
        return
    yield [styled("not ready", fg="yellow", bold=True), f": {readiness.reason}"]
    for path, reason in readiness.unsettled.items():
        yield [f"  {path}  {local_times(reason)}"]
    more = readiness.unsettled_total - len(readiness.unsettled)
    if more:
        yield [f"  and {more} more"]


def _proof(part: PartHealth, text: str) -> str:
    if part.reason:
        return part.reason
    if part.age is None:
        return "nothing to do yet"
    if text.startswith("the oldest") and not part.age:
        return "everything is written"
    return text.format(f"{part.age:.1f} s")
