"""The tests marked `real`: missing servers fail them in CI, and skip them elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from fsmv2.host.install_command import install_command

CONFTEST = str(Path(__file__).with_name("conftest.py"))


@pytest.mark.real
@pytest.mark.parametrize(("ci", "outcome"), [("1", pytest.fail), ("", pytest.skip)])
def test_without_its_packages_a_real_test_fails_in_ci_and_skips_elsewhere(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: Any
) -> None:
    """With the reason, and what to install."""
    manager = request.config.pluginmanager
    [shared] = [one for one in manager.get_plugins() if getattr(one, "__file__", "") == CONFTEST]
    monkeypatch.setitem(sys.modules, "pymodbus", None)
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome.Exception) as ended:
        shared.pytest_runtest_setup(request.node)
    wanted = f"not installed: pymodbus; run: {install_command('industrial')}"
    assert str(ended.value) == wanted
