"""The seventeen questions of an operator: each command of the page, on a real plant in trouble.

What it shows must answer the question, not only be shown: the cause, the time, the name, the line.
"""

from __future__ import annotations

import datetime
import json
import re
import shlex
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from changed_tree import ChangedTree, changed_tree
from flow_kit import free_port, simulated_plc

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "operator-questions.md"
ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| `([^`|]+)` \|", re.MULTILINE)
PLANT = re.compile(r"^```yaml file=plant.yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
QUESTIONS = {
    int(number): (question, command) for number, question, command in ROW.findall(PAGE.read_text())
}
TIME = r"\d\d:\d\d:\d\d"


class Trouble:
    """The plant. `then`: a moment at which nothing had been asked by hand; `gone`: a dead port."""

    def __init__(self, tree: ChangedTree, document: str, gone: int) -> None:
        self.tree, self.document, self.gone = tree, document, gone
        self.until("filler", "status", "edge/filler", "--state", "active", "-o", "name")
        self.until("starting → failed", "events", "edge/recipes")
        self.until("running, for", "why", "edge/historian")
        self.then = datetime.datetime.now().astimezone().isoformat()
        tree.says("pause", "edge/historian", "-m", "new disk")
        tree.says("set", "edge/web", "LEVEL=2", "--for", "2h", "-m", "more detail", "--no-wait")
        tree.write(document.replace("every: 500ms", "every: 400ms"))
        tree.says("apply", "--yes", "--no-wait", "-m", "faster, order 4711")
        newer = self.tree.file.read_text() + '  labels:\n    command: [sleep, "1000"]\n'
        tree.write(newer, "change.yaml")
        tree.write(newer)
        self.until("filler", "status", "edge/filler", "--state", "active", "-o", "name")

    def until(self, says: str, *words: str) -> None:
        limit = time.monotonic() + 200
        while says not in (shown := self.tree(*words).output):
            assert time.monotonic() < limit, f"{words} shows\n{shown}"
            time.sleep(0.05)

    def answer(self, number: int, *patterns: str, code: int = 0) -> str:
        """What the command of a question shows, once it has all of these; `code` is how it ends.

        A worker that fails again and again is now starting and now failed, and what a busy machine
        looks at late is stale for a while.
        """
        program, *words = shlex.split(QUESTIONS[number][1])
        assert program == "fsmv2"
        there = {name: str(self.tree.folder / name) for name in ("plant.yaml", "change.yaml")}
        words = [{**there, "12:01": self.then}.get(word, word) for word in words]
        limit = time.monotonic() + 200
        while True:
            found = self.tree(*words)
            missing = [one for one in patterns if not re.search(one, found.output, re.MULTILINE)]
            if found.exit_code == code and not missing:
                return found.output
            assert time.monotonic() < limit, f"{missing} not in\n{found.output}"
            time.sleep(0.1)


@pytest.fixture(scope="module")
def plant() -> Iterator[Trouble]:
    found = PLANT.search(PAGE.read_text())
    assert found is not None
    with simulated_plc() as plc:
        gone = free_port()
        document = found[1].replace("15020", str(plc.port)).replace("15021", str(gone))
        with changed_tree(document) as tree:
            yield Trouble(tree, document, gone)


def test_there_are_seventeen_questions_with_one_command_each() -> None:
    assert list(QUESTIONS) == list(range(1, 18))
    assert len(set(QUESTIONS.values())) == 17


def test_1_what_runs(plant: Trouble) -> None:
    shown = plant.answer(1, r"filler +bridge +active", r"broker +broker +active", r"generation 2\b")
    for name in ("capper", "recipes", "web", "historian"):
        assert name in shown


def test_2_what_is_broken(plant: Trouble) -> None:
    shown = plant.answer(
        2, r"^(failed|escalated) +edge/recipes", r"^degraded +edge/capper/connection"
    )
    assert not re.search(r"^\S+ +edge/filler", shown, re.MULTILINE)


def test_3_why_it_is_broken(plant: Trouble) -> None:
    plant.answer(3, rf"127\.0\.0\.1:{plant.gone}: connection refused")


def test_4_since_when(plant: Trouble) -> None:
    since = re.search(rf"since ({TIME})", plant.answer(4, rf"is down for .*, since {TIME}"))
    events = plant.tree.says("events", "edge/capper/connection", "--json").splitlines()
    down = [
        one["at"]
        for one in map(json.loads, events)
        if (one["kind"], one["state"]) == ("transition", "down")
    ]
    assert since is not None
    assert since[1] == time.strftime("%H:%M:%S", time.localtime(down[-1]))


def test_5_what_happened(plant: Trouble) -> None:
    order = ("edge/recipes  starting → failed", "paused by .*: new disk", "LEVEL set by .*: more")
    shown = plant.answer(5, *order)
    places = [found.start() for one in order if (found := re.search(one, shown)) is not None]
    assert places == sorted(places)


def test_6_what_comes_next(plant: Trouble) -> None:
    plant.answer(6, r"failed \d+ times; again (in [^,]+|now), then after [\d.]+ s")


def test_7_the_value_now(plant: Trouble) -> None:
    shown = plant.answer(7, r"^temperature +[\d.]+ +°C +.*\bgood\b")
    rows = {line.split()[0]: line.split() for line in shown.splitlines()}
    assert 18.0 < float(rows["temperature"][1]) < 25.0


def test_8_where_a_topic_comes_from(plant: Trouble) -> None:
    shown = plant.answer(8, "edge/filler/dfc_read")
    line = next(
        number
        for number, text in enumerate(plant.document.splitlines(), start=1)
        if "name: temperature" in text
    )
    assert f"plant.yaml:{line} (generation 2)" in shown


def test_9_what_a_process_printed(plant: Trouble) -> None:
    plant.answer(9, r"edge/recipes err \| recipe server: no database", "ended with exit code 3")


def test_10_what_it_was_like_then(plant: Trouble) -> None:
    shown = plant.answer(10, r"edge/historian \(process\) is running", "this is how it was at ")
    assert "new disk" not in shown
    assert "new disk" in plant.tree.says("describe", "edge/historian")


def test_11_who_changed_what_and_why(plant: Trouble) -> None:
    plant.answer(11, rf"^\* +2 +\S+ {TIME}  \w+  \S+", "faster, order 4711")


def test_12_what_a_change_would_do(plant: Trouble) -> None:
    plant.answer(12, r"^\+ edge/labels +process added", "adds 1", code=2)


def test_13_what_was_changed_by_hand(plant: Trouble) -> None:
    plant.answer(
        13,
        r"edge/historian: paused by \w+.*: new disk",
        rf"edge/web: LEVEL set by \w+.* until .*{TIME}: more detail",
    )


def test_14_whether_what_runs_is_what_the_file_says(plant: Trouble) -> None:
    plant.answer(14, "edge/labels  process added", code=2)
    for words in (("status",), ("why", "edge"), ("health",), ("describe", "edge")):
        assert "the document was changed at" in plant.tree(*words).output


def test_15_how_the_parts_hang_together(plant: Trouble) -> None:
    shown = plant.answer(15)
    names = dict(re.findall(r'(n\d+)\["(\w+) \(', shown))
    edges = {(names[a], names[b]) for a, b in re.findall(r"(n\d+) --> (n\d+)", shown)}
    assert {("edge", "capper"), ("capper", "connection"), ("edge", "recipes")} <= edges


def test_16_whether_it_works_yet(plant: Trouble) -> None:
    plant.answer(16, "edge/filler is active")


def test_17_whether_fsmv2_itself_is_well(plant: Trouble) -> None:
    plant.answer(17, r"\Aok: fsmv2 itself", r"^not ready", "edge/capper/connection", code=3)
