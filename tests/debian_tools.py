"""Programs of Debian packages that tests use and nobody installs: `promtool`, `prometheus`, ...

Installing those packages would start services on every interface. So they are downloaded by apt,
which verifies them, and unpacked into a private cache, once for all clones and processes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

FETCH_WITHIN = 90.0
"""Seconds for one package; less than the timeout of a test, so that the reason is shown."""

PROGRAMS = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "amtool": "prometheus-alertmanager",
    "systemd": "systemd",
    "systemctl": "systemd",
    "systemd-analyze": "systemd",
}
"""The package of each program."""

PLACES = ("usr/bin", "bin", "lib/systemd", "usr/lib/systemd")
"""Where a package has its programs."""

SYSTEMD_LIBRARIES = "libsystemd-shared"
"""The package of what systemd's programs load, and would not find where they are unpacked."""


class MissingToolError(Exception):
    """Why a program cannot be had."""


def debian_program(name: str) -> Path:
    """Where the program is. Without it a test fails in CI, and is skipped elsewhere, and says why.

    Alertmanager's program is named `prometheus-alertmanager`.
    """
    with _needed(f"{name} of Debian's package {PROGRAMS[name]}"):
        return fetched(name)


def systemd_environment() -> dict[str, str]:
    """Our environment, in which systemd's programs find their library; else as above."""
    with _needed(f"Debian's package {SYSTEMD_LIBRARIES}"):
        return {**os.environ, "LD_LIBRARY_PATH": str(systemd_libraries())}


@contextlib.contextmanager
def _needed(what: str) -> Iterator[None]:
    try:
        yield
    except MissingToolError as error:
        text = f"{what} cannot be had: {error}"
        if os.environ.get("CI"):
            pytest.fail(text)
        pytest.skip(text)


def fetched(name: str) -> Path:
    """Where the program is, fetched if it is not there yet; MissingToolError."""
    package = PROGRAMS[name]
    for place in PLACES:
        found = unpacked(package) / place / name
        if found.exists():
            return found
    raise MissingToolError(f"the package has no {name} in {', '.join(PLACES)}")


def systemd_libraries() -> Path:
    """The folder for LD_LIBRARY_PATH of systemd's programs; MissingToolError."""
    found = [file.parent for file in unpacked(SYSTEMD_LIBRARIES).rglob("libsystemd-shared-*.so")]
    if not found:
        raise MissingToolError(f"{SYSTEMD_LIBRARIES} has no library")
    return found[0]


def unpacked(package: str) -> Path:
    """The folder of what a package holds, fetched if it is not there yet; MissingToolError."""
    if not (cache() / package).exists():
        try:
            _fetch(package)
        except OSError as error:
            raise MissingToolError(str(error)) from error
    return cache() / package


def cache() -> Path:
    """The directory of what was fetched, the user's own."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "fsmv2-tests"


def _fetch(package: str) -> None:
    missing = [name for name in ("apt-get", "dpkg-deb") if shutil.which(name) is None]
    if missing:
        raise MissingToolError(f"this machine has no {' and no '.join(missing)}")
    cache().mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(package), tempfile.TemporaryDirectory(dir=cache()) as folder:
        if (cache() / package).exists():  # another process was quicker
            return
        place = Path(folder)
        _download(package, place)
        (archive,) = place.glob(f"{package}_*.deb")
        _run(["dpkg-deb", "-x", archive.name, "unpacked"], place)
        (place / "unpacked").rename(cache() / package)


@contextlib.contextmanager
def _alone(package: str) -> Iterator[None]:
    """Hold the lock of the package against other processes; MissingToolError after a while."""
    limit = time.monotonic() + FETCH_WITHIN
    with (cache() / f"{package}.lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > limit:
                    raise MissingToolError("another process has been fetching it") from None
                time.sleep(0.05)
        yield


def _download(package: str, place: Path) -> None:
    try:
        _run(["apt-get", "download", package], place)
    except MissingToolError:
        # Perhaps the machine has no lists of packages, or old ones: with lists of our own then,
        # which anybody may fetch.
        for folder in ("lists/partial", "archives/partial"):
            (place / folder).mkdir(parents=True)
        own = [f"Dir::State::Lists={place}/lists", f"Dir::Cache={place}"]
        words = [word for one in own for word in ("-o", one)]
        _run(["apt-get", *words, "update"], place)
        _run(["apt-get", *words, "download", package], place)


def _run(words: list[str], place: Path) -> None:
    try:
        done = subprocess.run(
            words,
            cwd=place,
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=FETCH_WITHIN,
        )
    except subprocess.TimeoutExpired:
        raise MissingToolError(f"{words[0]} has not ended within {FETCH_WITHIN:g} s") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it failed"]
        raise MissingToolError(f"{' '.join(words[:1])}: {lines[-1]}")
