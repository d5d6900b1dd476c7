"""The public names: exact, and each imported from its room at first use."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import fsmv2


def declared_for_type_checkers() -> dict[str, str]:
    """Each name imported under TYPE_CHECKING, with its room."""
    tree = ast.parse(Path(fsmv2.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    return {
        alias.name: node.module.removeprefix("fsmv2.")
        for node in block.body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def test_type_checkers_and_the_lazy_import_see_the_same_names() -> None:
    assert declared_for_type_checkers() == fsmv2._ROOM_OF


def test_all_are_the_lazy_names() -> None:
    assert sorted(fsmv2.__all__) == fsmv2.__all__
    assert set(fsmv2.__all__) == {*fsmv2._ROOM_OF}


@pytest.mark.parametrize("name", fsmv2.__all__)
def test_every_public_name_can_be_imported(name: str) -> None:
    assert getattr(fsmv2, name) is not None
    assert name in dir(fsmv2)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Supervizor'"):
        fsmv2.Supervizor  # noqa: B018


def test_importing_the_package_imports_none_of_its_rooms() -> None:
    code = "import sys, fsmv2; print([m for m in sys.modules if m.startswith('fsmv2.')])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"
