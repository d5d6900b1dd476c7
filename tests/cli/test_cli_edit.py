"""`edit`: the document of a managed tree in an editor, and nothing that is written is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from changed_tree import ChangedTree, changed_tree, document

from fsmv2.cli import edit_session
from fsmv2.errors import QuestionError
from fsmv2.operate.changes.apply_data import ApplyProgress
from fsmv2.operate.generations import generation
from fsmv2.operate.remote_tree import RemoteTree

HIDDEN = "global: {password: geheim}\n"


@pytest.fixture(scope="module")
def tree() -> Iterator[ChangedTree]:
    with changed_tree(HIDDEN + document(a="1000"), managed=True) as found:
        yield found


class Editor:
    """Somebody at an editor: what they see, and what they make of it, time after time."""

    def __init__(self, *edits: Callable[[str], str]) -> None:
        self.edits = list(edits)
        self.seen: list[str] = []

    def __call__(self, files: Iterable[Path]) -> None:
        (file,) = files
        self.seen.append(file.read_text())
        edit = self.edits.pop(0) if self.edits else str
        file.write_text(edit(self.seen[-1]))


def edits(monkeypatch: pytest.MonkeyPatch, *edits: Callable[[str], str]) -> Editor:
    editor = Editor(*edits)
    monkeypatch.setattr(edit_session, "edit_files", editor)
    return editor


def with_process(name: str) -> Callable[[str], str]:
    return lambda text: text + f"  {name}: {{command: [sleep, '1000']}}\n"


def kept_in(shown: str) -> Path:
    found = re.search(r"your text is kept; continue with it: fsmv2 edit (\S+)", shown)
    assert found is not None, shown
    return Path(found[1])


def test_what_was_edited_is_applied_and_credentials_are_neither_shown_nor_lost(
    tree: ChangedTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = edits(monkeypatch, with_process("b"))
    before = generation(tree.state)
    shown = tree.says("edit", "-y", "-m", "one more")
    assert "+ edge/b  process added" in shown
    assert "has converged" in shown
    (seen,) = editor.seen
    assert seen.startswith(f"#| Generation {before.number} of {tree.file}.")
    assert "geheim" not in seen + shown
    assert f"password: <credential-1-of-generation-{before.number}>" in seen
    after = generation(tree.state)
    assert (after.number, after.tool, after.why) == (before.number + 1, "fsmv2 edit", "one more")
    assert after.files[""] == with_process("b")(before.files[""].decode()).encode()
    assert after.source == before.source, "so that no folder changes"


def test_nothing_edited_changes_nothing(tree: ChangedTree, monkeypatch: pytest.MonkeyPatch) -> None:
    edits(monkeypatch, str)
    before = tree.numbers()
    assert "nothing has been changed" in tree.says("edit", "-y")
    edits(monkeypatch, lambda _: "")
    assert "the text is empty" in tree.says("edit", "-y", code=1)
    assert tree.numbers() == before


def test_mistakes_stand_above_the_text_until_it_is_valid(
    tree: ChangedTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = edits(
        monkeypatch,
        lambda text: text + "  c: {comand: [sleep, '1000']}\n",
        lambda text: text.replace("comand", "command"),
    )
    assert "+ edge/c  process added" in tree.says("edit", "-y")
    again = wrong.seen[1].splitlines()
    assert sum("geheim" in line for line in again) == 0
    (note,) = [line for line in again if line.startswith("#| - line ")]
    number = int(note.split()[3].rstrip(":"))
    assert "comand" in again[number - 1], "the line as it stands in the editor"
    assert "comand" in note
    assert any(line.startswith("#|   fix: ") for line in again)
    assert "#|" not in generation(tree.state).files[""].decode()


def test_what_is_given_up_is_kept_and_taken_up_again(
    tree: ChangedTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    edits(monkeypatch, lambda text: text + "  d: {comand: [sleep, '1000']}\n")
    before = tree.numbers()
    shown = tree.says("edit", "-y", code=1)
    assert tree.numbers() == before
    assert "there is no key 'comand'" in shown, "for who sees no editor, as in a script"
    kept = kept_in(shown)
    assert "  d: {comand" in kept.read_text()
    assert "#|" not in kept.read_text()
    assert "geheim" not in kept.read_text()
    assert "fsmv2 edit FILE" in tree.says("apply", str(kept), "-y", code=1)

    edits(monkeypatch, lambda text: text.replace("comand", "command"))
    assert "+ edge/d  process added" in tree.says("edit", str(kept), "-y")
    assert b"password: geheim" in generation(tree.state).files[""]


def test_another_change_meanwhile_is_not_overwritten(
    tree: ChangedTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = tree.numbers()[-1]

    def slow(text: str) -> str:
        tree.says("apply", "-", "-y", typed=HIDDEN + document(a="1000", quick="1000"))
        return with_process("slow")(text)

    edits(monkeypatch, slow)
    shown = tree.says("edit", "-y", code=1)
    assert f"made against generation {number}, and generation {number + 1} is running now" in shown
    assert "slow" in kept_in(shown).read_text()
    assert tree.numbers()[-1] == number + 1


def test_what_was_applied_is_not_kept_although_the_wait_is_interrupted(
    tree: ChangedTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    def progress_of(*_: object, **__: object) -> ApplyProgress:
        raise KeyboardInterrupt

    edits(monkeypatch, with_process("e"))
    monkeypatch.setattr(RemoteTree, "progress_of", progress_of)
    shown = tree.says("edit", "-y", code=130)
    assert "the tree goes on with it" in shown
    assert "your text is kept" not in shown


def test_an_editor_that_fails_after_a_save_loses_nothing(
    tree: ChangedTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(files: Iterable[Path]) -> None:
        for file in files:
            file.write_text(file.read_text() + "# written\n")
        raise QuestionError("the editor 'vi' ended by signal 9.")

    monkeypatch.setattr(edit_session, "edit_files", fails)
    shown = tree.says("edit", "-y", code=2)
    assert "# written" in kept_in(shown).read_text()


def test_without_a_terminal_it_says_so_before_anything_is_edited(tree: ChangedTree) -> None:
    assert "there is no terminal to ask on" in tree.says("edit", code=2)


def test_a_tree_that_follows_a_file_is_edited_there() -> None:
    with changed_tree(document(a="1000")) as following:
        shown = following.says("edit", "-y", code=1)
    assert f"this tree follows {following.file}" in shown
    assert "run `fsmv2 apply`" in shown


def test_bytes_that_are_not_utf8_are_a_mistake_with_a_place(
    tree: ChangedTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    def edit(files: Iterable[Path]) -> None:
        (file,) = files
        if (text := file.read_bytes()).count(b"#|") < 3:
            file.write_bytes(text + b"  d: {command: [sleep, '\xff']}\n")

    monkeypatch.setattr(edit_session, "edit_files", edit)
    shown = tree.says("edit", "-y", code=1)
    assert "byte 25 of this line, 0xff, is not UTF-8" in shown
    assert b"'\xff'" in kept_in(shown).read_bytes()
