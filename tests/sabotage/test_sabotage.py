"""Each hard case has a break of the code on record that its test finds.

The records are in `breaks/`: for each case a file, a text in it that occurs once, what it is
replaced by, and the test that fails then. A test that cannot fail proves nothing; this one proves
that they can. What the break is and whether its text still stands there is checked always; that the
test fails is run by `make test-all`, in copies of the source.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

ROOT = Path(__file__).resolve().parents[2]
CASES = {
    line.partition(" | ")[0] for line in (ROOT / "docs" / "hard-cases.txt").read_text().splitlines()
}


class Break(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way to break one file, and the test that must find it."""

    cases: tuple[str, ...]
    file: str
    old: str
    new: str
    test: str

    @property
    def broken(self) -> str:
        """The text of the file, broken."""
        return (ROOT / self.file).read_text().replace(self.old, self.new)


BREAKS = [
    found
    for file in sorted((Path(__file__).parent / "breaks").glob("*.json"))
    for found in msgspec.json.decode(file.read_bytes(), type=list[Break])
]
IDS = [f"{'-'.join(b.cases)}-{Path(b.file).stem}" for b in BREAKS]


def test_every_case_has_a_break() -> None:
    have = {case for found in BREAKS for case in found.cases}
    assert have == CASES, f"without: {sorted(CASES - have)}; unknown: {sorted(have - CASES)}"


@pytest.mark.parametrize("found", BREAKS, ids=IDS)
def test_a_break_still_fits_the_code(found: Break) -> None:
    """Its text stands in the file exactly once, what comes of it compiles, its test is there."""
    text = (ROOT / found.file).read_text()
    assert text.count(found.old) == 1, f"{found.file} has changed: record the break anew"
    ast.parse(found.broken)
    file, _, name = found.test.partition("::")
    function = name.partition("[")[0]
    assert re.search(rf"def {function}\(", (ROOT / file).read_text()), found.test
    numbers = {f"H{int(n)}" for n in re.findall(r"_h(\d+)", function)}
    assert set(found.cases) <= numbers, "the test is not named after these cases"


def test_no_break_uses_a_name_that_its_file_does_not_know(tmp_path: Path) -> None:
    """A test would fail by that, and prove nothing: whatever is done there would be missed."""
    for number, found in enumerate(BREAKS):
        (tmp_path / f"{number}.py").write_text(found.broken)
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821", "--quiet"]
    ran = subprocess.run([*ruff, tmp_path], capture_output=True, text=True, check=False)
    unknown = {int(number) for number in re.findall(r"(\d+)\.py:", ran.stdout)}
    assert [IDS[number] for number in unknown] == [], ran.stdout


def _run(source: Path, tests: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tb=line", "-p", "no:cacheprovider", *tests],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="session")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source, copied; its tests pass there, and it is this copy that they test."""
    source = tmp_path_factory.mktemp("sabotage") / "src"
    shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
    where = subprocess.run(
        [sys.executable, "-c", "import fsmv2; print(fsmv2.__file__)"],
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(source)), where.stdout
    ran = _run(source, sorted({found.test for found in BREAKS}))
    assert ran.returncode == 0, ran.stdout
    return source


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("found", BREAKS, ids=IDS)
def test_the_test_of_a_case_finds_the_break(found: Break, copied: Path) -> None:
    """With the break in, that test fails; with the code as it is, it passed."""
    target = copied / Path(found.file).relative_to("src")
    sound = target.read_text()
    target.write_text(found.broken)
    try:
        ran = _run(copied, [found.test])
    finally:
        target.write_text(sound)
    assert ran.returncode == 1, f"it went unnoticed:\n{ran.stdout}{ran.stderr}"
    assert re.search(r"^\d+ failed", ran.stdout, re.MULTILINE), ran.stdout
