"""The editor that VISUAL or EDITOR names, with its arguments."""

from __future__ import annotations

import io
import signal
from pathlib import Path

import pytest

from fsmv2.cli.editor import edit_files, editor_command
from fsmv2.errors import QuestionError


@pytest.fixture(autouse=True)
def no_editor(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)


class Terminal(io.StringIO):
    """Keys that may be pressed."""

    def isatty(self) -> bool:
        return True


def test_visual_comes_first_and_may_have_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "vi")
    assert editor_command() == ["vi"]
    monkeypatch.setenv("VISUAL", "code --wait 'a b'")
    assert editor_command() == ["code", "--wait", "a b"]


def test_without_any_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(QuestionError, match="there is no terminal for an editor"):
        editor_command()
    monkeypatch.setattr("sys.stdin", Terminal())
    with pytest.raises(QuestionError, match="no editor was found") as raised:
        editor_command()
    assert "EDITOR" in raised.value.fix
    monkeypatch.setenv("EDITOR", "vi 'a")
    with pytest.raises(QuestionError, match="EDITOR is"):
        editor_command()


def test_the_files_are_edited_and_ctrl_c_is_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file := tmp_path / "a b.yaml").write_text("one\n")
    monkeypatch.setenv("EDITOR", "sed -i s/one/two/")
    before = signal.getsignal(signal.SIGINT)
    edit_files([file])
    assert file.read_text() == "two\n"
    assert signal.getsignal(signal.SIGINT) == before


@pytest.mark.parametrize(
    ("editor", "says"),
    [
        ("false", "ended with exit code 1"),
        ("/not/there", "'/not/there' cannot be run: no such file or directory. Set"),
    ],
)
def test_one_that_fails_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, editor: str, says: str
) -> None:
    monkeypatch.setenv("EDITOR", editor)
    with pytest.raises(QuestionError, match=says):
        edit_files([tmp_path / "x"])
