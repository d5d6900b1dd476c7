"""The built wheel in an empty environment: what `pip install WHEEL` gives."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.real, pytest.mark.slow]


def base() -> set[str]:
    """The files and folders that fsmv2 without extras needs, as its own metadata say."""
    found: set[str] = set()
    names, todo = set(), ["fsmv2"]
    while todo:
        name = todo.pop()
        if name in names:
            continue
        names.add(name)
        package = importlib.metadata.distribution(name)
        if name != "fsmv2":
            found |= {str(file).partition("/")[0] for file in package.files or ()}
        for text in package.requires or ():
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                todo.append(needed.name)
    return {name for name in found if name not in ("..", "__pycache__")}


def run(*command: str | Path, **more: object) -> subprocess.CompletedProcess[str]:
    # Neither this checkout nor anybody's settings may help.
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=110, env=env, check=False, **more
    )  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation")
    built = run(*pip, "--no-index", "--wheel-dir", folder, ROOT)
    assert built.returncode == 0, built.stderr
    (found,) = folder.glob("fsmv2-*.whl")
    return found


def environment(folder: Path, wheel: Path, packages: Path) -> Path:
    """An environment with the wheel and those packages beside it; its folder of programs."""
    made = run(sys.executable, "-m", "venv", "--without-pip", folder)
    assert made.returncode == 0, made.stderr
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python)
    put = run(*pip, "install", "--no-index", "--no-deps", wheel)
    assert put.returncode == 0, put.stderr
    (site,) = folder.glob("lib/python*/site-packages")
    # Only a path: the `.pth` files in there, such as that of this checkout, are not read.
    (site / "beside.pth").write_text(f"{packages}\n")
    where = run(python, "-c", "import fsmv2; print(fsmv2.__file__)")
    assert str(folder) in where.stdout, where.stderr
    return folder / "bin"


def test_the_demo_runs_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """With the extra `industrial`; everything it needs is in the wheel."""
    packages = Path(sysconfig.get_paths()["purelib"])
    programs = environment(tmp_path / "whole", wheel, packages)
    for program in ("nats-server",):
        (programs / program).symlink_to(Path(sys.executable).with_name(program))
    shown = run(
        programs / "fsmv2", "demo", "--for", "6s", "--state-dir", tmp_path / "state", cwd=tmp_path
    )
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "\nverdict              as claimed\n" in shown.stdout


def test_the_installed_wheel_brings_the_plugin_of_pytest(wheel: Path, tmp_path: Path) -> None:
    """Found by its entry point alone, on the worker that `fsmv2 new worker` writes."""
    packages = Path(sysconfig.get_paths()["purelib"])
    programs = environment(tmp_path / "plugin", wheel, packages)
    written = run(programs / "fsmv2", "new", "worker", "lamp", cwd=tmp_path)
    assert written.returncode == 0, written.stderr
    words = ("-q", "-p", "no:cacheprovider", "--fsmv2-worker", "test_lamp:LampConformance")
    ran = run(programs / "python", "-m", "pytest", *words, cwd=tmp_path / "lamp")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "test_lamp:LampConformance" not in ran.stderr
    alone = run(programs / "python", "-m", "pytest", "-q", cwd=tmp_path / "lamp")
    count = [int(text.split(" passed")[0].split()[-1]) for text in (ran.stdout, alone.stdout)]
    assert count[0] == count[1] + 9  # the checks of conformance, once more


def test_the_library_alone_imports_validates_and_says_what_the_demo_needs(
    wheel: Path, tmp_path: Path
) -> None:
    """`pip install WHEEL` without extras."""
    installed, few = Path(sysconfig.get_paths()["purelib"]), tmp_path / "few"
    few.mkdir()
    for name in base():
        if (installed / name).exists():
            (few / name).symlink_to(installed / name)
    programs = environment(tmp_path / "alone", wheel, few)
    file = tmp_path / "plant.yaml"
    file.write_text("agent: {name: plant, location: {enterprise: acme}}\n")
    checked = run(programs / "fsmv2", "validate", file)
    assert checked.returncode == 0, checked.stderr
    explained = run(programs / "fsmv2", "explain", "CircuitOpen", cwd=tmp_path)
    assert "\nRecovery\n" in explained.stdout, explained.stderr
    demo = run(programs / "fsmv2", "demo", "--for", "1s", "--state-dir", tmp_path / "state")
    assert demo.returncode != 0
    assert f"-m pip install '{wheel}[industrial]'" in demo.stdout + demo.stderr
    assert "Traceback" not in demo.stdout + demo.stderr
