"""`fsmv2 lint`: findings on stdout, exit codes, and the pages of its codes."""

import json
from pathlib import Path

import pytest

from forked_python import fsmv2
from fsmv2.lint import RULES

WORKER = """import time
from fsmv2 import Worker, state, stay


class Lamp(Worker):
    @state("stopped")
    def stopped(self, s):
        return stay(f"{time.time()}")
"""


def test_a_finding_is_shown_with_place_code_and_fix(tmp_path: Path) -> None:
    (tmp_path / "lamp.py").write_text(WORKER)
    shown = fsmv2("lint", "lamp.py", cwd=tmp_path)
    assert shown.returncode == 1
    assert shown.stdout == (
        "lamp.py:8:24: error[FSM0421]: time.time() reads the clock (from Lamp.stopped)\n"
        '8 |         return stay(f"{time.time()}")\n'
        "                           ^^^^^^^^^^^\n"
        f"  fix: {RULES['FSM0421'].fix}\n"
    )
    assert shown.stderr == "1 problem\n"


def test_a_folder_without_findings_is_fine(tmp_path: Path) -> None:
    (tmp_path / "lamp.py").write_text(WORKER.replace("time.time()", "s.now"))
    shown = fsmv2("lint", ".", cwd=tmp_path)
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, "", "no problems\n")


def test_findings_can_be_read_by_programs(tmp_path: Path) -> None:
    (tmp_path / "lamp.py").write_text(WORKER)
    shown = fsmv2("lint", "lamp.py", "--json", cwd=tmp_path)
    found = json.loads(shown.stdout)
    assert found["problems"] == 1
    assert found["diagnostics"][0]["mark"] == {"file": "lamp.py", "line": 8, "column": 24}


def test_a_path_that_does_not_exist_is_a_usage_error(tmp_path: Path) -> None:
    shown = fsmv2("lint", "lmap.py", cwd=tmp_path)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert "lmap.py does not exist" in shown.stderr


def test_what_holds_no_python_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "plant.yaml").write_text("agent: {name: edge}")
    shown = fsmv2("lint", "plant.yaml", cwd=tmp_path)
    assert shown.returncode == 2
    assert "fsmv2 validate plant.yaml" in shown.stderr
    shown = fsmv2("lint", ".", cwd=tmp_path)
    assert shown.returncode == 2
    assert "there is no Python file in ." in shown.stderr


@pytest.mark.parametrize("code", ["FSM0421", "FSM0434"])
def test_explain_knows_the_codes(tmp_path: Path, code: str) -> None:
    shown = fsmv2("explain", code, cwd=tmp_path)
    assert shown.returncode == 0
    assert shown.stdout.startswith(f"{code}: {RULES[code].title}\n")
