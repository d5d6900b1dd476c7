"""A command that only asks a running tree loads nothing of what runs one: it is to answer at once.

The core, its workers and the templates take longer to load than the answer takes.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from changed_tree import ChangedTree

ROOMS = ("core", "runtime", "worker", "model", "document", "plant", "store", "flow", "notify")
"""Of what runs a tree; each imports those below it."""

EACH_IN_A_FORK = """
import json, os, sys
import fsmv2.cli.lazy_commands, fsmv2.operate.tree_client
from fsmv2.cli import main

ROOMS, lines = json.load(sys.stdin)
for line in lines:
    if not os.fork():
        shown = os.dup(1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.argv = ["fsmv2", *line]
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code
        names = {name.split(".")[1] for name in sys.modules if name.startswith("fsmv2.")}
        os.write(shown, json.dumps([code, sorted(names & {*ROOMS})]).encode() + b"\\n")
        os._exit(0)
    os.wait()
"""

ASKING = (
    "status",
    "status edge/* --trouble",
    "describe edge/a",
    "why edge/a",
    "why edge/a --json",
    "why edge/a --not running",
    "graph",
    "values",
    "overrides",
    "metrics",
)


def loaded(tree: ChangedTree, *lines: str) -> dict[str, tuple[int, list[str]]]:
    """By command line: how it ended, and which of `ROOMS` it has loaded."""
    where = ["--state-dir", str(tree.state)]
    ran = subprocess.run(
        [sys.executable, "-c", EACH_IN_A_FORK],
        input=json.dumps([ROOMS, [[*line.split(), *where] for line in lines]]),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = [json.loads(answer) for answer in ran.stdout.splitlines()]
    return dict(zip(lines, answers, strict=True))


@pytest.mark.real
def test_what_only_asks_loads_nothing_that_runs_a_tree(following: ChangedTree) -> None:
    found = loaded(following, *ASKING)
    assert found == {line: [0, []] for line in ASKING}
