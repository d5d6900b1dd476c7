"""Which trees run on this machine, and which one is meant."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fsmv2.errors import NoJournalError, NotRunningError, StoreError
from fsmv2.operate import prepare
from fsmv2.operate.running_trees import (
    VARIABLE,
    chosen_tree,
    kept_directory,
    registered,
    running_trees,
    tree_of,
)
from fsmv2.operate.socket_place import runtime_directory
from fsmv2.operate.state_directory import held
from other_user import as_nobody


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv(VARIABLE, raising=False)
    with tempfile.TemporaryDirectory() as short:  # as the path of a socket has to be
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        yield


def document(folder: Path, name: str) -> Path:
    file = folder / f"{name}.yaml"
    file.write_text('agent: {name: edge}\nbroker: {url: "nats://127.0.0.1:1"}\n')
    return file


@contextlib.contextmanager
def running(file: Path, state_dir: Path | None = None) -> Iterator[Path]:
    with prepare(file, state_dir=state_dir) as prepared, registered(prepared.directory.path):
        yield prepared.directory.path


def test_the_only_one_is_meant_and_of_several_one_has_to_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = document(tmp_path, "a"), document(tmp_path, "b")
    with pytest.raises(NotRunningError, match="none of your trees runs"):
        chosen_tree()
    with running(a) as of_a:
        assert chosen_tree() == of_a
        with running(b, tmp_path / "elsewhere") as of_b:
            assert {tree.directory for tree in running_trees()} == {of_a, of_b}
            with pytest.raises(NotRunningError, match="2 trees run") as raised:
                chosen_tree()
            assert f"which one is meant: {a}, {b}." in raised.value.message
            assert chosen_tree(b) == of_b, "found by its document in another place, too"
            assert chosen_tree(state_dir=of_b) == of_b
            monkeypatch.setenv(VARIABLE, str(a))
            assert chosen_tree() == of_a
            monkeypatch.setenv(VARIABLE, str(of_b))
            assert chosen_tree() == of_b
            assert chosen_tree(a) == of_a, "what is named counts before the environment"


def test_one_that_does_not_run_is_told_with_those_that_do(tmp_path: Path) -> None:
    a, b = document(tmp_path, "a"), document(tmp_path, "b")
    with running(a), pytest.raises(NotRunningError, match=r"b\.yaml is not running") as raised:
        chosen_tree(b)
    assert str(a) in raised.value.fix


def test_a_document_that_does_not_exist_is_named_with_the_one_that_was_meant(
    tmp_path: Path,
) -> None:
    document(tmp_path, "plant")
    for asked in (chosen_tree, kept_directory):
        with pytest.raises(NoJournalError, match=r"there is no file .*plnt\.yaml") as raised:
            asked(tmp_path / "plnt.yaml")
        assert "Did you mean 'plant.yaml'?" in raised.value.fix


def test_a_note_of_a_tree_that_has_ended_is_removed(tmp_path: Path) -> None:
    notes = runtime_directory() / "trees"
    with running(document(tmp_path, "a"), tmp_path / "elsewhere") as directory:
        assert len(list(notes.iterdir())) == 1
    assert list(notes.iterdir()) == []
    (notes / "left").write_bytes(str(directory).encode())
    assert running_trees() == []
    assert list(notes.iterdir()) == []


def test_a_document_that_runs_elsewhere_runs_a_second_time_only_where_that_is_named(
    tmp_path: Path,
) -> None:
    file = document(tmp_path, "a")
    with running(file, tmp_path / "elsewhere"):
        with pytest.raises(StoreError, match="runs already, in process") as raised, running(file):
            pass
        assert "elsewhere" in raised.value.message
        assert raised.value.fix is not None
        assert "--state-dir" in raised.value.fix
        with running(file, tmp_path / "another"):
            pass
    with running(file):
        pass


def test_a_document_is_of_the_tree_that_runs_it_or_else_of_the_one_that_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, other = (document(tmp_path, name) for name in ("a", "b", "other"))
    with running(a) as of_a:
        assert tree_of(other) == tree_of(None) == of_a, "the only one"
        with running(b) as of_b:
            assert tree_of(b) == of_b
            assert tree_of(b, tree=a) == tree_of(b, state_dir=of_a) == of_a
            with pytest.raises(NotRunningError, match=f"{other} is not running"):
                tree_of(other)
            monkeypatch.setenv(VARIABLE, str(a))
            assert tree_of(other) == of_a
            assert tree_of(b) == of_b, "what is named counts before the environment"


def test_another_users_tree_is_never_called_one_that_does_not_run() -> None:
    """Whoever is asked that starts it would have two."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name, "fsmv2.lock").touch(0o600)
        asked = [chosen_tree, kept_directory]
        for mode in (0o700, 0o755):
            Path(name).chmod(mode)
            for ask in asked:
                with as_nobody(), pytest.raises(StoreError) as caught:
                    ask(None, Path(name))
                assert caught.value.message.startswith(
                    f"the state directory {name} cannot be used: permission denied. {name}"
                )
                assert "belongs to the user root, and this is nobody" in caught.value.message
                assert "sudo -u root" in caught.value.fix
            refused = pytest.raises(StoreError, match="belongs to the user root")
            with as_nobody(), refused, held(Path(name)):
                pass
