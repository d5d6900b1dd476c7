"""The public names of `operate`: exact, and each imported at its first use."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fsmv2 import operate


@pytest.mark.parametrize("name", operate.__all__)
def test_every_public_name_can_be_imported(name: str) -> None:
    assert getattr(operate, name).__name__ == name
    assert name in dir(operate)


def test_all_is_the_lazy_names() -> None:
    assert sorted(operate.__all__) == operate.__all__
    assert set(operate.__all__) == set(operate._MODULE_OF)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'open_treee'"):
        operate.open_treee  # type: ignore[attr-defined]  # noqa: B018


def test_importing_the_package_imports_no_runtime() -> None:
    code = "import sys, fsmv2.operate; print([m for m in sys.modules if m.startswith('fsmv2.')])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "['fsmv2.operate']\n"
