"""Each file of the core has its tests where they are looked for: in the same place under tests."""

from __future__ import annotations

from pathlib import Path

import pytest

import fsmv2.core

TESTS = Path(__file__).parent
CORE = Path(fsmv2.core.__file__).parent
FILES = sorted(file.relative_to(CORE) for file in CORE.rglob("*.py") if file.name != "__init__.py")


def place_of(file: Path) -> Path:
    return file.with_name(f"test_{file.name}")


@pytest.mark.reads_source
@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_file_of_the_core_has_its_tests(file: Path) -> None:
    found = TESTS / place_of(file)
    assert found.is_file(), f"{file} has no tests: write them in tests/core/{place_of(file)}"
    assert "def test_" in found.read_text(), f"tests/core/{place_of(file)} has no test in it"


@pytest.mark.reads_source
def test_tests_in_a_folder_are_those_of_a_file_of_the_core() -> None:
    """Who moves or renames a file moves its tests with it; `_random` tests stand beside them."""
    expected = {place_of(file) for file in FILES}
    for found in TESTS.rglob("*/test_*.py"):
        place = found.relative_to(TESTS)
        mirrored = place.with_name(place.name.replace("_random.py", ".py"))
        assert mirrored in expected, f"tests/core/{place} belongs to no file of the core"
