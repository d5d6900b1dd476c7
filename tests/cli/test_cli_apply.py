"""`apply`: what it shows, asks, refuses and waits for, and how it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest
from changed_tree import NEVER_CONVERGES, ChangedTree, document

from fsmv2.cli import apply_session
from fsmv2.operate.changes.apply_data import ApplyProgress
from fsmv2.operate.changes.saved_plan import encoded_plan, read_plan
from fsmv2.operate.remote_tree import RemoteTree


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply_session, "on_terminal", lambda: True)


def test_the_file_that_is_followed_is_applied_and_waited_for(following: ChangedTree) -> None:
    following.write(document(a="1000", b="1000"))
    before = following.numbers()[-1]
    shown = following.says("apply", "-y", "-m", "a second one")
    assert "+ edge/b  process added" in shown
    assert f"generation {before + 1} runs\n" in shown
    assert f"generation {before + 1} has converged: " in shown
    assert following.numbers()[-1] == before + 1


def test_nothing_to_change_is_said_and_makes_no_generation(following: ChangedTree) -> None:
    before = following.numbers()
    shown = following.says("apply")
    assert shown == f"generation {before[-1]} runs, and has this text already\n"
    assert following.numbers() == before


def test_without_a_terminal_the_plan_is_shown_and_it_has_to_be_confirmed(
    following: ChangedTree,
) -> None:
    following.write(document(a="1000", c="1000"))
    before = following.numbers()
    shown = following.says("apply", str(following.file), code=2)
    assert "+ edge/c  process added" in shown
    assert "confirm it with --yes" in shown
    assert following.numbers() == before


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("typed", ["n\n", "\n", ""])
def test_on_a_terminal_no_answer_but_yes_changes_anything(
    following: ChangedTree, typed: str
) -> None:
    following.write(document(a="1000", d="1000"))
    before = following.numbers()
    shown = following.says("apply", code=1, typed=typed)
    assert f"apply this to generation {before[-1]} of {following.file}? [y/N]" in shown
    assert "nothing has been changed" in shown
    assert following.numbers() == before


def test_h90_a_reload_asks_nobody_and_is_refused_if_it_removes_workers(
    following: ChangedTree,
) -> None:
    before = following.numbers()
    following.write(document(b="1000"))
    shown = following.says("apply", "--reload", code=1)
    assert "cannot reload: that would remove edge/a" in shown
    assert following.numbers() == before
    following.write(document(a="1000", z="1000"))
    following.says("apply", "-y")
    following.write(document(a="1000", z="1000") + "# more\n")
    assert "runs\n" in following.says("apply", "--reload")


@pytest.mark.usefixtures("terminal")
def test_on_a_terminal_yes_applies_what_was_shown(following: ChangedTree) -> None:
    following.write(document(a="1000", e="1000"))
    shown = following.says("apply", typed="y\n")
    assert shown.count("+ edge/e  process added") == 1
    assert "has converged" in shown


def test_another_document_than_the_one_that_is_followed_is_refused(
    following: ChangedTree,
) -> None:
    other = following.write(document(z="1000"), "other.yaml")
    before = following.numbers()
    shown = following.says("apply", str(other), "-y", code=1)
    assert f"this tree follows {following.file}, and {other} is another document" in shown
    shown = following.says("apply", "-", "-y", code=1, typed=document(z="1000"))
    assert f"this tree follows {following.file}" in shown
    assert following.numbers() == before


def test_h91_every_mistake_is_shown_with_its_line_and_nothing_moves(
    following: ChangedTree,
) -> None:
    following.write("engin: {}\n" + document(a="1000") + "  b: {comand: [sleep]}\n")
    before = following.numbers()
    shown = following.says("apply", "-y", code=1)
    assert "not valid, so nothing has been changed" in shown
    assert f"{following.file}:1:1" in shown
    assert f"{following.file}:6:" in shown
    assert following.numbers() == before


def test_h93_a_saved_plan_is_applied_as_it_is_or_not_at_all(
    following: ChangedTree, tmp_path: Path
) -> None:
    plan = tmp_path / "saved"
    following.write(document(a="1000"))
    following.says("apply", "-y")
    following.write(document(a="1000", b="1000"))
    following.says("plan", str(following.file), "-o", str(plan), code=2)

    # Another text in the file that is followed.
    following.write(document(a="1000", b="2000"))
    shown = following.says("apply", str(plan), "-y", code=1)
    assert "differs from what was sent" in shown

    # Something else would be done by now.
    following.write(document(a="1000", b="1000"))
    saved = read_plan(plan)
    less = msgspec.structs.replace(
        saved.plan, workers=saved.plan.workers[:1], actions_digest="of something else"
    )
    (other := tmp_path / "other").write_bytes(
        encoded_plan(msgspec.structs.replace(saved, plan=less))
    )
    shown = following.says("apply", str(other), "-y", code=1)
    assert "edge/b: add, which was not planned" in shown

    before = following.numbers()[-1]
    shown = following.says("apply", str(plan), "-y")
    assert f"generation {before + 1} has converged" in shown

    # Another generation is running now.
    shown = following.says("apply", str(plan), "-y", code=1)
    assert f"made against generation {before}, and generation {before + 1} is running now" in shown


def test_h93_a_plan_against_a_document_is_none_of_the_tree(
    following: ChangedTree, tmp_path: Path
) -> None:
    (old := tmp_path / "old.yaml").write_text(document(a="1"))
    plan = str(tmp_path / "saved")
    following.says("plan", str(following.file), "--against", str(old), "-o", plan, code=2)
    assert "without --against" in following.says("apply", plan, "-y", code=1)


def test_a_managed_tree_takes_any_file_and_standard_input(managed: ChangedTree) -> None:
    other = managed.write(document(a="1000", b="1000"), "other.yaml")
    assert "+ edge/b  process added" in managed.says("apply", str(other), "-y")
    shown = managed.says("apply", "-", "-y", typed=document(a="1000", b="1000", c="1000"))
    assert "+ edge/c  process added" in shown
    assert "cwd" not in shown, "standard input is in no folder, so that none changes"
    assert "edge/a" not in shown
    shown = managed.says("apply", "-y", code=1)
    assert "follows no file" in shown
    assert "fsmv2 edit" in shown


def test_json_has_the_plan_and_how_it_ended(managed: ChangedTree) -> None:
    managed.says("apply", "-", "-y", typed=document(a="1000"))
    found = managed("apply", "-", "-y", "--json", typed=document(a="1000", j="1000"))
    answer = json.loads(found.stdout)
    assert answer["progress"]["state"] == "converged"
    assert [one["path"] for one in answer["plan"]["workers"]][-1] == "edge/j"
    assert "+ edge/j  process added" in found.stderr


def test_whoever_does_not_converge_in_time_is_named_with_the_reason(
    managed: ChangedTree,
) -> None:
    managed.says("apply", "-", "-y", typed=document(a="1000"))
    shown = managed.says("apply", "-", "-y", "--timeout", "300ms", code=3, typed=NEVER_CONVERGES)
    assert "not converged in time:" in shown
    # on a busy machine the time is over before the bridge has declared its connection
    assert re.search(r"^  edge/a(/connection)?: .", shown, re.MULTILINE)


def test_with_rollback_it_returns_to_what_had_converged(managed: ChangedTree) -> None:
    managed.says("apply", "-", "-y", typed=document(a="1000"))
    number = managed.numbers()[-1] + 1
    words = ["apply", "-", "-y", "--rollback", "--timeout", "300ms"]
    shown = managed.says(*words, code=7, typed=NEVER_CONVERGES)
    assert f"generation {number} did not converge in time, and was rolled back" in shown
    assert f"generation {number + 1} runs now" in shown


def test_what_is_not_waited_for_has_its_deadline_all_the_same(managed: ChangedTree) -> None:
    shown = managed.says("apply", "-", "-y", "--no-wait", typed=NEVER_CONVERGES)
    assert "the tree waits until " in shown
    assert "fsmv2 history" in shown


def test_h95_a_later_change_ends_the_wait_with_its_own_exit_code(
    managed: ChangedTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    def progress_of(_: RemoteTree, generation: int, *, wait: float) -> ApplyProgress:
        return ApplyProgress(generation=generation, state="superseded", by=generation + 1)

    monkeypatch.setattr(RemoteTree, "progress_of", progress_of)
    shown = managed.says("apply", "-", "-y", code=6, typed=document(a="1000", s="1000"))
    number = managed.numbers()[-1]
    assert f"generation {number} was superseded by generation {number + 1}" in shown


def test_ctrl_c_while_waiting_leaves_it_going_and_says_how_to_look(
    managed: ChangedTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    def progress_of(*_: object, **__: object) -> ApplyProgress:
        raise KeyboardInterrupt

    monkeypatch.setattr(RemoteTree, "progress_of", progress_of)
    shown = managed.says("apply", "-", "-y", code=130, typed=document(a="1000", t="1000"))
    assert f"generation {managed.numbers()[-1]} runs, and the tree goes on with it" in shown
    assert "fsmv2 history" in shown
