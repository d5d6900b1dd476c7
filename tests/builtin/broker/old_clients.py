"""mosquitto_sub, as it stands on countless plant PCs: of the system, or fetched where CI runs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

CACHE = Path(__file__).resolve().parents[3] / ".cache" / "mosquitto"
PACKAGES = ("mosquitto-clients", "libmosquitto1", "libcjson1")


def mosquitto() -> list[str]:
    """The command; without it the test is skipped, but in CI it is fetched, or the test fails."""
    if (found := shutil.which("mosquitto_sub")) is not None:
        return [found]
    program = CACHE / "usr" / "bin" / "mosquitto_sub"
    if not program.exists():
        if not os.environ.get("CI"):
            pytest.skip("mosquitto_sub is not installed; run: apt-get install mosquitto-clients")
        _fetch()
    libraries = ":".join(str(folder) for folder in (CACHE / "usr" / "lib").iterdir())
    return ["env", f"LD_LIBRARY_PATH={libraries}", str(program)]


def _fetch() -> None:
    """Unpack the packages below the project; needs no rights."""
    CACHE.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", *PACKAGES], cwd=CACHE, check=True, capture_output=True)
    for package in CACHE.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, CACHE], check=True)
