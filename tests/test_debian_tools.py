"""The programs of Debian packages that tests use: fetched once, and why one cannot be had."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from debian_tools import debian_program

HERE = Path(__file__).parent

pytestmark = pytest.mark.real


def test_promtool_is_fetched_and_runs() -> None:
    """Without being installed."""
    done = subprocess.run([debian_program("promtool"), "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()[:2]) == (0, ["promtool,", "version"]), done.stderr


@pytest.mark.parametrize(("ci", "outcome"), [("1", pytest.fail), ("", pytest.skip)])
def test_without_apt_a_test_fails_in_ci_and_skips_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: Any
) -> None:
    """With the reason."""
    for name, value in {"CI": ci, "PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(outcome.Exception, match="this machine has no apt-get and no dpkg-deb"):
        debian_program("promtool")


APT = """#!/bin/sh
[ "$1" = download ] || exit 1
echo once >> "$FETCHES"
sleep 0.3
: > "$2_1_all.deb"
"""
DPKG = """#!/bin/sh
mkdir -p "$3/usr/bin" && echo whole > "$3/usr/bin/amtool"
"""


def test_several_processes_fetch_it_once(tmp_path: Path) -> None:
    """They wait for each other, and each finds it whole."""
    bin_, fetches = tmp_path / "bin", tmp_path / "fetches"
    bin_.mkdir()
    for name, text in (("apt-get", APT), ("dpkg-deb", DPKG)):
        (bin_ / name).write_text(text)
        (bin_ / name).chmod(0o755)
    script = "import debian_tools; print(debian_tools.fetched('amtool').read_text())"
    env = {
        **os.environ,
        "PATH": f"{bin_}:{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYTHONPATH": str(HERE),
        "FETCHES": str(fetches),
    }
    words = [sys.executable, "-c", script]
    running = [
        subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    assert {one.communicate(timeout=60)[0].strip() for one in running} == {"whole"}
    assert fetches.read_text().split() == ["once"]
    left = sorted(path.name for path in (tmp_path / "cache" / "fsmv2-tests").iterdir())
    assert left == ["prometheus-alertmanager", "prometheus-alertmanager.lock"]
