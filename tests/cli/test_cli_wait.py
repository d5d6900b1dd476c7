"""`wait` as a script uses it: what it prints, and its exit code."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fsmv2.cli.app import app
from fsmv2.cli.exit_codes import NOT_REACHED, OK
from fsmv2.operate import waiting
from fsmv2.operate.waiting import WaitResult


def answered(monkeypatch: pytest.MonkeyPatch, found: WaitResult, *words: str) -> Result:
    def wait_for(*_: Any) -> WaitResult:
        return found

    monkeypatch.setattr(waiting, "wait_for", wait_for)
    return CliRunner().invoke(app, ["wait", "edge/filler", *words])


def result(*, reached: bool) -> WaitResult:
    return WaitResult(
        path="edge/filler", wanted="state active", reached=reached, waited=1.5, row=None
    )


def test_what_is_so_ends_with_0(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = answered(monkeypatch, result(reached=True), "--for", "state=active")
    assert shown.exit_code == OK
    assert shown.stdout == "edge/filler is state active, after 1.5 s\n"


def test_what_is_not_so_in_time_has_an_exit_code_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = answered(monkeypatch, result(reached=False), "--timeout", "2s")
    assert shown.exit_code == NOT_REACHED
    assert "edge/filler is not state active within 2.0 s" in shown.stderr
    assert "fix: See what runs: fsmv2 status" in shown.stderr


def test_the_answer_is_data_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = answered(monkeypatch, result(reached=False), "--json")
    assert json.loads(shown.stdout)["reached"] is False
    assert shown.exit_code == NOT_REACHED
