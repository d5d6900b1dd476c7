"""The tests of `src/fsmv2/a/b/c.py` are in `tests/a/b/test_c.py`.

More of them may be in `test_c_<aspect>.py` beside it. What a folder of tests has besides is about
several files at once, and is listed here with its reason.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "fsmv2"
TESTS = ROOT / "tests"

MIRRORED = ("core", "document", "model", "plant", "runtime")
"""Packages that are held to it."""

OF_THE_WHOLE = {
    "core/test_containment.py": "what code of authors may do, wherever the core calls it",
    "core/test_core_random.py": "random trees through the whole core",
    "core/test_costs.py": "how the work of the core grows with the size of a tree",
    "core/test_h_change.py": "hard cases: a change of the tree",
    "core/test_h_stop.py": "hard cases: stopping",
    "core/test_h_trouble.py": "hard cases: trouble",
    "core/test_replay_random.py": "random trees, replayed",
    "core/test_reports.py": "what one change is reported as by all phases together",
    "runtime/test_secret_canary.py": "a secret in every output of a runtime",
    "plant/test_fixes.py": "the fix of each mistake, whoever proposes it, is carried out",
    "model/test_hostile_data.py": "the same data at every entrance of the model",
}
"""Test files about several source files at once."""

WITHOUT_TESTS_OF_THEIR_OWN = {
    "runtime/collector_services.py": "what collectors share: test_collector.py",
    "runtime/dispatcher.py": "carries out instructions in a running tree: test_runtime.py",
    "runtime/running_parts.py": "the parts of a runtime, put together: test_runtime.py",
}
"""Source files that have behaviour, and why another file has their tests."""


def has_behaviour(file: Path) -> bool:
    """Whether any function of the file does anything: no protocol, no plain data, no re-export."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = [s for s in node.body if not (isinstance(s, ast.Expr) and _is_text(s.value))]
            if body and not all(isinstance(s, ast.Raise | ast.Pass) for s in body):
                return True
    return False


def _is_text(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant)  # a docstring, or `...`


def sources() -> Iterator[Path]:
    for file in sorted(SOURCE.rglob("*.py")):
        place = file.relative_to(SOURCE)
        if place.parts[0] in MIRRORED and not file.name.startswith("__"):
            yield place


@pytest.mark.reads_source
def test_each_file_has_its_tests() -> None:
    missing = [
        f"src/fsmv2/{place} has no tests/{place.with_name(f'test_{place.name}')}"
        for place in sources()
        if place.as_posix() not in WITHOUT_TESTS_OF_THEIR_OWN
        and has_behaviour(SOURCE / place)
        and not (TESTS / place.with_name(f"test_{place.name}")).is_file()
    ]
    assert not missing, "\n".join(missing)


@pytest.mark.reads_source
def test_each_test_file_is_named_after_a_file() -> None:
    """Who moves or renames a file moves its tests with it."""
    lost = []
    for folder in MIRRORED:
        for file in sorted((TESTS / folder).rglob("test_*.py")):
            place = file.relative_to(TESTS)
            named = place.stem.removeprefix("test_")
            stems = {source.stem for source in (SOURCE / place.parent).glob("*.py")}
            if place.as_posix() in OF_THE_WHOLE or any(
                named == stem or named.startswith(f"{stem}_") for stem in stems
            ):
                continue
            lost.append(f"tests/{place} is named after no file of src/fsmv2/{place.parent}")
    assert not lost, "\n".join(lost)


@pytest.mark.reads_source
def test_the_lists_name_what_is_so() -> None:
    gone = [name for name in OF_THE_WHOLE if not (TESTS / name).is_file()]
    for name in WITHOUT_TESTS_OF_THEIR_OWN:
        own = TESTS / Path(name).with_name(f"test_{Path(name).name}")
        if own.is_file() or not (SOURCE / name).is_file():
            gone.append(name)
    assert not gone, "take these out of their list"
