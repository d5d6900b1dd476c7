"""The reference of the Python names has every public name, and nothing of it is without words."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest
import python_names
from python_docs import first_sentence, to_markdown
from python_signatures import signatures

import fsmv2

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.reads_source
"""It reads the files of the code."""


@pytest.mark.parametrize("page", python_names.PAGES)
def test_every_public_name_has_a_heading(page: str) -> None:
    text = (ROOT / "docs" / "reference" / page).read_text()
    for package in python_names.PAGES[page]:
        for name in importlib.import_module(package).__all__:
            assert re.search(rf"^### `(\w+\.)?{name}`$", text, re.MULTILINE), f"{package}.{name}"


@pytest.mark.parametrize("page", python_names.PAGES)
def test_nothing_is_without_words(page: str) -> None:
    """Each name, member and field is described, and each error that is raised is named."""
    own = [e for e in python_names.entries() if e.page == page and python_names.first_of(e) is e]
    assert [found for entry in own for found in python_names.undocumented(entry)] == []
    assert [
        f"{module}.{name}: no docstring, and no string below it"
        for name, module in python_names.named_types(page).items()
        if not python_names.words_of(module, name)
    ] == []


def test_each_heading_of_a_page_has_an_address_of_its_own() -> None:
    for page in python_names.PAGES:
        anchors = [e.anchor for e in python_names.entries() if e.page == page]
        assert len(anchors) == len(set(anchors)), page


def test_each_package_that_pages_and_examples_import_is_described() -> None:
    """Whoever copies a program can look up what it uses."""
    described = {package for packages in python_names.PAGES.values() for package in packages}
    used: dict[str, str] = {}
    for file in [*ROOT.glob("examples/*.py"), *ROOT.glob("docs/*/*.md"), ROOT / "README.md"]:
        for package in re.findall(r"^from (fsmv2(?:\.\w+)?) import", file.read_text(), re.M):
            used[package] = file.name
    assert {package: file for package, file in used.items() if package not in described} == {}


def test_what_has_no_words_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above would find a class, a field, a member and an error."""
    (tmp_path / "bare.py").write_text(
        "import msgspec\n"
        "from fsmv2 import SpecError\n\n"
        "class Bare(msgspec.Struct):\n    size: int\n\n"
        "    def grow(self) -> int: ...\n\n"
        "class Made:\n    '''A thing.'''\n\n    def __init__(self, size: int) -> None: ...\n\n"
        "def refuse() -> None:\n    '''Refuse.'''\n    raise SpecError('no')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    bare = importlib.import_module("bare")
    monkeypatch.setattr(bare.Bare, "__module__", "fsmv2.bare")
    monkeypatch.setitem(sys.modules, "fsmv2.bare", bare)
    found = [
        *python_names.undocumented(
            python_names.Entry("fsmv2.bare", "Bare", "python.md", bare.Bare)
        ),
        *python_names.undocumented(python_names.Entry("bare", "Made", "python.md", bare.Made)),
        *python_names.undocumented(python_names.Entry("bare", "refuse", "python.md", bare.refuse)),
    ]
    assert found == [
        "fsmv2.bare.Bare: no docstring",
        "fsmv2.bare.Bare.size: not in the docstring, and no string below it",
        "fsmv2.bare.Bare.grow: no docstring",
        "bare.Made(size): the constructor does not say what it is",
        "bare.refuse: its docstring does not name SpecError, which it raises",
    ]


def test_a_signature_stands_as_in_the_source() -> None:
    assert signatures("stay", fsmv2.stay) == (
        "stay(\n    reason: str,\n    *,\n    wake_after: float | None = None,\n"
        "    waits_for: tuple[str, ...] | str = (),\n) -> Stay"
    )
    assert "    enabled: bool = True,\n" in signatures("ChildSpec", fsmv2.ChildSpec)
    assert signatures("Snapshot.elapsed", fsmv2.Snapshot.elapsed).startswith(
        "Snapshot.elapsed: float"
    )


def test_code_in_a_docstring_is_shown_as_code() -> None:
    text = "Put it so::\n\n    @action\n    def flash(self): ...\n\nNo more."
    shown = "Put it so:\n\n```py\n@action\ndef flash(self): ...\n```\n\nNo more."
    assert to_markdown(text) == shown
    assert first_sentence("All of it. The rest: no.") == "All of it."
