"""The command that installs an extra works where this fsmv2 came from, index or not."""

from __future__ import annotations

import importlib.metadata
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from fsmv2.host.install_command import install_command


class Installed:
    def __init__(self, note: dict[str, Any] | None) -> None:
        self.note = note

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return json.dumps(self.note) if self.note else None


def command(monkeypatch: pytest.MonkeyPatch, note: dict[str, Any] | None) -> str:
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: Installed(note))
    monkeypatch.setattr(sys, "executable", "/opt/x/bin/python")
    return install_command("industrial")


def test_an_extra_comes_from_the_clone_that_was_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clone = tmp_path / "my clone"
    clone.mkdir()
    note = {"url": clone.as_uri(), "dir_info": {}}
    wanted = f"/opt/x/bin/python -m pip install '{clone}[industrial]'"
    assert command(monkeypatch, note) == wanted


def test_an_editable_installation_remains_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    note = {"url": tmp_path.as_uri(), "dir_info": {"editable": True}}
    assert "pip install --editable '" in command(monkeypatch, note)


def test_a_wheel_is_named_with_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wheel = tmp_path / "fsmv2-0.4.0-py3-none-any.whl"
    wheel.touch()
    note: dict[str, Any] = {"url": wheel.as_uri(), "archive_info": {}}
    assert command(monkeypatch, note).endswith(f"pip install '{wheel}[industrial]'")


def test_a_clone_that_is_gone_is_not_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    note = {"url": (tmp_path / "gone").as_uri(), "dir_info": {}}
    assert command(monkeypatch, note) == "make install, in a clone of fsmv2"


def test_what_came_from_an_index_is_named_as_there(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = "/opt/x/bin/python -m pip install 'fsmv2[industrial]'"
    assert command(monkeypatch, None) == wanted
