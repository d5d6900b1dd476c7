"""What the demo adds to a running tree: the values that arrive, and what to try."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from fsmv2.cli.console import styled
from fsmv2.cli.demo.plcs import HOST, RESTART_AFTER, Plc
from fsmv2.cli.demo.tally import DeliveryCounts
from fsmv2.cli.screen.screen_content import Line
from fsmv2.cli.screen.screen_panels import rule
from fsmv2.operate.state_directory import short_path
from fsmv2.runtime import NodeView, TreeView

SHOWN = 12
"""How many machines the live view shows values of."""
LOOK_AT = "fsmv2_workers, fsmv2_restarts_total, fsmv2_circuits_open"
"""What of the metrics moves when something is killed."""
VALUES, WHY = "fsmv2 values --follow", "fsmv2 why cologne-edge/filler"
"""What to ask from another terminal."""
LINE_EVERY = 5.0
"""Seconds between two lines of one topic, off a terminal."""


def broker_of(tree: TreeView) -> NodeView | None:
    """The broker's node, if the document declares one."""
    return next(iter(tree.of_type("broker")), None)


def mqtt_port(tree: TreeView) -> int:
    """The port on which the broker answers MQTT; 0 until it is known and the broker is ready."""
    broker = broker_of(tree)
    return int(getattr(broker.observed, "mqtt_port", 0) or 0) if broker and broker.healthy else 0


def processes(tree: TreeView, plcs: Sequence[Plc]) -> list[tuple[str, int]]:
    """What can be killed now, with its process id."""
    broker = broker_of(tree)
    pid = int(getattr(broker.observed, "pid", 0) or 0) if broker else 0
    return [(name, pid) for name, pid in [*((p.name, p.pid) for p in plcs), ("broker", pid)] if pid]


def short_hints(
    tree: TreeView, plcs: Sequence[Plc], document: Path, monitoring: str = ""
) -> list[str]:
    """What to try, in a few lines for the live view; `monitoring`: where metrics are served."""
    kills = ", ".join(f"{name} {pid}" for name, pid in processes(tree, plcs))
    port = mqtt_port(tree)
    mqtt = f"MQTT on {HOST}:{port}, topics umh/v1/#; " if port else ""
    lines = [
        f"try: kill -9 … {kills}",
        f"in another terminal: {VALUES}, or {WHY}",
        f"{mqtt}document: {short_path(document)}",
    ]
    if monitoring:
        lines.append(f"http://{monitoring}/metrics; /readyz names unhealthy workers")
    return lines


def hints(tree: TreeView, plcs: Sequence[Plc], document: Path, monitoring: str = "") -> list[str]:
    """What to try, in full, with the numbers of now; `monitoring`: where metrics are served."""
    lines = [f"  kill -9 {pid:<8} # {name}" for name, pid in processes(tree, plcs)]
    lines += [f"  {VALUES}   # what is read", f"  {WHY}   # its state, why, and what comes next"]
    port = mqtt_port(tree)
    if port:
        lines.append(f"  mosquitto_sub -p {port} -t 'umh/v1/#' -v   # or any client of MQTT 3.1.1")
    if monitoring:
        lines += [
            f"  curl http://{monitoring}/metrics   # {LOOK_AT}",
            f"  curl http://{monitoring}/readyz    # unhealthy workers; /healthz: fsmv2 itself",
        ]
    return [
        f"try, in another terminal (a killed PLC returns after {RESTART_AFTER:.0f} s):",
        *lines,
        f"  document: {short_path(document)}",
    ]


def values_rows(values: Mapping[str, object]) -> list[tuple[str, str]]:
    """Topic down to the contract, and the last values below it; one row for each machine."""
    machines: dict[str, list[str]] = {}
    for topic in values:
        # The contract is the part with the underscore: umh/v1/acme/…/filler/_raw/meter/energy.
        above, _, below = topic.partition("/_")
        contract, _, tag = below.partition("/")
        machines.setdefault(f"{above}/_{contract}", []).append(f"{tag} {value_text(values[topic])}")
    return [(topic, "  ".join(tags)) for topic, tags in sorted(machines.items())[:SHOWN]]


def blocks_below(
    figures: DeliveryCounts, values: Mapping[str, object], hints: Sequence[str]
) -> list[Sequence[Line]]:
    """What the live screen has below the tree: values that arrived over MQTT, then what to try."""
    shown: list[Line] = [
        (topic, "  ", styled(tags, fg="cyan")) for topic, tags in values_rows(values)
    ]
    title = f"over MQTT: {figures.received} received of {figures.accepted} accepted"
    return [[rule(title), *shown], *([(line,)] for line in hints)]


def value_text(value: object) -> str:
    """A value as JSON would write it, numbers with few digits."""
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:.7g}"
    return msgspec.json.encode(value).decode()


class LineLimit:
    """Says which topics are due for a line."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def due(self, topic: str) -> bool:
        """Whether `topic` had no line for a while; if so, it has one now."""
        now = time.monotonic()
        if now - self._last.get(topic, -LINE_EVERY) < LINE_EVERY:
            return False
        self._last[topic] = now
        return True
