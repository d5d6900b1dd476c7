"""Pictures of what commands print, of a plant in trouble: the demo's, simulated.

The supervision is the real one, and so are the texts; only time is virtual, and the machines are
not there. So a picture is the same each time, and a test holds it to the code.
"""

from __future__ import annotations

import contextlib
import functools
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

import fsmv2.cli
from fsmv2.builtin import DataFlow
from fsmv2.cli.console import styled
from fsmv2.cli.demo.demo_view import blocks_below, short_hints
from fsmv2.cli.demo.plcs import Plc
from fsmv2.cli.demo.tally import DeliveryCounts
from fsmv2.cli.plan_text import plan_lines
from fsmv2.cli.screen.screen_content import Line, ScreenContent
from fsmv2.cli.screen.screen_lines import ScreenLines
from fsmv2.cli.screen.screen_picture import drawn
from fsmv2.cli.screen.screen_state import ScreenState
from fsmv2.cli.status_text import lines_of as status_lines
from fsmv2.cli.tree_display import DisplayedEvent
from fsmv2.cli.why_text import lines_of as why_lines
from fsmv2.flow.stats import FlowStats
from fsmv2.operate.changed_workers import WorkerChanges
from fsmv2.operate.changes.offline_plan import plan_offline
from fsmv2.operate.found_status import status_of
from fsmv2.operate.row_folding import Space
from fsmv2.operate.tree_report import TreeHead, TreeReport, report_of
from fsmv2.operate.worker_filter import WorkerFilter
from fsmv2.operate.worker_row import WorkerRow
from fsmv2.operate.worker_status import WorkerStatus
from fsmv2.runtime import TreeView
from fsmv2.testing import PlantSurroundings, Simulation, document_tree
from fsmv2.testing.plant_surroundings import SimulatedEngine
from fsmv2.worker import WorkerFactory

DEMO = Path(fsmv2.cli.__file__).parent / "demo.yaml"
COLUMNS, SCREEN_LINES = 104, 26
WELL, TROUBLE = 100.0, 47.0
"""Virtual seconds until a PLC is switched off, and from then on."""
PLC, BRIDGE = "127.0.0.1:15021", "cologne-edge/capper"
PROCESS = "4711"
DEMO_LINES = 40
RECEIVED = DeliveryCounts(
    accepted=762, received=762, missing=0, duplicates=0, unknown=0, apart=0, apart_received=0
)
DEMO_COPY = Path("~/.local/state/fsmv2/demo/demo.yaml")
VALUES = {
    f"umh/v1/acme/cologne/packaging/{machine}/_raw/{tag}": value
    for machine, tags in {
        "line-1/capper": {"running": True, "temperature": 21.1, "pressure": 2.436, "pieces": 47},
        "line-1/filler": {"running": True, "temperature": 20.4, "pressure": 2.311, "pieces": 74},
        "line-2/labeller": {"running": True, "temperature": 19.3, "pressure": 2.125, "pieces": 72},
    }.items()
    for tag, value in tags.items()
}
"""What machines of a demo have sent last."""


class Picture(NamedTuple):
    """A moment of the plant: all that the pictures are made from."""

    at: float
    report: TreeReport
    rows: dict[str, WorkerRow]
    why: WorkerStatus
    events: tuple[DisplayedEvent, ...]
    tree: TreeView


class Machines(PlantSurroundings):
    """Of which one refuses connections when it is away, as one that is switched off does."""

    def problem_of_device(self, address: str) -> str:
        """In the words of a system that could not connect."""
        if self.suffers("away", address):
            return f"{address}: connection refused"
        return super().problem_of_device(address)


class ReadingEngine(SimulatedEngine):
    """Whose flows read what they should, as long as they are connected."""

    def stats(self, name: str) -> FlowStats | None:
        """Six tags, twice a second."""
        found = super().stats(name)
        if found is None or not (found.input_connected and found.output_connected):
            return found
        lately = int(time.time() * 1000)  # what a worker compares with the wall clock
        return msgspec.structs.replace(found, messages_per_second=12.0, last_message_ms=lately)


@contextlib.contextmanager
def in_utc() -> Iterator[None]:
    """Times of day are those of UTC, wherever the pictures are made."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


@functools.cache
def plant_in_trouble() -> Picture:
    """The demo's plant, one of whose three PLCs was switched off a while ago."""
    tree = document_tree(DEMO, surroundings=Machines)()
    assert isinstance(tree.surroundings, Machines)
    factory, engine = WorkerFactory(), ReadingEngine(tree.surroundings)
    factory.register(DataFlow, make=lambda: DataFlow(engine))
    factory.include(tree.factory)
    with Simulation(tree.roots[0], factory, settings=tree.settings, secrets=tree.secrets) as sim:
        sim.run(WELL)
        tree.surroundings.until["away", PLC] = float("inf")
        sim.run(TROUBLE)
        changes = WorkerChanges(sim.core, factory)
        changes.look()
        rows = {node.path: changes.rows[node.path] for node in sim.view().nodes}
        at = sim.core.wall()
        head = TreeHead(
            document="plant.yaml",
            state_directory="",
            process=PROCESS,
            at=at,
            since=sim.core.epoch,
            generation=3,
        )
        report = report_of(
            list(rows.values()),
            head,
            (),
            which=WorkerFilter(),
            space=Space(SCREEN_LINES, COLUMNS),
            factory=factory,
        )
        why = status_of(sim.core.by_path[BRIDGE], process=PROCESS)
        events = tuple(DisplayedEvent.of(r, sim.core.epoch + r.at) for r in sim.reports)
        tree_view = sim.view()
    return Picture(at, report, rows, why, events, tree_view)


def typed(command: str) -> Line:
    """A line that a person has typed."""
    return (styled("$ ", dim=True), styled(command, bold=True))


def status() -> Iterable[Line]:
    """`fsmv2 status`."""
    return [typed("fsmv2 status"), *status_lines(plant_in_trouble().report, COLUMNS)]


def why() -> Iterable[Line]:
    """`fsmv2 why` of the bridge whose PLC is off."""
    lines = why_lines(plant_in_trouble().why)
    return [typed(f"fsmv2 why {BRIDGE}"), *((line,) for line in lines)]


def plan() -> Iterable[Line]:
    """`fsmv2 plan` after an edit: a bridge moved, one left out, all read less often."""
    before = DEMO.read_text()
    after, third, _ = before.partition("  - name: labeller\n")
    assert third
    after = after.replace("PORT: 15020", "PORT: 15030").replace("500ms", "1s")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "running.yaml").write_text(before)
        document = Path(folder) / "plant.yaml"
        document.write_text(after)
        lines = list(plan_lines(plan_offline(document, str(Path(folder) / "running.yaml"))))
    return [typed("fsmv2 plan plant.yaml"), *lines]


def top() -> Iterable[Line]:
    """`fsmv2 top`."""
    found = plant_in_trouble()
    content = ScreenContent(
        "fsmv2 top plant.yaml", found.at, found.rows, 1, "generation 3", events=found.events
    )
    state = ScreenState(cursor=BRIDGE)
    return ScreenLines().frame(content, state, COLUMNS, SCREEN_LINES, keys=True).lines


class RunningPlc(Plc):
    """One of the demo's that runs, as a process that is always the same."""

    pid = 30547


def demo() -> Iterable[Line]:
    """`fsmv2 demo`: the live screen with the values that arrive, and what to try."""
    found = plant_in_trouble()
    hints = short_hints(found.tree, [RunningPlc("filler", 15020)], DEMO_COPY, "127.0.0.1:9410")
    content = ScreenContent(
        "fsmv2 demo",
        found.at,
        found.rows,
        1,
        events=found.events,
        below=blocks_below(RECEIVED, VALUES, hints),
    )
    return ScreenLines().frame(content, ScreenState(), COLUMNS, DEMO_LINES, keys=True).lines


PICTURES = {"demo": demo, "status": status, "why": why, "plan": plan, "top": top}


def picture(name: str) -> str:
    """The picture of this name, as an SVG."""
    with in_utc():
        return drawn(PICTURES[name](), f"fsmv2 {name}", COLUMNS)
