"""Each dashboard is one that Grafana knows, and each query of its panels finds something."""

from __future__ import annotations

import contextlib
import itertools
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from dashboards import DASHBOARDS, dashboard_json
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard
from lamp_tree import World, device, group, simulate
from measured_simulation import measured, series
from monitoring_servers import prometheus, query, served, until
from plant_in_trouble import PLANT, new_key, restart, running, set_divisor

from free_ports import free_port
from fsmv2 import EngineSettings
from fsmv2.metrics.catalogue import METRICS
from fsmv2.metrics.exposition import exposition

OPS = Path(__file__).resolve().parents[2] / "ops"


def panels(name: str) -> list[dict[str, Any]]:
    """The panels of a dashboard, as they are in the file."""
    found: list[dict[str, Any]] = json.loads((OPS / "dashboards" / f"{name}.json").read_text())[
        "panels"
    ]
    return found


def test_there_are_six_and_the_files_are_those_of_the_code() -> None:
    files = {path.stem: path.read_text() for path in (OPS / "dashboards").glob("*.json")}
    assert files == {name: dashboard_json(name) for name in DASHBOARDS}
    assert len(files) == 6


@pytest.mark.parametrize("name", DASHBOARDS)
def test_grafana_knows_every_field(name: str) -> None:
    """Read with the classes that Grafana makes of its schema, nothing is lost."""
    text = dashboard_json(name)
    read = Dashboard.from_json(json.loads(text))
    assert json.loads(JSONEncoder().encode(read)) == json.loads(text)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_do_not_overlap_and_have_a_source_of_the_readers_choice(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels(name):
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells
        assert panel["datasource"]["uid"] == "${datasource}"


def test_links_lead_to_entries_that_are_there() -> None:
    entries = (OPS.parent / "docs" / "reference" / "alerts.md").read_text()
    links = [
        link["url"] for name in DASHBOARDS for p in panels(name) for link in p.get("links", [])
    ]
    assert len(links) > 20
    names = {m.alert.lower(): m.alert for m in METRICS.values() if m.alert}
    for link in links:
        assert f"## {names[link.partition('#')[2]]}\n" in entries


LOOK_EVERY = 0.4
"""Seconds. Prometheus scrapes each second, and a look is some fifty queries."""


@pytest.mark.real
@pytest.mark.timeout(240)
@pytest.mark.thorough
def test_each_query_returns_data_of_trees_in_trouble(tmp_path: Path) -> None:
    """A device that is dead, a process that crashes, failing templates; and circuits.

    Those open and close in a simulated tree, whose minutes pass at each look: a flow that does not
    connect to a device that answers is not to be had at will.
    """
    missing = {
        (name, panel["title"], target["expr"])
        for name in DASHBOARDS
        for panel in panels(name)
        for target in panel["targets"]
    }
    assert len(missing) > 40
    changes = itertools.count(1)
    document = PLANT.format(dead=free_port(), python=sys.executable)
    with (
        circuits() as (simulated, go_on),
        running(tmp_path, document) as target,
        prometheus(tmp_path, target, simulated) as address,
    ):

        def look() -> bool:
            for one in sorted(missing):
                expression = one[2].replace("$__rate_interval", "30s").replace("$instance", ".*")
                found = query(address, expression)
                if any(value["value"][1] != "NaN" for value in found):
                    missing.discard(one)
            go_on()
            number = next(changes)
            if number % 6 == 1:  # it is taken over once it has stayed the same for two looks
                new_key(tmp_path, number)
            set_divisor(tmp_path, number % 2)
            restart(tmp_path)
            time.sleep(LOOK_EVERY if missing else 0)
            return not missing

        try:
            until("data", look)
        except AssertionError as error:
            raise AssertionError(f"no data for {sorted(missing)}") from error


@contextlib.contextmanager
def circuits() -> Iterator[tuple[str, Callable[[], None]]]:
    """A simulated tree that is scraped: its address, and what opens and closes its circuit."""
    world, lock = World(), threading.Lock()
    settings = EngineSettings(backoff_base=1.0, backoff_cap=2.0)
    plant = group("g", device("a"), device("b"), kind="guarded")
    with simulate(world, plant, settings=settings) as sim:
        source = measured(sim)

        def go_on() -> None:
            with lock:
                world.broken["inside"], world.lit["g/b"], world.slow["g/b"] = "a", False, 9.0
                sim.until(lambda sim: bool(series(sim, "circuit_open")), within=60)
                world.broken.clear()
                sim.until(lambda sim: not series(sim, "circuit_open"), within=200, step=0.5)
                sim.run(60)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with lock:
                    body, kind = exposition(source)
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """No lines in the output of the tests."""

        sim.run(5)
        with served(Handler) as address:
            yield address, go_on
