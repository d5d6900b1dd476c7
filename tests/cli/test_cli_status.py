"""How `status` looks: at 80 and 200 columns, with 3 and 10,000 workers, well and in trouble."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from typer.testing import CliRunner

from fsmv2.cli.app import app
from fsmv2.cli.status_text import lines_of, wide_lines
from fsmv2.cli.tree_guides import guides
from fsmv2.operate.request_types import PathOverride
from fsmv2.operate.row_folding import Space
from fsmv2.operate.tree_report import TreeHead, TreeReport, report_of
from fsmv2.operate.worker_filter import WorkerFilter
from fsmv2.operate.worker_row import WorkerRow

sys.path += [str(Path(__file__).parents[1] / folder) for folder in ("api", "operate")]

from served_tree import in_a_thread, tree_with_api
from test_convergence import FACTORY
from worker_rows import plant, row

HEAD = TreeHead(
    document="/etc/plant.yaml",
    state_directory="/var/lib/fsmv2",
    process="4242",
    at=1_000_000.0,
    since=992_800.0,
    generation=3,
)
LONG = "127.0.0.1:502 refuses the connection: " + "no route to host, " * 12 + "and that is all"


def report(
    rows: list[WorkerRow], columns: int, lines: int = 24, head: TreeHead = HEAD, **more: Any
) -> TreeReport:
    return report_of(
        rows,
        head,
        more.get("overrides", ()),
        which=more.get("which", WorkerFilter()),
        space=Space(lines, columns),
        factory=FACTORY,
    )


def text(rows: list[WorkerRow], columns: int, lines: int = 24, **more: Any) -> list[str]:
    """What is printed, line by line, without colour."""
    return [
        "".join(part if isinstance(part, str) else part.text for part in line)
        for line in lines_of(report(rows, columns, lines, **more), columns)
    ]


def test_a_small_tree_that_is_well_is_drawn_whole() -> None:
    found = text(plant(1), 80)
    assert found[0].startswith("/etc/plant.yaml, generation 3, process 4242 since ")
    assert found[0].endswith(" (2 h)")
    assert "5 workers: 5 running" in found
    assert "all as requested" in found
    assert found[-5:] == [
        "edge              agent       active   12s  edge is well",
        "├─ broker         broker      active   12s  edge/broker is well",
        "└─ b00000         bridge      active   12s  edge/b00000 is well",
        "   ├─ connection  connection  active   12s  edge/b00000/connection is well",
        "   └─ dfc_read    dataflow    active   12s  edge/b00000/dfc_read is well",
    ]


@pytest.mark.parametrize("columns", [80, 120, 200])
@pytest.mark.parametrize("lines", [24, 60])
@pytest.mark.parametrize("broken", [0, 3, 900])
def test_ten_thousand_workers_fit_on_a_screen(columns: int, lines: int, broken: int) -> None:
    found = text(plant(3_333, broken=broken), columns, lines)
    assert max(map(len, found)) <= columns
    assert len(found) <= lines + 8
    assert "+ 3333 bridge" in "\n".join(found)


@pytest.mark.parametrize("columns", [80, 200])
def test_the_only_cause_is_wrapped_and_never_cut(columns: int) -> None:
    rows = [row("edge", "agent"), row("edge/a", trouble="failed", reason=LONG)]
    found = text(rows, columns)
    assert max(map(len, found)) <= columns
    assert LONG in " ".join(" ".join(found).split())


def test_trouble_stands_first_worst_first_and_those_affected_in_the_tree() -> None:
    rows = plant(2, broken=1)
    rows.append(row("edge/z", "process", "escalated", reason="failed 6 times"))
    found = text(rows, 200)
    first, second = (
        next(n for n, line in enumerate(found) if line.startswith(word))
        for word in ("escalated", "degraded")
    )
    assert first < second < next(n for n, line in enumerate(found) if line.startswith("edge "))
    assert "need a look: 1 escalated, 1 degraded" in found


def test_those_alike_are_one_row_that_names_the_first() -> None:
    found = "\n".join(text(plant(300, broken=200), 200))
    assert "+ 199 alike: edge/b00001/connection, edge/b00002/connection" in found


def test_what_has_to_be_known_first_stands_at_the_top() -> None:
    override = PathOverride(
        path="edge/b00000", kind="stop", who="anna", reason="", at=1.0, text="stopped by anna"
    )
    gone = PathOverride(
        path="edge/old", kind="pause", who="", reason="", at=1.0, text="paused", there=False
    )
    head = TreeHead(
        **{
            **{name: getattr(HEAD, name) for name in HEAD.__struct_fields__},
            "pinned": True,
            "document_change": "the document was changed at 12:00",
        }
    )
    found = text(plant(1), 80, head=head, overrides=[override, gone])
    assert "generation 3 (pinned)" in found[0]
    unknown = msgspec.structs.replace(head, pinned=False, pin_known=False)
    assert "generation 3 (it is not recorded whether it was pinned)" in "".join(
        text(plant(1), 200, head=unknown)
    )
    assert found[3:6] == [
        "the document was changed at 12:00",
        "edge/b00000: stopped by anna",
        "edge/old: paused (no worker is at this path now)",
    ]


def test_what_comes_from_a_journal_says_so() -> None:
    head = TreeHead(
        document="/etc/plant.yaml",
        state_directory="/var/lib/fsmv2",
        process="",
        at=1_000_000.0,
        recorded=True,
    )
    assert any("it is no longer running" in line for line in text(plant(1), 80, head=head))


def test_wide_has_each_worker_in_one_line_with_its_whole_reason() -> None:
    rows = [row("edge", "agent"), row("edge/a", trouble="failed", reason=LONG)]
    lines = ["".join(map(str, line)) for line in wide_lines(rows)]
    assert len(lines) == 3
    assert lines[2].endswith(LONG)


def test_nobody_who_matches_is_said() -> None:
    found = text(plant(1), 80, which=WorkerFilter(phase="failed"))
    assert found[-1] == "no worker matches"


def test_the_lines_of_the_last_of_the_children_are_drawn_below_it() -> None:
    found = guides(["a", "a/b", "a/b/c", "a/d", "a/d/e", "a/d/f/g", "x/y"])
    assert ["".join(one) for one in found] == [
        "a",
        "├─ b",
        "│  └─ c",
        "└─ d",
        "   ├─ e",
        "   └─ f/g",
        "x/y",
    ]


@pytest.fixture(scope="module")
def state_dir() -> Iterator[Path]:
    with in_a_thread(tree_with_api) as (tree, _):
        yield tree.directory


def run(state_dir: Path, *words: str, code: int = 0) -> str:
    found = CliRunner().invoke(app, ["status", *words, "--state-dir", str(state_dir)])
    assert found.exit_code == code, found.output
    return found.stdout if not code else found.output


@pytest.mark.real
def test_the_command_shows_a_tree_that_runs_in_each_format(state_dir: Path) -> None:
    assert "edge/broker" in run(state_dir)
    assert sorted(run(state_dir, "-o", "name").split()) == ["edge", "edge/broker", "edge/ticker"]
    assert len(run(state_dir, "-o", "wide").splitlines()) == 4
    found = json.loads(run(state_dir, "--json"))
    assert {one["path"] for one in found["rows"]} == {"edge", "edge/broker", "edge/ticker"}
    assert not found["head"]["recorded"], "the tree was asked"
    assert yaml.safe_load(run(state_dir, "-o", "yaml"))["workers"] == 3


@pytest.mark.real
def test_the_command_asks_for_part_of_a_tree(state_dir: Path) -> None:
    assert run(state_dir, "edge/ticker", "-o", "name") == "edge/ticker\n"
    assert run(state_dir, "--type", "process", "-o", "name") == "edge/ticker\n"
    assert "edge/broker" in run(state_dir, "--trouble", "-o", "name").split()
    assert "edge/ticker" not in run(state_dir, "--trouble", "-o", "name").split()
    assert "Did you mean 'process'?" in run(state_dir, "--type", "proces", code=2)
    assert "Did you mean 'edge/ticker'?" in run(state_dir, "edge/tickr", code=2)
