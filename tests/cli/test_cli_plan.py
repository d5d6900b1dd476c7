"""`plan`: what it shows, how it ends, and what it saves."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path

import pytest
from changed_tree import ChangedTree, document

from forked_python import fsmv2
from fsmv2.cli.console import Styled
from fsmv2.cli.plan_text import WIDTH, plan_lines
from fsmv2.operate.changes.change_plan import ChangePlan, FieldChange, RestartKey, WorkerChange
from fsmv2.operate.changes.saved_plan import read_plan

PLANT = """\
agent: {name: edge}
broker: {url: "nats://127.0.0.1:1"}
processes:
  first: {command: [/bin/one, "{{ .LEVEL }}"], variables: {LEVEL: 1}}
  second:
    command: [/bin/two]
    env: {PASSWORD: "{{ .PASSWORD }}"}
    variables: {PASSWORD: {env: NOT_SET_HERE}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plans")
    (folder / "old.yaml").write_text(PLANT)
    (folder / "same.yaml").write_text(f"# another comment\n{PLANT}")
    (folder / "new.yaml").write_text(PLANT.replace("LEVEL: 1", "LEVEL: 2"))
    (folder / "wrong.yaml").write_text(PLANT.replace("agent:", "agents:"))
    return folder


def plan(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return fsmv2("plan", *words, cwd=folder)


def test_what_would_change_is_shown_and_saved_and_ends_with_2(folder: Path) -> None:
    shown = plan(folder, "new.yaml", "--against", "old.yaml", "-o", "saved")
    assert (shown.returncode, shown.stderr) == (2, "the plan is saved in saved\n")
    assert "± edge/first  process restarted" in shown.stdout
    assert 'command: ["/bin/one","1"] → ["/bin/one","2"]' in shown.stdout
    assert "env:NOT_SET_HERE: unknown" in shown.stdout
    assert shown.stdout.splitlines()[-1].startswith("restarts 1, derives again 1, 2 untouched")
    file = folder / "saved"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    saved = read_plan(file)
    assert saved.document.files[""] == (folder / "new.yaml").read_bytes()
    assert saved.document.source == str(folder / "new.yaml")
    assert len(saved.plan.actions_digest) == len(saved.plan.digest) == 64


def test_json_has_all_of_it_and_another_comment_ends_with_0(folder: Path) -> None:
    shown = plan(folder, "same.yaml", "--against", "old.yaml", "--json")
    found = json.loads(shown.stdout)
    assert (shown.returncode, found["workers"], found["untouched"]) == (0, [], 4)
    assert found["same_text"] is False


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["wrong.yaml", "--against", "old.yaml"], "agents"),
        (["new.yaml", "--agains", "old.yaml"], "No such option"),
        (["new.yaml", "--against", "7", "--state-dir", "none"], "there is no store"),
        (["new.yaml", "--state-dir", "none"], "--against DOCUMENT"),
    ],
)
def test_without_a_plan_it_ends_with_1(folder: Path, words: list[str], says: str) -> None:
    shown = plan(folder, *words)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert says in shown.stderr
    assert "Traceback" not in shown.stderr


def text(found: ChangePlan) -> list[str]:
    return [
        "".join(part.text if isinstance(part, Styled) else part for part in line)
        for line in plan_lines(found)
    ]


def test_a_thousand_equal_changes_are_one_and_no_line_is_too_long() -> None:
    changes = tuple(
        WorkerChange(
            path=f"plant/machine{number}/dfc_read",
            type="dataflow",
            action="reconfigure",
            why="variables of the parent " * 9,
            config=(FieldChange(field="input.address", before="a" * 300, after="a" * 299 + "b"),),
        )
        for number in range(1000)
    )
    lines = text(ChangePlan(workers=changes))
    assert lines[0] == "~ 1000 × dataflow reconfigured while it runs"
    assert "      … and 996 more" in lines
    assert len(lines) < 15
    assert max(map(len, lines)) <= WIDTH
    assert any(line.strip().startswith("+ …") and line.endswith("ab") for line in lines)


def test_a_thousand_different_changes_are_cut_with_their_number() -> None:
    changes = tuple(
        WorkerChange(
            path=f"plant/process{number}",
            type="process",
            action="recreate",
            config=(FieldChange(field="cwd", before="/", after=f"/{number}"),),
        )
        for number in range(1000)
    )
    lines = text(ChangePlan(workers=changes))
    assert len(lines) < 100
    assert "  … and 970 more; --json has all of them" in lines


def test_what_disturbs_most_comes_first_and_what_is_below_is_counted() -> None:
    changes = (
        WorkerChange(path="plant/a", type="bridge", action="add"),
        WorkerChange(path="plant/a/b", type="dataflow", action="add"),
        WorkerChange(path="plant/z", type="bridge", action="remove"),
        WorkerChange(path="plant/z/b", type="dataflow", action="remove"),
    )
    lines = text(ChangePlan(workers=changes))
    assert lines[:2] == [
        "- plant/z  bridge removed, with 1 below",
        "+ plant/a  bridge added, with 1 below",
    ]


def test_what_is_not_well_then_what_stays_and_what_needs_a_restart_are_told() -> None:
    change = WorkerChange(
        path="plant/a",
        type="bridge",
        action="derive",
        problems=("there is no variable IP",),
        overrides=("paused by ann",),
        unknown=("its children",),
    )
    key = RestartKey(key="agent.name", before="a", after="b", why="it begins every path")
    lines = "\n".join(text(ChangePlan(workers=(change,), needs_restart=(key,))))
    for part in (
        "not well: there is no variable IP",
        "stays in force: paused by ann",
        "known after apply: its children",
        "agent.name: a → b",
    ):
        assert part in lines


def test_without_a_file_it_plans_the_one_that_the_tree_follows(following: ChangedTree) -> None:
    following.write(document(a="1000", b="1000"))
    shown = following.says("plan", code=2)
    assert "+ edge/b  process added" in shown
    assert "apply would refuse" not in shown
    following.write(document(a="1000"))
    assert "the document is the text that runs" in following.says("plan")
    assert "the document is the text that runs" in following.says("plan", "--against", "1")


def test_what_needs_a_restart_ends_with_2_and_says_that_apply_would_refuse_it(
    following: ChangedTree,
) -> None:
    text = document(a="1000", b="1000")
    following.write(text.replace("name: edge", "name: other"))
    shown = following.says("plan", code=2)
    assert "agent.name: edge → other" in shown
    assert "+ edge/b  process added" in shown, "what else it would do is shown all the same"
    refused = "apply would refuse this: fsmv2 has to be restarted for agent.name; nothing else"
    assert refused in shown
    assert "1 key needs a restart" in shown.splitlines()[-1]
    assert "has to be restarted for this: agent.name" in following.says("apply", "-y", code=1)
    following.write(document(a="1000"))


def test_a_file_that_the_tree_does_not_follow_is_planned_and_would_be_refused(
    following: ChangedTree,
) -> None:
    other = following.write(document(a="1000", c="1000"), "proposed.yaml")
    shown = " ".join(following.says("plan", str(other), code=2).split())
    assert "+ edge/c process added" in shown
    assert f"apply would refuse this: this tree follows {following.file}" in shown
    found = json.loads(following.says("plan", str(other), "--json", code=2))
    assert found["refused"].endswith("is another document.")
    assert following.says("apply", str(other), "-y", code=1)


def test_a_new_mistake_is_planned_and_would_be_refused(following: ChangedTree) -> None:
    following.write(document(a="1000", b="{{ .NOT }}"))
    found = following("plan", "--json")
    assert found.exit_code == 2
    assert "NOT" in json.loads(found.stdout)["refused"]
    following.says("apply", "-y", code=1)
    following.write(document(a="1000"))


def test_a_managed_tree_has_to_be_named_a_document(managed: ChangedTree) -> None:
    shown = managed.says("plan", code=1)
    assert "follows no file" in shown
    assert "fsmv2 plan FILE" in shown
    proposed = managed.write(document(a="1000", b="1000"), "proposed.yaml")
    assert "apply would refuse" not in managed.says("plan", str(proposed), code=2)


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("new.yaml", "new.yaml is another file, and no saved plan, and is left as it is"),
        ("link", "link is another file, and no saved plan"),
        (".", "is a folder, and is left as it is"),
        ("/dev/null", "/dev/null is no file that could be replaced"),
        ("none/x.plan", "the plan cannot be saved in none/x.plan: no such file or directory"),
    ],
)
def test_a_plan_replaces_nothing_but_a_plan(folder: Path, output: str, says: str) -> None:
    if not (folder / "link").exists():
        (folder / "link").symlink_to("new.yaml")
    before = {file: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    shown = plan(folder, "new.yaml", "--against", "old.yaml", "-o", output)
    assert shown.returncode == 1
    assert says in shown.stderr
    assert "fix: Name a" in shown.stderr
    assert {file: file.read_bytes() for file in folder.iterdir() if file.is_file()} == before
    assert Path("/dev/null").is_char_device()


def test_an_older_plan_is_replaced_and_one_is_no_document(folder: Path) -> None:
    for _ in range(2):
        assert plan(folder, "new.yaml", "--against", "old.yaml", "-o", "twice").returncode == 2
    shown = plan(folder, "twice", "--against", "old.yaml")
    assert shown.returncode == 1
    assert "this is a saved plan, expected a document" in shown.stderr
    assert "fix: Apply it: fsmv2 apply twice" in shown.stderr
