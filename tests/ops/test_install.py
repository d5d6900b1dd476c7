"""`make install` and `make uninstall`: what they do, and what they leave alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fsmv2

ROOT = Path(__file__).resolve().parents[2]

PYTHON = """\
#!/bin/sh
# Answers as Python, venv and pip do; installs nothing.
case $* in
  *'exit(sys.version_info'*) [ "$VERSION" = 3.11 ] ;;
  *version_info*) echo "$VERSION" ;;
  *ensurepip*) [ -z "$NO_VENV" ] ;;
  '-m venv'*)
    for home; do :; done
    mkdir -p "$home/bin"
    cp "$0" "$home/bin/python"
    printf '#!/bin/sh\\necho fsmv2 0.4.0\\n' > "$home/bin/fsmv2"
    chmod +x "$home/bin/fsmv2"
    echo "prompt = 'fsmv2'" > "$home/pyvenv.cfg"
    ;;
  *) echo "$*" >> "$LOG" ;;
esac
"""


class Shell:
    """A folder with a Python that only pretends, and what `make install` says with it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, folder / "home"
        self.home.mkdir()
        self.python = folder / "python3"
        self.python.write_text(PYTHON)
        self.python.chmod(0o755)
        self.environment = {
            "PATH": f"{self.home}/.local/bin:{os.environ['PATH']}",
            "HOME": str(self.home),
            "LOG": str(folder / "log"),
            "VERSION": "3.11",
        }

    def ask(self, action: str, prefix: str = "", **more: str) -> tuple[int, str]:
        ran = subprocess.run(
            ["sh", ROOT / "ops" / "install.sh", action, prefix or f"{self.home}/.local", "python3"],
            capture_output=True,
            text=True,
            timeout=100,
            cwd=self.folder,
            env={
                **self.environment,
                **more,
                "PATH": f"{self.folder}:{more.get('PATH', self.environment['PATH'])}",
            },
        )
        return ran.returncode, ran.stdout + ran.stderr

    @property
    def asked_of_pip(self) -> str:
        return (self.folder / "log").read_text()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_an_installation_is_of_the_hashed_locks_and_linked_to(shell: Shell) -> None:
    code, shown = shell.ask("install")
    assert code == 0, shown
    link = shell.home / ".local/bin/fsmv2"
    assert os.readlink(link) == f"{shell.home}/.local/lib/fsmv2/bin/fsmv2"
    assert f"installed fsmv2 0.4.0: {link} (" in shown
    assert "PATH" not in shown
    installs = [line for line in shell.asked_of_pip.splitlines() if "install --quiet" in line]
    locked = [line for line in installs if "--require-hashes" in line and ".lock" in line]
    assert len(locked) == 2
    assert all("--no-deps" in line for line in installs if "uninstall" not in line)


def test_a_second_one_brings_the_first_up_to_date_where_it_stands(shell: Shell) -> None:
    shell.ask("install")
    kept = shell.home / ".local/lib/fsmv2/kept"
    kept.touch()
    assert shell.ask("install")[0] == 0
    assert kept.exists()


def test_a_folder_that_is_not_on_the_path_is_named_with_what_to_enter(shell: Shell) -> None:
    code, shown = shell.ask("install", "elsewhere")
    place = shell.folder / "elsewhere/bin"
    assert code == 0, shown
    assert f"{place} is not on your PATH. Enter this" in shown
    assert f'export PATH="{place}:$PATH"' in shown


def test_another_one_that_comes_first_is_named(shell: Shell) -> None:
    other = shell.folder / "other"
    other.mkdir()
    (other / "fsmv2").write_text("#!/bin/sh\n")
    (other / "fsmv2").chmod(0o755)
    path = f"{other}:{shell.environment['PATH']}"
    assert f"comes first on your PATH: {other}/fsmv2" in shell.ask("install", PATH=path)[1]


@pytest.mark.parametrize("action", ["install", "uninstall"])
def test_what_is_of_somebody_else_is_left_alone(shell: Shell, action: str) -> None:
    folder = shell.home / ".local/lib/fsmv2"
    folder.mkdir(parents=True)
    code, shown = shell.ask(action)
    assert code == 1
    assert f"{folder} exists, and 'make install' has not made it" in shown
    folder.rmdir()
    link = shell.home / ".local/bin/fsmv2"
    link.parent.mkdir()
    link.write_text("mine")
    assert f"{link} exists" in shell.ask(action)[1]
    assert link.read_text() == "mine"


def test_what_was_installed_is_removed_whole(shell: Shell) -> None:
    before = {path for path in shell.home.rglob("*") if not path.is_dir()}
    shell.ask("install")
    code, shown = shell.ask("uninstall")
    assert code == 0, shown
    assert {path for path in shell.home.rglob("*") if not path.is_dir()} == before
    code, shown = shell.ask("uninstall")
    assert (code, shown.splitlines()[0]) == (
        1,
        f"error: fsmv2 is not installed in {shell.home}/.local",
    )


@pytest.mark.parametrize(
    ("more", "problem", "fix"),
    [
        ({"VERSION": "3.9"}, "needs Python 3.11 or later, and python3 is 3.9", "PYTHON=python3.11"),
        ({"NO_VENV": "1"}, "lacks the modules that make environments", "apt install python3-venv"),
    ],
    ids=["an old Python", "no venv"],
)
def test_a_python_that_cannot_do_it_is_named_with_what_to_do(
    shell: Shell, more: dict[str, str], problem: str, fix: str
) -> None:
    code, shown = shell.ask("install", **more)
    assert code == 1
    assert problem in shown
    assert fix in shown
    assert not (shell.home / ".local/lib/fsmv2").exists()


@pytest.mark.real
@pytest.mark.thorough
def test_a_copy_of_the_repository_installs_runs_and_is_gone(tmp_path: Path) -> None:
    """For real: no development tools in it, the copy may go away, nothing is left."""
    clone, home = tmp_path / "clone", tmp_path / "home"
    home.mkdir()
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, files.stdout.split("\0")):
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, clone / name)
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    env |= {"HOME": str(home), "PATH": f"{home}/.local/bin:/usr/local/bin:/usr/bin:/bin"}

    def run(*words: str, at: Path = home) -> str:
        ran = subprocess.run(words, capture_output=True, text=True, timeout=280, cwd=at, env=env)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    shown = run("make", "install", f"PYTHON={sys.base_prefix}/bin/python3", at=clone)
    assert f"installed fsmv2 {fsmv2.__version__}: {home}/.local/bin/fsmv2" in shown
    assert {path.name for path in clone.iterdir()} == {
        name.partition("/")[0] for name in files.stdout.split("\0") if name
    }, "nothing is left in the clone"
    shutil.rmtree(clone)
    code = "import importlib.util as u; print(*map(u.find_spec, ('pytest', 'mypy', 'hatchling')))"
    assert run("fsmv2", "python", "-c", code) == "None None None\n"
    shown = run("fsmv2", "demo", "--for", "6s", "--state-dir", str(tmp_path / "state"))
    assert "\nverdict              as claimed\n" in shown
    subprocess.run(["sh", ROOT / "ops/install.sh", "uninstall", f"{home}/.local"], check=True)
    assert [path for path in (home / ".local").rglob("*") if not path.is_dir()] == []
