"""Figures of the data flows, all of them together."""

from __future__ import annotations

from fsmv2.metrics.measured_source import Source
from fsmv2.metrics.metric import Metric
from fsmv2.metrics.readings import Readings

FLOWS = (
    Metric(
        name="fsmv2_flows",
        kind="gauge",
        meaning="Data flows that were started.",
    ),
    Metric(
        name="fsmv2_flow_samples_total",
        kind="counter",
        labels=("direction", "result"),
        meaning=(
            "Samples: in accepted to be sent, in suppressed by deadband or interval, out "
            "acknowledged by the broker."
        ),
        alert="SamplesNotAcknowledged",
    ),
    Metric(
        name="fsmv2_flow_bytes_total",
        kind="counter",
        meaning="Bytes of the payloads of accepted samples.",
    ),
    Metric(
        name="fsmv2_flow_errors_total",
        kind="counter",
        labels=("kind",),
        meaning="Errors: reading a device, publishing a sample, carrying out a command.",
    ),
    Metric(
        name="fsmv2_flow_connected",
        kind="gauge",
        labels=("side",),
        meaning="Data flows whose input, or output, is connected.",
    ),
    Metric(
        name="fsmv2_flow_queue_depth",
        kind="gauge",
        labels=("of",),
        meaning=(
            "Samples accepted and not yet acknowledged: of all flows (sum), and of the one with"
            " most (max)."
        ),
        alert="SamplesNotAcknowledged",
    ),
    Metric(
        name="fsmv2_flow_polls_skipped_total",
        kind="counter",
        labels=("reason",),
        meaning="Polls that were left out: the queue was full, or the device too slow.",
        alert="SamplesNotAcknowledged",
    ),
    Metric(
        name="fsmv2_write_commands_total",
        kind="counter",
        labels=("outcome",),
        meaning=(
            "Write commands by outcome; a duplicate was not executed again, one "
            "unanswered has an unknown outcome for its sender."
        ),
        alert="WriteCommandsRefused",
    ),
)


def read_flows(source: Source, to: Readings) -> None:
    """Put the figures into `to`."""
    found = source.flows()
    if found is None:
        return
    total, commands = found.totals, found.totals.commands
    to.put("fsmv2_flows", found.flows)
    to.put("fsmv2_flow_samples_total", total.accepted, "in", "accepted")
    to.put("fsmv2_flow_samples_total", total.suppressed, "in", "suppressed")
    to.put("fsmv2_flow_samples_total", total.acknowledged, "out", "acknowledged")
    to.put("fsmv2_flow_bytes_total", total.accepted_bytes)
    to.begin_at_zero("fsmv2_flow_errors_total", ("read", "publish", "write"))
    to.put_all("fsmv2_flow_errors_total", total.errors)
    to.put_all("fsmv2_flow_connected", found.connected)
    to.put("fsmv2_flow_queue_depth", sum(found.depths), "sum")
    to.put("fsmv2_flow_queue_depth", max(found.depths, default=0), "max")
    to.put("fsmv2_flow_polls_skipped_total", total.skipped_full, "full")
    to.put("fsmv2_flow_polls_skipped_total", total.skipped_slow, "slow")
    for outcome, count in (
        ("written", commands.written_total),
        ("refused", commands.refused_total),
        ("failed", commands.failed_total),
        ("unknown", commands.unknown_total),
        ("duplicate", commands.duplicates_total),
        ("unanswered", commands.unanswered_total),
    ):
        to.put("fsmv2_write_commands_total", count, outcome)
