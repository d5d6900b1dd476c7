"""The list of mutants that may survive, and what `make mutants` says of them."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from textwrap import dedent

import pytest
import survivors
from survivors import Mutant, Outcome, Survivor, judge

ROOT = Path(__file__).resolve().parents[2]
KEPT = survivors.read()

ONE = Mutant(file="src/a.py", function="f", old="return 1", new="return 2")
OTHER = Mutant(file="src/a.py", function="f", old="x = 1", new="x = None")


def entry(mutant: Mutant, why: str = "nobody reads it") -> Survivor:
    return Survivor(
        file=mutant.file, function=mutant.function, old=mutant.old, new=mutant.new, why=why
    )


def test_a_survivor_without_a_reason_is_shown_with_what_to_do() -> None:
    (wrong,) = judge([Outcome("a.x_f__mutmut_1", ONE, "survived")], [entry(OTHER)], whole=False)
    for said in (
        "A mutant survived, and no reason is given",
        "src/a.py, f:\n-   return 1\n+   return 2\n",
        "mutmut show a.x_f__mutmut_1",
        "make mutants ONLY=a.x_f__mutmut_1",
        "- in: src/a.py\n  function: f\n  old: return 1\n  new: return 2\n  why: ''",
    ):
        assert said in wrong


def test_what_no_test_reaches_needs_a_reason_too() -> None:
    (wrong,) = judge([Outcome("m", ONE, "is reached by no test")], [])
    assert wrong.startswith("A mutant is reached by no test")


def test_one_that_was_found_or_not_reached_is_nothing_to_say() -> None:
    assert judge([Outcome("m", ONE, "found"), Outcome("n", OTHER, "not reached")], []) == []


def test_one_that_survives_for_a_reason_is_nothing_to_say() -> None:
    assert judge([Outcome("m", ONE, "survived")], [entry(ONE)]) == []
    assert judge([Outcome("m", ONE, "not reached")], [entry(ONE)]) == []


def test_an_entry_that_is_out_of_date_is_to_be_removed() -> None:
    (wrong,) = judge([Outcome("m", ONE, "found")], [entry(ONE)])
    assert wrong.startswith("A test finds this one now")
    (wrong,) = judge([Outcome("m", OTHER, "found")], [entry(ONE)])
    assert wrong.startswith("There is no such mutant any more")
    assert judge([Outcome("m", OTHER, "found")], [entry(ONE)], whole=False) == []


def test_of_two_lines_alike_one_that_survives_keeps_the_entry() -> None:
    assert judge([Outcome("m", ONE, "found"), Outcome("n", ONE, "survived")], [entry(ONE)]) == []


def test_an_entry_without_a_reason_is_none() -> None:
    (wrong,) = judge([Outcome("m", ONE, "survived")], [entry(ONE, why=" ")])
    assert wrong.startswith("This entry gives no reason")


@pytest.mark.parametrize("kept", KEPT, ids=[f"{k.function}-{n}" for n, k in enumerate(KEPT)])
def test_a_kept_entry_still_fits_the_code(kept: Survivor) -> None:
    """Its file is one that is mutated, its function is there, and its lines stand in it."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        mutated = tomllib.load(file)["tool"]["mutmut"]["only_mutate"]
    assert any(fnmatch(kept.file, pattern) for pattern in mutated)
    text = (ROOT / kept.file).read_text()
    name = kept.function.rpartition(".")[2]
    functions = [
        ast.get_source_segment(text, node)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
    ]
    lines = [{line.strip() for line in (found or "").splitlines()} for found in functions]
    assert any(set(kept.old.splitlines()) <= found for found in lines), (
        f"{kept.function} in {kept.file} has changed: see by `make mutants` what became of\n{kept}"
    )
    assert len(kept.why.split()) > 3, "the reason is to be one"


def test_every_entry_is_there_once() -> None:
    assert len({kept.mutant for kept in KEPT}) == len(KEPT)


@pytest.mark.slow
def test_the_whole_of_it_on_a_small_package(tmp_path: Path) -> None:
    """A survivor fails it, a reason mends that, and an entry that is found fails it again."""
    (tmp_path / "src/toy").mkdir(parents=True)
    (tmp_path / "tests").mkdir()
    (tmp_path / "src/toy/__init__.py").write_text(
        "def more(n: int) -> int:\n    return n + 1\n\n\n"
        "def shout(text: str) -> str:\n    return text.upper()\n"
    )
    (tmp_path / "tests/test_toy.py").write_text(
        "import toy\n\n\ndef test_toy():\n    assert toy.more(1) > 1\n    toy.shout('a')\n"
    )
    (tmp_path / "pyproject.toml").write_text(
        '[tool.mutmut]\nsource_paths = ["src"]\nuse_git_change_detection = false\n'
    )
    kept = tmp_path / "kept.yaml"

    def ran() -> subprocess.CompletedProcess[str]:
        program = [sys.executable, ROOT / "tests/mutation/mutants.py", "--jobs", "1"]
        return subprocess.run(
            [*program, "--kept", kept], cwd=tmp_path, capture_output=True, text=True, timeout=300
        )

    kept.write_text("[]")
    first = ran()
    assert first.returncode == 1, first.stdout + first.stderr
    assert "mutants: 2 survived, 1 found" in first.stdout
    assert "+   return n + 2" in first.stdout
    assert "+   return text.lower()" in first.stdout
    reasons = """
    - {in: src/toy/__init__.py, function: more, old: return n + 1, new: return n + 2, why: so}
    - {in: src/toy/__init__.py, function: shout, old: return text.upper(),
       new: return text.lower(), why: so}
    """
    kept.write_text(dedent(reasons))
    second = ran()
    assert second.returncode == 0, second.stdout + second.stderr
    kept.write_text(dedent(reasons).replace("n + 2", "n - 1"))
    third = ran()
    assert third.returncode == 1
    assert "A test finds this one now: remove its entry." in third.stdout
