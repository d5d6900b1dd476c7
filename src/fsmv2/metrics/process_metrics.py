"""Figures of the process: its loops, store and journal, the document and what overrides it."""

from __future__ import annotations

import platform

import fsmv2
from fsmv2.core.contract import buckets
from fsmv2.metrics.measured_source import Source
from fsmv2.metrics.metric import Metric
from fsmv2.metrics.readings import Readings

PROCESS = (
    Metric(
        name="fsmv2_build_info",
        kind="gauge",
        labels=("version", "python"),
        meaning="1; the version of fsmv2 and of Python are its labels.",
    ),
    Metric(
        name="fsmv2_loop_lag_seconds",
        kind="gauge",
        labels=("loop",),
        meaning=(
            "By how much a loop was late at most in the last 15 to 30 seconds: of supervision, "
            "of the work of collections and actions, and of the data flows."
        ),
        alert="LoopLag",
    ),
    Metric(
        name="fsmv2_store_commit_duration_seconds",
        kind="histogram",
        meaning="Time that a commit of the store took, failed ones included.",
        buckets=buckets.COMMIT,
    ),
    Metric(
        name="fsmv2_store_lag_seconds",
        kind="gauge",
        meaning="Time for which the oldest change has been waiting to be durable.",
        alert="StoreBehind",
    ),
    Metric(
        name="fsmv2_store_failing",
        kind="gauge",
        meaning="1 while the store cannot be written.",
        alert="StoreFailing",
    ),
    Metric(
        name="fsmv2_journal_dropped_total",
        kind="counter",
        meaning=(
            "Events and instructions that the journal could not take; a replay has a gap there."
        ),
    ),
    Metric(
        name="fsmv2_generation",
        kind="gauge",
        meaning="Number of the generation of the document that runs; 0 when none is kept.",
    ),
    Metric(
        name="fsmv2_document_differs",
        kind="gauge",
        meaning="1 while the document is not what runs.",
        alert="DocumentDiffers",
    ),
    Metric(
        name="fsmv2_pinned",
        kind="gauge",
        meaning="1 while an older generation was made to run again and changes are not applied.",
    ),
    Metric(
        name="fsmv2_applies_total",
        kind="counter",
        labels=("outcome",),
        meaning=(
            "Applies and rollbacks that were asked for, by outcome: converged, "
            "not_converged, rolled_back, superseded, or refused."
        ),
    ),
    Metric(
        name="fsmv2_overrides",
        kind="gauge",
        labels=("kind",),
        meaning=(
            "What operators asked for that is not in the document: pauses, stops, "
            "silences, log levels, variables that are set."
        ),
    ),
    Metric(
        name="fsmv2_override_oldest_seconds",
        kind="gauge",
        meaning="Age of the oldest of them; 0 when there is none.",
        alert="OverrideOld",
    ),
    Metric(
        name="fsmv2_series_dropped",
        kind="gauge",
        labels=("metric",),
        meaning="Series with a path that this scrape left out, beyond the most that are allowed.",
    ),
)

OVERRIDES = ("pause", "stop", "silence", "log-level", "variable")


def read_process(source: Source, to: Readings) -> None:
    """Put the figures into `to`."""
    to.put("fsmv2_build_info", 1, fsmv2.__version__, platform.python_version())
    to.put_all("fsmv2_loop_lag_seconds", source.loop_lags)
    to.put("fsmv2_journal_dropped_total", source.journal_dropped)
    store = source.store
    if store is not None:
        to.put("fsmv2_store_commit_duration_seconds", store.commits.read())
        to.put("fsmv2_store_lag_seconds", store.behind)
        to.put("fsmv2_store_failing", bool(store.failing))
    document = source.document()
    if document is not None:
        to.put("fsmv2_generation", document.generation)
        to.put("fsmv2_document_differs", document.differs)
        to.put("fsmv2_pinned", document.pinned)
        to.put_all("fsmv2_applies_total", document.applies)
    _read_overrides(source, to)


def _read_overrides(source: Source, to: Readings) -> None:
    core, counts = source.core, dict.fromkeys(OVERRIDES, 0)
    oldest = now = core.epoch + source.now
    for found in dict(core.overrides).values():
        for _, kind, one in found.each():
            counts["variable" if kind == "set" else kind] += 1
            oldest = min(oldest, one.at)
    to.put_all("fsmv2_overrides", counts)
    to.put("fsmv2_override_oldest_seconds", now - oldest)
