"""The text of a scrape: valid in both formats, and the one that was asked for."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from lamp_tree import World, device, group, simulate
from measured_simulation import measured
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain_text

from debian_tools import debian_program
from fsmv2.metrics.catalogue import METRICS
from fsmv2.metrics.exposition import exposition, wants_openmetrics
from fsmv2.metrics.measured_source import Source
from fsmv2.operate import open_tree

OPENMETRICS = "application/openmetrics-text;version=1.0.0,*/*;q=0.1"


@pytest.fixture
def source() -> Iterator[Source]:
    """A root with two devices, which run."""
    with simulate(World(), group("plant", device("a"), device("b"))) as sim:
        sim.run(5)
        yield measured(sim)


def test_it_is_valid_text(source: Source) -> None:
    """With every metric of the catalogue, and those of the process."""
    body, kind = exposition(source)
    assert kind == "text/plain; version=0.0.4; charset=utf-8"
    families = {family.name: family for family in plain_text(body.decode())}
    assert {name.removesuffix("_total") for name in METRICS} <= {*families}
    assert "process_resident_memory_bytes" in families
    workers = {s.labels["type"]: s.value for s in families["fsmv2_workers"].samples}
    assert workers == {"group": 1, "device": 2}


def test_it_is_valid_openmetrics(source: Source) -> None:
    """Read by a parser that is strict."""
    body, kind = exposition(source, OPENMETRICS)
    assert kind == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    families = {family.name: family for family in openmetrics(body.decode())}
    assert families["fsmv2_active_supervisors"].samples[0].value == 3


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (OPENMETRICS, True),
        ("Application/OpenMetrics-Text", True),
        ("text/plain, application/openmetrics-text; version=1.0.0; q=0.5", True),
        ("application/openmetrics-text;version=0.0.1", False),
        ("application/openmetrics-text;version=2.0.0", False),
        ("application/openmetrics-text;version=", False),
        ("text/plain;version=0.0.4", False),
        ("*/*", False),
        ("", False),
        (";;,,=", False),
    ],
)
def test_the_format_is_that_which_was_asked_for(accept: str, wanted: bool) -> None:
    """In doubt it is text, which everything reads."""
    assert wants_openmetrics(accept) is wanted


@pytest.mark.real
def test_promtool_finds_nothing_wrong(source: Source) -> None:
    """Neither with the format nor with the names."""
    done = subprocess.run(
        [debian_program("promtool"), "check", "metrics"],
        input=exposition(source)[0],
        capture_output=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_prometheus_client_is_loaded_by_the_first_scrape_alone() -> None:
    """A tree that nobody watches does not pay for it."""
    script = (
        "import sys, fsmv2.metrics.exposition, fsmv2.operate.tree_handle;"
        "print([name for name in sys.modules if name.startswith('prometheus')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


@pytest.mark.real
async def test_promtool_finds_nothing_wrong_with_all_of_a_tree_that_runs(tmp_path: Path) -> None:
    """With its durations, store, loops and flows, which a simulation does not have."""
    promtool = debian_program("promtool")
    document = tmp_path / "plant.yaml"
    await asyncio.to_thread(document.write_text, "agent: {name: edge}\n")
    async with open_tree(document, state_dir=tmp_path / "state") as tree:
        await tree.until(lambda view: any(node.observed_age for node in view.nodes), timeout=200)
        body, _ = await asyncio.to_thread(exposition, tree.measured)
        assert b"fsmv2_store_commit_duration_seconds_bucket" in body
        strict, _ = await asyncio.to_thread(exposition, tree.measured, OPENMETRICS)
        assert len(list(openmetrics(strict.decode()))) > len(METRICS)
    done = await asyncio.to_thread(
        subprocess.run, [promtool, "check", "metrics"], input=body, capture_output=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
