"""`new worker`: what it writes works at once, and it destroys nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fsmv2.cli.app import app

ROOT = Path(__file__).parents[2]


def new(name: str, parent: Path) -> tuple[int, str]:
    """Exit code and everything that was said."""
    result = CliRunner().invoke(app, ["new", "worker", name, "--in", str(parent)])
    return result.exit_code, result.output


def run(folder: Path, *command: str) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    ran = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.thorough
def test_the_skeleton_passes_its_tests_and_the_linters(tmp_path: Path) -> None:
    code, said = new("PumpStation", tmp_path)
    assert code == 0, said
    folder = tmp_path / "pump_station"
    assert sorted(f.name for f in folder.iterdir()) == ["pump_station.py", "test_pump_station.py"]
    assert 'worker_type = "pump-station"' in (folder / "pump_station.py").read_text()
    assert "@" not in (folder / "test_pump_station.py").read_text().replace("@pytest", "").replace(
        "@contextlib", ""
    )
    run(folder, "pytest", "-q", "-p", "no:cacheprovider", "-W", "error")
    run(folder, "ruff", "check", "--no-cache", "--select", "E,F,W,I,N,UP,B,SIM,RET", ".")
    run(folder, "ruff", "format", "--no-cache", "--check", ".")
    run(folder, "mypy", "--strict", "--cache-dir", str(tmp_path / "mypy"), ".")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "lamp").mkdir()
    (tmp_path / "lamp" / "mine.txt").write_text("mine")
    code, said = new("lamp", tmp_path)
    assert code == 1
    assert "already exists" in said
    assert [f.name for f in (tmp_path / "lamp").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("name", "proposed"),
    [
        ("my lamp!", "'my-lamp'"),
        ("3lamps", "'lamps'"),
        ("class", "'class-worker'"),
        ("json", "'json-worker'"),
        ("../lamp", "'lamp'"),
        ("***", "lower-case words"),
    ],
)
def test_a_name_that_cannot_be_is_told_with_one_that_can(
    name: str, proposed: str, tmp_path: Path
) -> None:
    code, said = new(name, tmp_path)
    assert code == 1
    assert proposed in said
    assert list(tmp_path.iterdir()) == []
