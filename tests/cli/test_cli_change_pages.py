"""The pages about changing a plant: their commands run in order, and show what stands there."""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from pathlib import Path

import pytest
from changed_tree import ChangedTree, changed_tree

from fsmv2.cli import apply_session

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "how-to"
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLANT = re.compile(r"^```yaml file=plant.yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRESS = re.compile(r"generation \d+: \d+ of \d+ converged")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  (converged|superseded)  .*")
"""When, by whom; a start has converged where there is a broker, which is not so in here."""


def commands(page: str) -> list[tuple[str, list[str]]]:
    """Each command of a page, and the lines that it shows there."""
    found: list[tuple[str, list[str]]] = []
    for block in CONSOLE.findall((PAGES / page).read_text()):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def plain(text: str, folder: Path) -> str:
    """What was shown, without what differs from run to run."""
    text = text.replace(f"{folder}/change", "change").replace(str(folder), "/etc/fsmv2")
    # A long name of a folder has a line of its own.
    text = re.sub(r"(\S)\n +(/etc/fsmv2/plant\.yaml)$", r"\1 (\2)", text, flags=re.MULTILINE)
    lines = [MOMENT.sub("…", line) for line in text.splitlines() if not PROGRESS.match(line)]
    return "\n".join(lines)


@pytest.mark.parametrize("page", ["change-a-running-plant.md", "undo-a-change.md"])
def test_the_commands_of_the_page_show_what_stands_there(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply_session, "on_terminal", lambda: True)
    found = PLANT.search((PAGES / "change-a-running-plant.md").read_text())
    assert found is not None
    document = found[1].replace("10.0.0.2:4222", "127.0.0.1:1")
    with changed_tree(document) as tree:
        until_processes_run(tree)
        if page == "undo-a-change.md":
            tree.write(document.replace("LEVEL: 1", "LEVEL: 2"))
            tree.says("apply", "-y", "-m", "more detail, order 4711")
        for command, shows in commands(page):
            run(tree, command, shows)


def until_processes_run(tree: ChangedTree) -> None:
    limit = time.monotonic() + 60
    while not all("running" in tree("why", f"edge/{n}").output for n in ("historian", "recipes")):
        assert time.monotonic() < limit
        time.sleep(0.1)


def run(tree: ChangedTree, command: str, shows: list[str]) -> None:
    program, *words = shlex.split(command)
    if program != "fsmv2":
        subprocess.run([program, *words], cwd=tree.folder, check=True)
        return
    there = [str(tree.folder / w) if w in ("plant.yaml", "change.plan") else w for w in words]
    shown = plain(tree(*there, typed="y\n").output, tree.folder)
    expected = plain("\n".join(shows), tree.folder)
    # Three dots stand for what is not the same each time, in one line or more.
    pattern = re.escape(expected).replace(r"\.\.\.", ".*")
    assert re.fullmatch(pattern, shown, re.DOTALL), f"{command} shows\n{shown}"
