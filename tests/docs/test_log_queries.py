"""The queries of the page on reading logs give what they are shown for, of a log with trouble."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from lamp_tree import World, device, group, simulate

from fsmv2 import EngineSettings, PermanentError
from fsmv2.runtime.log import LogLevels, json_line

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "read-the-logs.md"
QUERIES = re.findall(r"^\$ (.*jq.*)$", PAGE.read_text(), re.MULTILINE)
FROM_JOURNAL = re.compile(r"^journalctl [^|]*\|")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = World()
    world.act["edge/filler"] = PermanentError("no current")
    world.collect["edge/a"] = OSError("no answer")
    children = [device(name) for name in ("a", "b", "filler")]
    settings = EngineSettings(resync=5.0)
    root = group("edge", *children, kind="guarded")
    with simulate(world, root, settings=settings, log=LogLevels()) as sim:
        sim.run(200)
        world.collect.clear()
        sim.run(20)
        world.broken["inside"] = "b"
        sim.run(60)
        world.broken.clear()
        sim.run(60)
        lines = [json_line(line) for line in sim.lines]
        # The one line that a query names by its cause.
        lines.append(lines[-1].replace('"path":"edge"', '"path":"edge/filler"'))
        lines[-1] = re.sub(r'"cause":\d+', '"cause":412', lines[-1])
    file = tmp_path_factory.mktemp("log") / "fsmv2.log"
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


def test_the_page_has_queries() -> None:
    assert len(QUERIES) > 5


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_a_query_finds_something(query: str, log: Path) -> None:
    if shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    command = FROM_JOURNAL.sub("cat fsmv2.log |", query)
    ran = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=log.parent,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip(), f"{command} finds nothing"
