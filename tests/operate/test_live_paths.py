"""The paths of running trees, as completion asks for them: level by level, and at once."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from api_socket import answering
from fsmv2.operate import live_paths as module
from fsmv2.operate.live_paths import live_paths

PLANT = ["edge", "edge/filler", "edge/filler/dfc_read", "edge/film", "edge/capper", "edge/b\x1b[m"]


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of state directories, in a place whose sockets have short paths."""
    with tempfile.TemporaryDirectory() as place:
        monkeypatch.setenv("XDG_STATE_HOME", place)
        monkeypatch.setenv("XDG_RUNTIME_DIR", place)
        monkeypatch.delenv("FSMV2_TREE", raising=False)
        yield Path(place) / "fsmv2"


def test_one_level_at_a_time_of_what_begins_so(home: Path) -> None:
    with answering(home / "plant", PLANT, document="/plant.yaml") as asked:
        assert live_paths("edge/fil") == ["edge/filler", "edge/film"]
        assert b"GET /v1/workers?path=edge HTTP" in asked[-1]
        assert live_paths("edge/filler/") == ["edge/filler/dfc_read"]


def test_the_only_one_is_also_there_with_a_slash_if_it_has_others_below(home: Path) -> None:
    with answering(home / "plant", PLANT, document="/plant.yaml"):
        assert live_paths("ed") == ["edge", "edge/"]
        assert live_paths("edge/c") == ["edge/capper"]


def test_what_a_terminal_would_obey_is_left_out(home: Path) -> None:
    with answering(home / "plant", PLANT, document="/plant.yaml"):
        assert live_paths("edge/b") == []


def test_the_tree_that_is_named_is_asked_else_all(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        answering(home / "one", ["first"], document="/one.yaml"),
        answering(home / "two", ["second"], document="/two.yaml"),
    ):
        assert live_paths("") == ["first", "second"]
        assert live_paths("", document="/two.yaml") == ["second"]
        assert live_paths("", state_dir=str(home / "one")) == ["first"]
        monkeypatch.setenv("FSMV2_TREE", "/two.yaml")
        assert live_paths("") == ["second"]
        monkeypatch.setenv("FSMV2_TREE", str(home / "one"))
        assert live_paths("") == ["first"]


def test_a_tree_that_does_not_answer_has_no_paths(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WITHIN", 0.05)
    (home / "gone").mkdir(parents=True)
    (home / "gone" / "document.json").write_text("not JSON")
    assert live_paths("") == []
    assert live_paths("", document="/plant.yaml") == []


def test_it_imports_nothing_that_takes_long() -> None:
    program = (
        "import sys; from fsmv2.cli.completion.paths_callback import print_paths\n"
        "print_paths(['edge'])\n"
        "heavy = {'typer', 'msgspec', 'rich', 'http.client', 'asyncio', 'jinja2', 'yaml'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.stdout.splitlines()[-1] == "[]", ran.stderr
