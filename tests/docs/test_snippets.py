"""Every Python snippet of the README and the docs runs, those of one name in order, in one file."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import forked_python
from fsmv2.lint import lint
from fsmv2.plant import parse_plant

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```python(?: name=([\w-]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def snippets() -> list[tuple[str, str]]:
    """(page and name, source) of every program in the pages."""
    found: dict[str, list[str]] = {}
    for page in PAGES:
        for number, (name, source) in enumerate(FENCE.findall(page.read_text())):
            key = f"{page.relative_to(ROOT)}:{name or number}"
            found.setdefault(key, []).append(source)
    return [(key, "\n".join(parts)) for key, parts in found.items()]


@pytest.mark.parametrize(("name", "source"), snippets(), ids=lambda value: value[:60])
def test_a_snippet_runs_as_it_stands(name: str, source: str, tmp_path: Path) -> None:
    """What the docs show works when it is copied into a file and run."""
    program = tmp_path / "snippet.py"
    program.write_text(source)
    ran = forked_python.program(program, tmp_path)
    assert ran.returncode == 0, f"{name} failed:\n{ran.stdout}{ran.stderr}"


@pytest.mark.parametrize(("name", "source"), snippets(), ids=lambda value: value[:60])
def test_a_worker_in_the_docs_is_sound(name: str, source: str, tmp_path: Path) -> None:
    """The lint finds nothing in what the docs show."""
    program = tmp_path / "snippet.py"
    program.write_text(source)
    assert [found.render() for found in lint([program])] == []


def test_links_between_the_pages_lead_somewhere() -> None:
    """A relative link in a page names a file that is there."""
    broken = []
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text()):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)} → {target}")
    assert not broken, "\n".join(broken)


def documents() -> list[tuple[str, str]]:
    """(file name, text) of every document that a page has its reader write."""
    fence = re.compile(r"^```yaml file=([\w.-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return [found for page in PAGES for found in fence.findall(page.read_text())]


@pytest.mark.parametrize(("name", "text"), documents(), ids=lambda value: value[:30])
def test_a_document_in_the_docs_is_sound(name: str, text: str) -> None:
    """No problems and no warnings."""
    assert parse_plant(text, name).diagnostics == ()


def test_the_generated_pages_are_those_of_the_code(tmp_path: Path) -> None:
    """`make docs` would change nothing."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        from generate import PAGES as GENERATED
    finally:
        sys.path.pop(0)
    for name, page in GENERATED.items():
        assert (ROOT / "docs" / name).read_text() == page(), f"docs/{name}: run `make docs`"


def test_the_worker_in_the_readme_has_at_most_25_lines() -> None:
    """As its heading says, imports aside."""
    source = FENCE.search((ROOT / "README.md").read_text())
    assert source is not None
    lines = [line for line in source[2].splitlines() if line.strip()]
    assert len([line for line in lines if not line.startswith(("from", "import"))]) <= 25


def test_every_hard_case_has_a_test_named_after_it() -> None:
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        from hard_cases import cases, tests
    finally:
        sys.path.pop(0)
    named = {number for number, _ in tests()}
    assert sorted(cases().keys() - named) == []
    assert sorted(named - cases().keys()) == [], "not in docs/hard-cases.txt"
